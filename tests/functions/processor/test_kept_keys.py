"""The keys of all legs and parts, counted at the end of an object."""

import gzip
from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace

from processor.deadline import NoProgressError
from processor.events import ObjectCreated
from processor.table_writer import TableBusyError
from shared.aws_quarantine_bucket import QuarantineBucket
from shared.ledger_entries import Checkpoint

from .conftest import VARIABLES, Pipeline, lines
from .crashing import Deliveries, killed_before, legs_of, sent
from .slowness import Clock, later, slow_gunzip
from .test_crashes import changed
from .test_long_objects import JSON_LINES, accounts


@pytest.mark.parametrize("is_gone", [False, True])
def test_keys_that_cannot_be_counted_in_time_are_counted_in_an_invocation_of_their_own(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, *, is_gone: bool
) -> None:
    """R-A8. Given the last leg of an object, with records or without, and S3 that is slow twice;
    then nothing but the counting is tried again."""
    created = begun(pipeline)
    if is_gone:
        boto3.client("s3").delete_object(
            Bucket=created.bucket, Key=created.key, VersionId=str(created.version_id)
        )
    with monkeypatch.context() as patch:
        slow_keys(patch, seconds=280)
        assert Deliveries(pipeline, [created]).deliver(created) == "CONTINUED"
        (again,) = sent(pipeline)
        with pytest.raises(NoProgressError, match="could not be counted"):
            Deliveries(pipeline, []).deliver(again)
    (row,) = pipeline.ledger()
    assert (row["status"], row["retryable"]) == ("CONTINUED", True)
    with killed_before(0) as calls:
        assert Deliveries(pipeline, []).deliver(again) == ("FAILED" if is_gone else "COMPLETED")
    assert "BatchWriteItem" not in calls
    (row,) = pipeline.ledger()
    assert (row["retryable"], "estimated" in row, "checkpoint" in row) == (False, False, False)
    assert accounts(row) == ((10, 9, 0, 1) if is_gone else (24, 12, 8, 4))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(280, (2000, 2000, 0, 0)), (60, (2000, 1000, 1000, 0))],
    ids=["none", "some"],
)
def test_an_object_whose_keys_can_never_be_counted_in_time_is_closed_with_an_estimate(
    pipeline: Pipeline,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    expected: tuple[int, ...],
) -> None:
    """R-A8. Given a billion records, in small; of which every key comes twice."""
    created = begun(pipeline, lines(*({"id": str(n // 2), "total": n} for n in range(2000))))
    with monkeypatch.context() as patch:
        slow_keys(patch, seconds=seconds)
        assert counted_at_last(pipeline, created) == "COMPLETED"
    (row,) = pipeline.ledger()
    assert row["estimated"] is True
    assert sum(accounts(row)[1:]) == accounts(row)[0] == expected[0]
    assert accounts(row) == pytest.approx(expected, abs=expected[0] * 0.1)


def test_attempts_that_failed_before_they_could_count_are_no_attempts_to_count(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A8. Given a last leg that the table refused several times, and then S3 that is slow."""
    created = begun(pipeline)
    for _ in range(3):
        with monkeypatch.context() as patch:
            patch.setattr(pipeline.places.table, "put_batch", busy)
            with pytest.raises(TableBusyError):
                Deliveries(pipeline, []).deliver(created)
    with monkeypatch.context() as patch:
        slow_keys(patch, seconds=280)
        assert Deliveries(pipeline, []).deliver(created) == "CONTINUED"
    assert Deliveries(pipeline, []).deliver(created) == "COMPLETED"
    (row,) = pipeline.ledger()
    assert ("estimated" in row, accounts(row)) == (False, (24, 12, 8, 4))


def test_a_fault_of_operations_is_no_reason_for_an_estimate(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A8. Given a key of KMS that was disabled for a while."""
    created = begun(pipeline)
    refusal = {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}

    def denied(self: QuarantineBucket, key: str, piece: int) -> Iterator[bytes]:
        raise ClientError(refusal, "GetObject")
        yield key.encode()

    with monkeypatch.context() as patch:
        patch.setattr(QuarantineBucket, "read", denied)
        for _ in range(4):
            with pytest.raises(ClientError):
                Deliveries(pipeline, []).deliver(created)
    assert Deliveries(pipeline, []).deliver(created) == "COMPLETED"
    (row,) = pipeline.ledger()
    assert ("estimated" in row, accounts(row)) == (False, (24, 12, 8, 4))


def test_the_keys_of_parts_are_tried_to_be_counted_twice_too(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A8. Given an object whose parts have all ended, and S3 that is slow."""
    monkeypatch.setattr("processor.splitting.SMALLEST_PART", 100)
    changed(pipeline, split_bytes=500)
    deliveries = Deliveries(pipeline, [])
    assert deliveries.deliver(pipeline.upload("orders/1.jsonl", JSON_LINES)) == "SPLIT"
    assert {deliveries.deliver(part) for part in sent(pipeline)} == {"PART"}
    (whole,) = sent(pipeline)
    with monkeypatch.context() as patch:
        slow_keys(patch, seconds=280)
        with pytest.raises(NoProgressError, match="could not be counted"):
            deliveries.deliver(whole)
        assert deliveries.deliver(whole) == "COMPLETED"
    (row,) = [row for row in pipeline.ledger() if "#" not in row["region"]]
    assert (row["estimated"], accounts(row)) == (True, (24, 20, 0, 4))
    assert "checkpoint" not in row


def test_an_object_with_more_keys_than_fit_memory_is_closed_with_an_estimate(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A4: at once, since no other attempt will have more memory."""
    created = begun(pipeline)
    monkeypatch.setattr("shared.distinct_keys.MOST_IN_BUCKET", 0)
    assert Deliveries(pipeline, [created]).deliver(created) == "COMPLETED"
    (row,) = pipeline.ledger()
    assert (row["estimated"], accounts(row)) == (True, (24, 20, 0, 4))


def test_keys_that_are_gone_are_no_reason_to_try_for_ever(pipeline: Pipeline) -> None:
    """R-A8. Given an object that goes on after the keys of its first leg were removed."""
    created = begun(pipeline)
    for key in pipeline.quarantine():
        if key.startswith("checkpoints/"):
            boto3.client("s3").delete_object(Bucket=VARIABLES["QUARANTINE_BUCKET"], Key=key)
    assert Deliveries(pipeline, [created]).deliver(created) == "COMPLETED"
    (row,) = pipeline.ledger()
    assert (row["estimated"], accounts(row)) == (True, (24, 20, 0, 4))


def test_giving_up_an_object_whose_keys_cannot_be_counted_closes_it(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A8. Given gzip that takes whole invocations up to its checkpoint."""
    content = gzip.compress(JSON_LINES, mtime=0)
    created = begun(pipeline, content, key="orders/1.jsonl.gz")
    with monkeypatch.context() as patch:
        clock = slow_keys(patch, seconds=280)
        patch.setattr("shared.aws_object_source.CHUNK_BYTES", 10)
        patch.setattr("shared.object_text.gunzip", slow_gunzip(clock, 20))
        with pytest.raises(NoProgressError):
            Deliveries(pipeline, [created]).deliver(created)
        assert Deliveries(pipeline, [created]).deliver(created) == "CONTINUED"
        assert counted_at_last(pipeline, created) == "FAILED"
    (row,) = pipeline.ledger()
    assert (row["status"], row["retryable"], row["estimated"]) == ("FAILED", False, True)
    assert accounts(row) == (11, 9, 0, 2)


def counted_at_last(pipeline: Pipeline, created: ObjectCreated) -> str:
    """Deliver until nothing is left but to count, and twice more."""
    assert Deliveries(pipeline, []).deliver(created) == "CONTINUED"
    with pytest.raises(NoProgressError, match="could not be counted"):
        Deliveries(pipeline, []).deliver(created)
    return Deliveries(pipeline, []).deliver(created)


def busy(items: list[bytes]) -> list[bytes]:
    raise TableBusyError(f"{len(items)} items")


def begun(
    pipeline: Pipeline, content: bytes = JSON_LINES, key: str = "orders/1.jsonl"
) -> ObjectCreated:
    """Return an object of which the first leg is done."""
    created = pipeline.upload(key, content)
    with legs_of(10 if len(content) < 2000 else 1500):
        assert Deliveries(pipeline, [created]).deliver(created) == "CONTINUED"
    sent(pipeline)
    return created


def slow_keys(patch: pytest.MonkeyPatch, *, seconds: float) -> Clock:
    """Let each piece of the kept keys take so long to read."""
    clock = Clock(patch)
    patch.setattr("processor.kept_keys._MEMORY", 0)
    patch.setattr(QuarantineBucket, "read", later(QuarantineBucket.read, clock, seconds))
    return clock


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
