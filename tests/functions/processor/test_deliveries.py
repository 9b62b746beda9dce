"""Batches of the queue and direct notifications: failures go back the way they came."""

import contextlib
import json
from typing import Any
from urllib.parse import quote_plus

import boto3
import botocore.client
import pytest
from botocore.exceptions import ClientError

from processor.deadline import OutOfTimeError
from processor.deliveries import ObjectsNotProcessedError
from processor.events import MalformedEventError, ObjectCreated, announcements_in
from processor.pauses import pause
from processor.table_writer import TableBusyError
from shared.aws_object_ledger import ClaimedElsewhereError
from shared.circuit_breaker import CircuitOpenError, CircuitState
from tests.functions.conftest import InvocationContext

from .conftest import INGESTION, VARIABLES, Pipeline, lines


def eventbridge(created: ObjectCreated) -> dict[str, Any]:
    entry = {"key": created.key, "version-id": created.version_id}
    return {
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": created.bucket}, "object": entry, "reason": "PutObject"},
    }


def notification(*announced: ObjectCreated) -> dict[str, Any]:
    return {
        "Records": [
            {
                "eventSource": "aws:s3",
                "eventName": created.event_name,
                "s3": {
                    "bucket": {"name": created.bucket},
                    "object": {"key": quote_plus(created.key), "versionId": created.version_id},
                },
            }
            for created in announced
        ]
    }


def message(number: int, body: Any, receives: int = 1) -> dict[str, Any]:
    return {
        "messageId": f"m{number}",
        "receiptHandle": f"r{number}",
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": {"ApproximateReceiveCount": str(receives)},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:111122223333:serverless-data-processing-dev",
    }


@pytest.fixture
def shown(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The visibility that messages were given."""
    calls: list[tuple[str, int]] = []
    queue = pipeline.deliveries._queue
    monkeypatch.setattr(queue, "show_again", lambda receipt, time: calls.append((receipt, time)))
    return calls


def failed(answer: dict[str, Any]) -> list[str]:
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


def waiting(variable: str) -> list[dict[str, Any]]:
    """Receive what is in a queue."""
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName=VARIABLES[variable].rpartition("/")[2])["QueueUrl"]
    answer = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=0
    )
    found: list[dict[str, Any]] = answer.get("Messages", [])
    return found


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


def test_the_queue_announces_what_the_notification_announced(
    pipeline: Pipeline,
    context: InvocationContext,
    forbidden: ObjectCreated,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """R-D1. The same version, by its key as S3 has it."""
    monkeypatch.setattr("processor.deliveries.pause", lambda error, receives: 0.0)
    pipeline.deliveries.receive(notification(forbidden), context)
    (sent,) = waiting("QUEUE_URL")
    assert announcements_in(sent["Body"]) == [forbidden]


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


def fail(monkeypatch: pytest.MonkeyPatch, *operations: str) -> list[str]:
    """Let these operations fail with a server error; returns every call that is made."""
    calls: list[str] = []
    real = botocore.client.BaseClient._make_api_call

    def call(client: Any, operation: str, parameters: Any) -> Any:
        calls.append(operation)
        if operation in operations:
            answer = {"Error": {"Code": "InternalServerError"}}
            raise ClientError(answer | {"ResponseMetadata": {"HTTPStatusCode": 500}}, operation)
        return real(client, operation, parameters)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", call)
    return calls


def test_nothing_is_begun_while_a_circuit_is_open(
    pipeline: Pipeline,
    context: InvocationContext,
    shown: list[tuple[str, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """R-A8, R-F3. No claim, no read, no write; all messages wait until about the probe."""
    created = [pipeline.upload(f"orders/{number}.jsonl", b"") for number in range(3)]
    pipeline.circuits["table"].trip("down")
    calls = fail(monkeypatch)
    batch = {"Records": [message(n, eventbridge(one)) for n, one in enumerate(created)]}
    assert failed(pipeline.deliveries.receive(batch, context)) == ["m0", "m1", "m2"]
    assert calls == []
    assert [receipt for receipt, _ in shown] == ["r0", "r1", "r2"]
    assert all(10 <= seconds <= 19 for _, seconds in shown)


@pytest.mark.parametrize(
    ("operation", "dependency"),
    [
        ("UpdateItem", "ledger"),
        ("GetObject", "object-store"),
        ("BatchWriteItem", "table"),
        ("PutItem", "invocation-log"),
        ("PutObject", "quarantine"),
    ],
)
def test_an_outage_opens_the_circuit_of_what_is_out(
    pipeline: Pipeline,
    context: InvocationContext,
    shown: list[tuple[str, int]],
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
    dependency: str,
) -> None:
    """R-A8. Around every dependency; the others stay closed, and a batch stops where it opened."""
    monkeypatch.setattr("shared.circuit_breaker.FAILING_SECONDS", 0)
    monkeypatch.setattr("processor.table_writer.time.sleep", lambda seconds: None)
    content = lines({"id": "1", "total": 1}, {"id": "2"})
    created = [pipeline.upload(f"orders/{number}.jsonl", content) for number in range(10)]
    calls = fail(monkeypatch, operation)
    batch = {"Records": [message(n, eventbridge(one)) for n, one in enumerate(created)]}
    assert len(failed(pipeline.deliveries.receive(batch, context))) == 10
    opened = {name for name, each in pipeline.circuits.items() if each.state is CircuitState.OPEN}
    assert opened == {dependency}
    assert calls.count(operation) == 5
    assert len(shown) == 10


def test_a_table_that_is_busy_for_a_whole_invocation_opens_its_circuit(
    pipeline: Pipeline,
    context: InvocationContext,
    shown: list[tuple[str, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """R-A8. Given items that stay unprocessed; then the batch's others do not burn receives."""

    def busy(*_: object) -> Any:
        raise TableBusyError("items stay unprocessed")

    monkeypatch.setattr(type(pipeline.processor), "process", busy)
    created = pipeline.upload("orders/1.jsonl", b"")
    batch = {"Records": [message(number, eventbridge(created)) for number in range(3)]}
    assert len(failed(pipeline.deliveries.receive(batch, context))) == 3
    assert pipeline.circuits["table"].state is CircuitState.OPEN
    assert all(seconds >= 10 for _, seconds in shown[1:])


def test_a_broken_queue_stops_no_processing(
    pipeline: Pipeline, context: InvocationContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A8. Graceful degradation: only the pauses of its messages are lost."""
    good = pipeline.upload("orders/1.jsonl", lines({"id": "1", "total": 1}))
    pipeline.circuits["queue"].trip("down")
    calls = fail(monkeypatch)
    batch = {"Records": [message(0, "rubbish"), message(1, eventbridge(good))]}
    assert failed(pipeline.deliveries.receive(batch, context)) == ["m0"]
    assert [one["recordId"] for one in pipeline.records()] == ["orders#1"]
    assert not {"ChangeMessageVisibility", "SendMessage"} & set(calls)


class Killed(BaseException):
    """The function's process ends here."""


def test_what_kills_the_function_does_not_take_its_batch_along_for_ever(
    pipeline: Pipeline, context: InvocationContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-F3. Given messages that came back from a batch that died: the fresh one is done first, and
    what is done is deleted before the next one is begun."""
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="serverless-data-processing-dev")["QueueUrl"]
    created = {n: pipeline.upload(f"orders/{n}.jsonl", b"") for n in ("bad", "1", "2", "fresh")}
    for one in created.values():
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(eventbridge(one)))
    real = pipeline.deliveries._processor.process

    def deadly(self: Any, one: ObjectCreated, invocation: Any) -> Any:
        if one.key == "orders/bad.jsonl":
            raise Killed
        return real(one, invocation)

    monkeypatch.setattr(type(pipeline.processor), "process", deadly)
    for _ in range(40):
        received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        if len(received) <= 1:
            break
        batch = [
            message(number, one["Body"], 1 if "fresh" in one["Body"] else 4)
            | {"receiptHandle": one["ReceiptHandle"]}
            for number, one in enumerate(received)
        ]
        with pytest.raises(Killed):
            pipeline.deliveries.receive({"Records": batch}, context)
        for one in received:
            handle = one["ReceiptHandle"]
            with contextlib.suppress(ClientError):  # the visibility time-out is over
                sqs.change_message_visibility(
                    QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0
                )
        assert "fresh" not in str(waiting("QUEUE_URL"))
    assert [one["key"] for one in pipeline.ledger()] == [
        "orders/1.jsonl",
        "orders/2.jsonl",
        "orders/fresh.jsonl",
    ]
    (left,) = received
    assert "bad" in left["Body"]
