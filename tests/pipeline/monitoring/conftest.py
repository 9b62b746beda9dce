"""The environments of the stacks' tests."""

from __future__ import annotations

from tests.pipeline.stacks.conftest import both, dev, european, packages, prod, variation

__all__ = ["both", "dev", "european", "packages", "prod", "variation"]
