"""The keys of all legs and parts, counted at the end of an object."""

from collections.abc import Iterator

import boto3
import pytest
from msgspec.structs import replace

from processor.deadline import NoProgressError
from shared.aws_quarantine_bucket import QuarantineBucket
from shared.ledger_entries import Checkpoint

from .conftest import Pipeline
from .crashing import Deliveries, legs_of
from .test_long_objects import JSON_LINES, Clock


@pytest.mark.parametrize("is_gone", [False, True])
def test_keys_that_cannot_be_counted_in_time_let_the_message_come_back(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, *, is_gone: bool
) -> None:
    """R-A8. Given the last leg of an object, with records or without."""
    created = pipeline.upload("orders/1.jsonl", JSON_LINES)
    with legs_of(10):
        Deliveries(pipeline, [created]).deliver(created)
    if is_gone:
        boto3.client("s3").delete_object(
            Bucket=created.bucket, Key=created.key, VersionId=str(created.version_id)
        )
    read = QuarantineBucket.read
    clock = Clock(monkeypatch)

    def slowly(self: QuarantineBucket, key: str, piece: int) -> Iterator[bytes]:
        for content in read(self, key, piece):
            clock.now += 280
            yield content

    with monkeypatch.context() as patch:
        patch.setattr(QuarantineBucket, "read", slowly)
        with pytest.raises(NoProgressError, match="could not be counted"):
            Deliveries(pipeline, [created]).deliver(created)
    (row,) = pipeline.ledger()
    assert (row["status"], row["retryable"]) == ("FAILED", True)
    assert Deliveries(pipeline, [created]).deliver(created) in {"COMPLETED", "FAILED"}
    (row,) = pipeline.ledger()
    assert row["retryable"] is False


def test_the_keys_of_many_legs_and_parts_are_counted_in_bounded_memory(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A4: an object may have 500 parts, and each of them several legs."""
    created = pipeline.upload("orders/1.jsonl", JSON_LINES)
    with legs_of(10):
        Deliveries(pipeline, [created]).deliver(created)
    held: list[int] = []
    read = QuarantineBucket.read

    def noted(self: QuarantineBucket, key: str, piece: int) -> Iterator[bytes]:
        held.append(piece)
        return read(self, key, piece)

    many = 2000
    from_wire = Checkpoint.from_wire
    monkeypatch.setattr(
        Checkpoint,
        "from_wire",
        lambda value: replace(from_wire(value), keys=from_wire(value).keys * many),
    )
    monkeypatch.setattr(QuarantineBucket, "read", noted)
    assert Deliveries(pipeline, [created]).deliver(created) == "COMPLETED"
    assert len(held) == many
    assert sum(held) <= 32 * 1024 * 1024
