"""The environments of the stacks' tests, and one with a domain."""

from __future__ import annotations

import pytest

from tests.pipeline.stacks.conftest import Variation, both, dev, european, packages, prod, variation
from tests.pipeline.stacks.synthesized import Synthesized

__all__ = ["both", "dev", "domain", "european", "packages", "prod", "variation"]

DOMAIN, ZONE = "api.example.com", "Z0123456789ABCDEFGHIJ"


@pytest.fixture(scope="session")
def domain(variation: Variation) -> Synthesized:
    """prod, whose weights a release moves, with a domain."""
    return variation("prod", api={"domain": DOMAIN, "hosted_zone_id": ZONE})
