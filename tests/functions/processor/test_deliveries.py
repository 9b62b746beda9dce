"""Batches of the queue and direct notifications: failures go back the way they came."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace

from processor.deadline import OutOfTimeError
from processor.deliveries import ObjectsNotProcessedError
from processor.events import MalformedEventError, ObjectCreated, announcements_in
from processor.pauses import pause
from processor.processing import ObjectProcessor
from processor.table_writer import TableBusyError
from shared.announcement import announcement
from shared.aws_object_ledger import ClaimedElsewhereError
from shared.circuit_breaker import CircuitOpenError
from tests.functions.conftest import InvocationContext

from .conftest import INGESTION, VARIABLES, Pipeline, lines
from .delivering import eventbridge, failed, message, notification, waiting


def test_what_nobody_can_read_is_dead_at_once_and_does_not_take_its_batch_along(
    pipeline: Pipeline, context: InvocationContext, shown: list[tuple[str, int]]
) -> None:
    """R-A8, R-F3. It is received once, and stands in the dead-letter queue with its cause."""
    first = pipeline.upload("orders/1 +ü.jsonl", lines({"id": "1", "total": 1}))
    second = pipeline.upload("orders/2 +ü.jsonl", lines({"id": "2", "total": 2}))
    batch = {
        "Records": [
            message(0, "rubbish"),
            message(1, eventbridge(first)),
            message(2, notification(second)),
            message(3, {"Service": "Amazon S3", "Event": "s3:TestEvent"}),
        ]
    }
    assert failed(pipeline.deliveries.receive(batch, context)) == []
    assert [one["recordId"] for one in pipeline.records()] == ["orders#1", "orders#2"]
    assert shown == []
    (dead,) = waiting("DEAD_LETTER_QUEUE_URL")
    assert dead["Body"] == "rubbish"
    told = {name: each["StringValue"] for name, each in dead["MessageAttributes"].items()}
    assert told["ERROR_CODE"] == "MalformedEvent"
    assert "JSON" in told["ERROR_MESSAGE"]


def test_a_cause_with_characters_that_sqs_refuses_is_told_without_them(
    pipeline: Pipeline, context: InvocationContext
) -> None:
    """R-A8. "SendMessage", Amazon SQS API reference: the characters that a text may have."""
    body = {
        "announcement": {"bucket": "b", "key": "k", "versionId": "v", "eventName": "\x00\ufffe"}
    }
    assert failed(pipeline.deliveries.receive({"Records": [message(1, body)]}, context)) == []
    (dead,) = waiting("DEAD_LETTER_QUEUE_URL")
    assert "eventName" in dead["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"]


def test_what_cannot_be_dead_lettered_comes_back(
    pipeline: Pipeline, context: InvocationContext, shown: list[tuple[str, int]]
) -> None:
    """R-F3. Given no right to send; then the queue's own redrive policy is what is left."""
    sqs = boto3.client("sqs")
    sqs.delete_queue(QueueUrl=VARIABLES["DEAD_LETTER_QUEUE_URL"])
    batch = {"Records": [message(1, "rubbish", receives=2)]}
    assert failed(pipeline.deliveries.receive(batch, context)) == ["m1"]
    ((receipt, seconds),) = shown
    assert receipt == "r1"
    assert 15 <= seconds <= 20


def test_a_fault_of_operations_sends_the_message_back_with_a_backoff(
    pipeline: Pipeline,
    context: InvocationContext,
    shown: list[tuple[str, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """R-A8. Nobody waits for the queue's whole visibility time-out."""
    created = pipeline.upload("orders/1.jsonl", lines({"id": "1", "total": 1}))

    def deny(items: object) -> list[Any]:
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "BatchWriteItem")

    monkeypatch.setattr(pipeline.places.table, "put_batch", deny)
    batch = {"Records": [message(1, eventbridge(created), receives=2)]}
    assert failed(pipeline.deliveries.receive(batch, context)) == ["m1"]
    ((receipt, seconds),) = shown
    assert receipt == "r1"
    assert 15 <= seconds <= 20


def test_a_visibility_that_cannot_be_changed_is_no_failure_of_its_own(
    pipeline: Pipeline, context: InvocationContext
) -> None:
    """R-A8. Given a receipt that SQS does not know any more."""
    created = pipeline.upload("orders/1.jsonl", b"")
    pipeline.circuits["ledger"].trip("down")
    batch = {"Records": [message(1, eventbridge(created))]}
    assert failed(pipeline.deliveries.receive(batch, context)) == ["m1"]


def test_messages_are_really_visible_again(
    pipeline: Pipeline, context: InvocationContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A8."""
    monkeypatch.setattr("processor.deliveries.pause", lambda error, receives: 0.0)
    created = pipeline.upload("orders/1.jsonl", b"")
    pipeline.circuits["ledger"].trip("down")
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="serverless-data-processing-dev")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(eventbridge(created)))
    (received,) = sqs.receive_message(QueueUrl=url, VisibilityTimeout=1800)["Messages"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    handle = {"receiptHandle": received["ReceiptHandle"]}
    batch = {"Records": [message(1, eventbridge(created)) | handle]}
    pipeline.deliveries.receive(batch, context)
    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1


def test_messages_for_which_no_time_is_left_go_back_at_once(
    pipeline: Pipeline, shown: list[tuple[str, int]]
) -> None:
    """R-A8."""
    created = pipeline.upload("orders/1.jsonl", b"")
    batch = {"Records": [message(number, eventbridge(created)) for number in (1, 2)]}
    answer = pipeline.deliveries.receive(batch, InvocationContext(remaining_ms=0))
    assert failed(answer) == ["m1", "m2"]
    assert shown == [("r1", 0), ("r2", 0)]


def test_a_direct_notification_is_processed(pipeline: Pipeline, context: InvocationContext) -> None:
    """R-A3, R-D1."""
    created = pipeline.upload("orders/a +ü.csv", b"id,total\n7,1.5\n")
    assert pipeline.deliveries.receive(notification(created), context) == {}
    assert [one["recordId"] for one in pipeline.records()] == ["orders#7"]


@pytest.fixture
def forbidden(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> ObjectCreated:
    """An object that may not be read."""
    real = pipeline.places.source.open

    def deny(bucket: str, *rest: Any, **named: Any) -> Any:
        if bucket != INGESTION:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject")
        return real(bucket, *rest, **named)

    monkeypatch.setattr(pipeline.places.source, "open", deny)
    return ObjectCreated("no-such-bucket", "orders/1 +ü.jsonl", "v", "ObjectCreated:Put")


def test_the_object_of_a_request_is_processed_like_any_other(
    pipeline: Pipeline, context: InvocationContext
) -> None:
    """R-E4: announced by a continuation, a redrive, an operator; JSON, which no file here is."""
    records = [{"id": "1", "total": 1}, {"id": "2", "total": -1}, {"id": "1", "total": 3}]
    created = pipeline.upload("requests/orders/0123abcd.json", json.dumps(records).encode())
    told = announcement(INGESTION, created.key, str(created.version_id), "ObjectCreated:Redrive")

    assert failed(pipeline.deliveries.receive({"Records": [message(1, told)]}, context)) == []

    (entry,) = pipeline.ledger()
    object_id = f"orders/requests/orders/0123abcd.json#{created.version_id}"
    assert (entry["objectId"], entry["status"]) == (object_id, "COMPLETED")
    counts = [int(entry[name]) for name in ("read", "stored", "superseded", "rejected")]
    assert counts == [3, 1, 1, 1]
    assert {one["status"] for one in pipeline.records()} == {"PROCESSED", "REJECTED"}
    assert len(pipeline.quarantine()) == 1


def test_a_direct_notification_that_fails_goes_to_the_queue(
    pipeline: Pipeline, context: InvocationContext, forbidden: ObjectCreated
) -> None:
    """R-D1, R-A8. Lambda would give up within minutes; what it announces beside is processed."""
    good = pipeline.upload("orders/1.jsonl", lines({"id": "1", "total": 1}))
    assert pipeline.deliveries.receive(notification(forbidden, good), context) == {}
    assert [one["recordId"] for one in pipeline.records()] == ["orders#1"]
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="serverless-data-processing-dev")["QueueUrl"]
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessagesDelayed"] == "1"


@pytest.mark.parametrize("version_id", ["v", "null", None])
def test_the_queue_announces_what_the_notification_announced(
    pipeline: Pipeline,
    context: InvocationContext,
    forbidden: ObjectCreated,
    monkeypatch: pytest.MonkeyPatch,
    version_id: str | None,
) -> None:
    """R-D1. The same version, by its key as S3 has it; none where none was told."""

    def fail(*_: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr("processor.deliveries.pause", lambda error, receives: 0.0)
    monkeypatch.setattr(ObjectProcessor, "process", fail)
    announced = replace(forbidden, version_id=version_id)
    pipeline.deliveries.receive(notification(announced), context)
    (sent,) = waiting("QUEUE_URL")
    assert announcements_in(sent["Body"]) == [announced]


def test_a_direct_notification_is_raised_when_the_queue_does_not_take_it(
    pipeline: Pipeline, context: InvocationContext, forbidden: ObjectCreated
) -> None:
    """R-D1. For Lambda's own retries."""
    boto3.client("sqs").delete_queue(QueueUrl=VARIABLES["QUEUE_URL"])
    with pytest.raises(ObjectsNotProcessedError, match=r"1 of 1 .*AccessDenied"):
        pipeline.deliveries.receive(notification(forbidden), context)


def test_an_event_of_no_known_form_is_raised(
    pipeline: Pipeline, context: InvocationContext
) -> None:
    """R-D1."""
    with pytest.raises(MalformedEventError, match="neither Records"):
        pipeline.deliveries.receive({"hello": "world"}, context)


def test_the_pauses_grow_and_span_the_life_of_another_invocation() -> None:
    """R-A8."""
    fault = RuntimeError()
    for count, longest in enumerate([5, 20, 80, 320, 900, 900], start=1):
        assert longest * 0.75 <= pause(fault, count) <= longest
    assert pause(fault, 10_000) <= 900
    assert len({pause(fault, 3) for _ in range(10)}) > 1
    assert pause(OutOfTimeError(), 5) == pause(OutOfTimeError(), 10) == 0
    assert pause(OutOfTimeError(), 15) >= 675
    assert pause(TableBusyError(), 5) >= 675
    assert pause(ClaimedElsewhereError(10), 5) <= 13
    assert pause(ClaimedElsewhereError(300), 1) <= 5
    assert sum(pause(ClaimedElsewhereError(900), count) for count in range(1, 6)) > 300


def test_a_message_waits_for_the_probe_of_an_open_circuit() -> None:
    """R-A8. Until about then, not all at the same moment, and never for longer than 15 minutes."""
    for seconds in (100, 300):
        waits = [pause(CircuitOpenError("table", seconds, ""), 1) for _ in range(50)]
        assert seconds <= min(waits) < max(waits) <= 1.25 * seconds
    assert pause(CircuitOpenError("table", 1, ""), 5) >= 675
    assert pause(CircuitOpenError("table", 5000, ""), 5) == 900


def test_an_event_that_is_delivered_twice_at_once_under_one_id_is_processed_once(
    pipeline: Pipeline, context: InvocationContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-F3, R-D1: Lambda's queue of asynchronous events may do so; the second goes to the work
    queue, and comes back when the first has ended."""
    created = pipeline.upload("orders/1.jsonl", lines({"id": "1", "total": 1}))
    monkeypatch.setattr("processor.deliveries.pause", lambda error, receives: 0.0)
    put_batch = pipeline.places.table.put_batch
    batches: list[list[bytes]] = []

    def in_the_middle(items: list[bytes]) -> list[bytes]:
        batches.append(items)
        if len(batches) == 1:
            pipeline.deliveries.receive(notification(created), context)
        return put_batch(items)

    monkeypatch.setattr(pipeline.places.table, "put_batch", in_the_middle)
    pipeline.deliveries.receive(notification(created), context)

    assert len(batches) == 1
    (sent,) = waiting("QUEUE_URL")
    assert announcements_in(sent["Body"]) == [created]
    (row,) = pipeline.ledger()
    assert (row["status"], row["attempts"]) == ("COMPLETED", 1)
