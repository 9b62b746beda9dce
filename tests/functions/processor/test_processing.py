"""An object version from its announcement to its accounts."""

import json
from typing import Any

import boto3
import botocore.client
import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace

from processor.deadline import Deadline, OutOfTimeError
from processor.events import ObjectCreated
from processor.outcomes import Invocation
from processor.processing import ObjectProcessor
from shared.aws_object_ledger import ClaimedElsewhereError
from tests.functions.conftest import InvocationContext

from .conftest import INGESTION, VARIABLES, Pipeline, lines

GOOD = [{"id": str(number), "total": number} for number in range(60)]
MIXED = lines(*GOOD, {"id": "3", "total": 333}, {"id": "bad", "total": -1}) + b"{broken\n"


def accounts(row: dict[str, Any]) -> tuple[int, ...]:
    return tuple(int(row[name]) for name in ("read", "stored", "superseded", "rejected"))


def test_every_record_is_stored_superseded_or_rejected(
    pipeline: Pipeline, invocation: Invocation
) -> None:
    """R-A5, R-F3."""
    created = pipeline.upload("orders/a b+ü.jsonl", MIXED)
    outcome = pipeline.processor.process(created, invocation)
    assert outcome.result == "COMPLETED"
    (row,) = pipeline.ledger()
    assert row["status"] == "COMPLETED"
    assert row["objectId"] == f"orders/orders/a b+ü.jsonl#{created.version_id}"
    assert row["region"] == "us-east-1"
    assert accounts(row) == (63, 60, 1, 2)
    records = pipeline.records()
    processed = {one["recordId"]: one for one in records if one["status"] == "PROCESSED"}
    assert len(processed) == 60
    assert processed["orders#3"]["data"]["total"] == 333
    rejected = [one for one in records if one["status"] == "REJECTED"]
    assert sorted(int(one["quarantineLine"]) for one in rejected) == [1, 2]
    ((key, content),) = pipeline.quarantine().items()
    assert key == f"quarantine/orders/orders/a b+ü.jsonl/{created.version_id}.jsonl"
    kept = [json.loads(line) for line in content.splitlines()]
    assert json.loads(kept[0]["record"]) == {"id": "bad", "total": -1}
    assert kept[0]["reasons"][0]["pointer"] == "/total"
    assert kept[1]["record"] == "{broken"


def test_a_claim_that_is_sent_again_because_its_answer_was_lost_is_the_same_claim(
    pipeline: Pipeline, invocation: Invocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-F3: botocore sends it again; otherwise the object would wait until the claim expires."""
    make: Any = botocore.client.BaseClient._make_api_call

    def twice(self: Any, operation: str, parameters: Any) -> Any:
        if operation == "UpdateItem":
            make(self, operation, parameters)
        return make(self, operation, parameters)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", twice)
    created = pipeline.upload("orders/1.jsonl", MIXED)
    assert pipeline.processor.process(created, invocation).result == "COMPLETED"
    (row,) = pipeline.ledger()
    assert (accounts(row), row["attempts"]) == ((63, 60, 1, 2), 1)


def test_each_object_has_one_entry_in_the_invocation_log(
    pipeline: Pipeline, invocation: Invocation
) -> None:
    """R-D1."""
    created = pipeline.upload("orders/1.jsonl", lines(*GOOD[:2]))
    outcome = pipeline.processor.process(created, invocation)
    (entry,) = pipeline.invocation_log()
    assert entry["requestId"] == outcome.request_id != invocation.aws_request_id
    assert entry["awsRequestId"] == invocation.aws_request_id
    assert entry["bucket"] == INGESTION
    assert entry["key"] == "orders/1.jsonl"
    assert entry["eventName"] == "ObjectCreated:Put"
    assert entry["functionName"] == "serverless-data-processor-dev"
    assert entry["expiresAt"] > 1_700_000_000


def test_a_repeated_announcement_changes_nothing(
    pipeline: Pipeline, invocation: Invocation
) -> None:
    """R-F3."""
    created = pipeline.upload("orders/1.jsonl", MIXED)
    pipeline.processor.process(created, invocation)
    before = (pipeline.records(), pipeline.ledger(), pipeline.invocation_log())
    outcome = pipeline.processor.process(created, invocation)
    assert (outcome.result, outcome.reason) == ("REPEATED", "COMPLETED")
    assert (pipeline.records(), pipeline.ledger(), pipeline.invocation_log()) == before


def test_the_version_in_the_event_is_processed_although_it_was_overwritten_and_deleted(
    pipeline: Pipeline, invocation: Invocation
) -> None:
    """R-A3."""
    first = pipeline.upload("orders/1.jsonl", lines({"id": "old", "total": 1}))
    pipeline.upload("orders/1.jsonl", lines({"id": "new", "total": 2}))
    boto3.client("s3").delete_object(Bucket=INGESTION, Key="orders/1.jsonl")
    assert pipeline.processor.process(first, invocation).result == "COMPLETED"
    assert [one["data"]["id"] for one in pipeline.records()] == ["old"]


def test_an_event_without_version_means_the_version_that_is_current(
    pipeline: Pipeline, invocation: Invocation
) -> None:
    """R-A3."""
    created = pipeline.upload("orders/1.jsonl", lines(*GOOD[:1]))
    pipeline.processor.process(replace(created, version_id=None), invocation)
    assert pipeline.ledger()[0]["versionId"] == created.version_id


def test_a_version_that_is_gone_is_failed_and_not_tried_again(
    pipeline: Pipeline, invocation: Invocation
) -> None:
    """R-A8."""
    created = pipeline.upload("orders/1.jsonl", lines(*GOOD[:1]))
    boto3.client("s3").delete_object(
        Bucket=INGESTION, Key=created.key, VersionId=str(created.version_id)
    )
    outcome = pipeline.processor.process(created, invocation)
    assert outcome.result == "FAILED"
    assert "does not exist" in outcome.reason
    (row,) = pipeline.ledger()
    assert (row["status"], row["reason"], row["retryable"]) == ("FAILED", outcome.reason, False)
    assert pipeline.processor.process(created, invocation).result == "REPEATED"


def test_a_deleted_object_announced_without_version_is_failed(
    pipeline: Pipeline, invocation: Invocation
) -> None:
    """R-A8."""
    gone = ObjectCreated(INGESTION, "orders/gone.csv", None, "ObjectCreated:Put")
    outcome = pipeline.processor.process(gone, invocation)
    assert outcome.result == "FAILED"
    assert outcome.reason.endswith("the object does not exist; it was deleted before it was read")
    (row,) = pipeline.ledger()
    assert row["objectId"] == "orders/orders/gone.csv#unknown"
    assert (row["status"], row["reason"]) == ("FAILED", outcome.reason)
    assert len(pipeline.invocation_log()) == 1


def test_an_object_that_no_dataset_takes_is_recorded_and_points_to_itself(
    pipeline: Pipeline, invocation: Invocation
) -> None:
    """R-A8."""
    created = pipeline.upload("orders/picture.png", b"\x89PNG")
    outcome = pipeline.processor.process(created, invocation)
    assert outcome.result == "IGNORED"
    (row,) = pipeline.ledger()
    assert (row["status"], accounts(row)) == ("FAILED", (1, 0, 0, 1))
    assert "no dataset takes the key 'orders/picture.png'" in row["reason"]
    ((key, content),) = pipeline.quarantine().items()
    assert key.startswith("quarantine/unknown/orders/picture.png/")
    assert json.loads(content)["length"] == 4


def test_what_is_readable_of_a_broken_object_is_kept(
    pipeline: Pipeline, invocation: Invocation
) -> None:
    """R-A8."""
    created = pipeline.upload("orders/1.jsonl.gz", b"this is not gzip")
    outcome = pipeline.processor.process(created, invocation)
    assert outcome.result == "FAILED"
    assert outcome.reason
    (row,) = pipeline.ledger()
    assert row["status"] == "FAILED"
    read, *rest = accounts(row)
    assert read == sum(rest) == 1
    assert len(pipeline.quarantine()) == 1


def test_a_fault_of_operations_gives_the_claim_back(
    pipeline: Pipeline, invocation: Invocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A8. AccessDenied says nothing about the object: it may be processed again at once."""
    created = pipeline.upload("orders/1.jsonl", lines(*GOOD))
    denied = ClientError({"Error": {"Code": "AccessDeniedException"}}, "BatchWriteItem")

    def deny(items: object) -> list[Any]:
        raise denied

    with monkeypatch.context() as patch:
        patch.setattr(pipeline.places.table, "put_batch", deny)
        with pytest.raises(ClientError, match="AccessDenied"):
            pipeline.processor.process(created, invocation)
    (row,) = pipeline.ledger()
    assert (row["status"], row["retryable"]) == ("FAILED", True)
    assert "AccessDenied" in row["reason"]
    other = Invocation.of(InvocationContext())
    assert pipeline.processor.process(created, other).result == "COMPLETED"
    (row,) = pipeline.ledger()
    assert "reason" not in row
    assert (int(row["attempts"]), accounts(row)) == (2, (60, 60, 0, 0))
    assert len(pipeline.invocation_log()) == 1


def test_two_invocations_at_once_do_not_both_process(
    pipeline: Pipeline, invocation: Invocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-F3. The second, while the first is writing, is told how long the claim may last."""
    created = pipeline.upload("orders/1.jsonl", lines(*GOOD))
    put_batch, seen = pipeline.places.table.put_batch, []

    def meanwhile(items: list[Any]) -> list[Any]:
        with pytest.raises(ClaimedElsewhereError) as caught:
            pipeline.processor.process(created, Invocation.of(InvocationContext()))
        seen.append(caught.value.seconds)
        return put_batch(items)

    monkeypatch.setattr(pipeline.places.table, "put_batch", meanwhile)
    assert pipeline.processor.process(created, invocation).result == "COMPLETED"
    assert seen
    assert all(200 < seconds <= 300 for seconds in seen)


def test_who_lost_the_claim_ends_nothing(
    pipeline: Pipeline, invocation: Invocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-F3. Given a claim that expired and was taken over before the end."""
    created = pipeline.upload("orders/1.jsonl", lines(*GOOD[:1]))
    put = pipeline.places.log.put

    def taken_over(*entry: Any) -> None:
        put(*entry)
        boto3.resource("dynamodb").Table(VARIABLES["LEDGER_TABLE_NAME"]).update_item(
            Key={"objectId": f"orders/{created.key}#{created.version_id}", "region": "us-east-1"},
            UpdateExpression="SET claimId = :other",
            ExpressionAttributeValues={":other": "another"},
        )

    monkeypatch.setattr(pipeline.places.log, "put", taken_over)
    with pytest.raises(ClaimedElsewhereError):
        pipeline.processor.process(created, invocation)
    assert pipeline.ledger()[0]["status"] == "CLAIMED"


def test_an_end_whose_answer_was_lost_is_an_end(
    pipeline: Pipeline, invocation: Invocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-F3. botocore sends the call again, and its condition meets its own success."""
    created = pipeline.upload("orders/1.jsonl", lines(*GOOD[:1]))
    ledger = pipeline.places.ledger
    complete = ledger.complete

    def twice(*claimed: Any, **end: Any) -> None:
        complete(*claimed, **end)
        complete(*claimed, **end)

    monkeypatch.setattr(ledger, "complete", twice)
    assert pipeline.processor.process(created, invocation).result == "COMPLETED"


def test_work_that_does_not_fit_into_the_invocation_is_given_back(pipeline: Pipeline) -> None:
    """R-A8."""
    created = pipeline.upload("orders/1.jsonl", lines(*GOOD))
    with pytest.raises(OutOfTimeError):
        pipeline.processor.process(
            created, Invocation("r1", Deadline(InvocationContext(remaining_ms=0)))
        )
    assert pipeline.ledger() == []


def test_an_empty_object_is_completed_with_nothing(
    pipeline: Pipeline, invocation: Invocation
) -> None:
    """R-F3."""
    created = pipeline.upload("orders/empty.csv", b"")
    assert pipeline.processor.process(created, invocation).result == "COMPLETED"
    assert accounts(pipeline.ledger()[0]) == (0, 0, 0, 0)
    assert pipeline.quarantine() == {}


def test_the_status_index_has_as_many_shards_as_configured(
    pipeline: Pipeline, invocation: Invocation
) -> None:
    """R-A6: a status alone would be one hot partition."""
    created = pipeline.upload("orders/1.jsonl", MIXED)
    processor = ObjectProcessor(replace(pipeline.places, status_shards=3))

    processor.process(created, invocation)

    shards = {record["statusKey"].rsplit("#", 1)[1] for record in pipeline.records()}
    assert shards == {"0", "1", "2"}
