"""The environments that the tests of the stacks synthesize."""

from tests.pipeline.stacks.conftest import both, dev, packages, prod, variation

__all__ = ["both", "dev", "packages", "prod", "variation"]
