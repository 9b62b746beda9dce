"""Which functions know that S3 copies the other region's objects into their region's bucket."""

from __future__ import annotations

import pytest

from tests.pipeline.stacks.synthesized import Synthesized
from tests.pipeline.stacks.test_functions import function


@pytest.mark.parametrize("kind", ["data-processor", "object-sweep", "request-processor"])
def test_copies_are_the_other_regions_only_where_the_buckets_replicate(
    both: Synthesized, kind: str
) -> None:
    """R-A2: otherwise a copy is what a user replicates from a bucket of their own."""
    for region, stack in both.regional():
        (other,) = {*both.regions} - {region}
        found = function(both, stack, kind)["environment"]["variables"].get("REPLICATED_FROM")
        is_on = both.environment.data.replicate_ingestion_bucket
        assert found == (other if is_on else None)
