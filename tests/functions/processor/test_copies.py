"""Versions that S3 has replicated here: the other region's, or nobody else's."""

from typing import Any

import boto3
import pytest
from msgspec.structs import replace

from processor.connections import connect_places
from processor.events import ObjectCreated
from processor.outcomes import Invocation
from processor.places import Places
from processor.settings import Settings
from shared.aws_object_source import ObjectSource, OpenVersion
from tests.functions.conftest import InvocationContext

from .conftest import VARIABLES, Pipeline, lines
from .crashing import legs_of, sent, swept
from .test_long_objects import accounts

OTHER_REGION = "us-west-2"
RECORDS = lines(*({"id": str(number), "total": number} for number in range(8)))


class CopySource(ObjectSource):
    """S3 as it answers for a version that replication brought; stands around the real one."""

    def __init__(self, source: ObjectSource) -> None:
        self._source = source

    def open(self, bucket: str, key: str, version_id: str) -> OpenVersion:
        opened = self._source.open(bucket, key, version_id)
        opened.found = replace(opened.found, is_copy=True)
        return opened


@pytest.fixture
def copying(pipeline: Pipeline) -> Pipeline:
    """The processor of a region into whose bucket the pipeline copies what lands in the other."""
    return set_up(pipeline, OTHER_REGION)


def set_up(pipeline: Pipeline, *replicated_from: str) -> Pipeline:
    told = {name: getattr(pipeline.places, name) for name in Places.__annotations__}
    source = CopySource(pipeline.places.source)
    pipeline.places = Places(**told | {"source": source, "replicated_from": replicated_from})
    return pipeline


def process(pipeline: Pipeline, created: ObjectCreated) -> str:
    return pipeline.processor.process(created, Invocation.of(InvocationContext())).result


def enter(created: ObjectCreated, status: str) -> None:
    """Let the other region's item say so."""
    item = {
        "objectId": {"S": f"orders/{created.key}#{created.version_id}"},
        "region": {"S": OTHER_REGION},
        "status": {"S": status},
    }
    boto3.client("dynamodb").put_item(TableName=VARIABLES["LEDGER_TABLE_NAME"], Item=item)


def own(pipeline: Pipeline) -> dict[str, Any]:
    (row,) = [row for row in pipeline.ledger() if row["region"] != OTHER_REGION]
    return row


def test_the_function_is_told_whose_copies_arrive(pipeline: Pipeline) -> None:
    """R-A2: by its environment."""
    told = {**VARIABLES, "REPLICATED_FROM": OTHER_REGION}
    assert connect_places(Settings.read(told)).replicated_from == (OTHER_REGION,)
    assert connect_places(Settings.read(VARIABLES)).replicated_from == ()


def test_a_copy_from_the_other_region_is_left_to_that_region(copying: Pipeline) -> None:
    """R-A2: replication announces a copy like any other new object."""
    created = copying.upload("orders/copy.jsonl", RECORDS)

    assert process(copying, created) == "COPY"

    assert copying.records() == []
    assert copying.quarantine() == {}
    assert (own(copying)["status"], own(copying)["retryable"]) == ("COPY", True)


def test_a_copy_from_a_users_own_bucket_is_processed_like_any_other_object(
    pipeline: Pipeline,
) -> None:
    """R-A2, R-F3. Given a pipeline whose buckets do not replicate to each other."""
    set_up(pipeline)
    created = pipeline.upload("orders/copy.jsonl", RECORDS)
    assert process(pipeline, created) == "COMPLETED"
    assert len(pipeline.records()) == 8


@pytest.mark.parametrize("event_name", ["ObjectCreated:Takeover", "ObjectCreated:Redrive"])
def test_a_copy_that_is_left_is_processed_when_somebody_asks_for_it(
    copying: Pipeline, event_name: str
) -> None:
    """R-A10: whatever the other region has begun; in several legs, too."""
    created = copying.upload("orders/copy.jsonl", RECORDS)
    assert process(copying, created) == "COPY"
    enter(created, "CLAIMED")

    with legs_of(5):
        assert process(copying, replace(created, event_name=event_name)) == "CONTINUED"
    (rest,) = sent(copying)
    assert process(copying, rest) == "COMPLETED"

    assert accounts(own(copying)) == (8, 8, 0, 0)
    assert len(copying.records()) == 8


@pytest.mark.parametrize(
    ("elsewhere", "result"),
    [
        (None, "COMPLETED"),
        ("COPY", "COMPLETED"),
        ("CLAIMED", "COPY"),
        ("CONTINUED", "COPY"),
        ("COMPLETED", "COPY"),
    ],
)
def test_a_copy_of_which_the_other_region_knows_nothing_is_processed_by_the_sweep(
    copying: Pipeline, elsewhere: str | None, result: str
) -> None:
    """R-A2, R-F3. Given a bucket into which the pipeline and a user replicate."""
    created = copying.upload("orders/copy.jsonl", RECORDS)
    assert process(copying, created) == "COPY"
    if elsewhere:
        enter(created, elsewhere)

    assert process(copying, swept(created)) == result

    assert len(copying.records()) == (8 if result == "COMPLETED" else 0)
