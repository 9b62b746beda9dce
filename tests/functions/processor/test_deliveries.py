"""Batches of the queue and direct notifications: failures go back the way they came."""

import json
from typing import Any
from urllib.parse import quote_plus

import boto3
import pytest
from botocore.exceptions import ClientError

from processor.deadline import OutOfTimeError
from processor.deliveries import ObjectsNotProcessedError, backoff
from processor.events import MalformedEventError, ObjectCreated
from processor.table_writer import TableBusyError
from shared.aws_object_ledger import ClaimedElsewhereError
from tests.functions.conftest import InvocationContext

from .conftest import INGESTION, Pipeline, lines


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


def test_a_message_that_fails_does_not_take_its_batch_along(
    pipeline: Pipeline, context: InvocationContext, shown: list[tuple[str, int]]
) -> None:
    """R-A8. A malformed message goes back for the dead-letter queue, the others are done."""
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
    assert failed(pipeline.deliveries.receive(batch, context)) == ["m0"]
    assert [one["recordId"] for one in pipeline.records()] == ["orders#1", "orders#2"]
    assert shown == [("r0", 0)]


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
    assert 10 <= seconds <= 20


def test_a_visibility_that_cannot_be_changed_is_no_failure_of_its_own(
    pipeline: Pipeline, context: InvocationContext
) -> None:
    """R-A8. Given a receipt that SQS does not know any more."""
    batch = {"Records": [message(1, "rubbish")]}
    assert failed(pipeline.deliveries.receive(batch, context)) == ["m1"]


def test_messages_are_really_visible_again(pipeline: Pipeline, context: InvocationContext) -> None:
    """R-A8."""
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="serverless-data-processing-dev")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="rubbish")
    (received,) = sqs.receive_message(QueueUrl=url, VisibilityTimeout=1800)["Messages"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    batch = {"Records": [message(1, "rubbish") | {"receiptHandle": received["ReceiptHandle"]}]}
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


def test_a_direct_notification_that_fails_is_raised_for_lambdas_own_retries(
    pipeline: Pipeline, context: InvocationContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-D1. What the same notification announces beside it is processed all the same."""
    good = pipeline.upload("orders/1.jsonl", lines({"id": "1", "total": 1}))
    no_bucket = ObjectCreated("no-such-bucket", "orders/1.jsonl", "v", "ObjectCreated:Put")
    real = pipeline.places.source.open

    def deny(bucket: str, key: str, version_id: str) -> Any:
        if bucket != INGESTION:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject")
        return real(bucket, key, version_id)

    monkeypatch.setattr(pipeline.places.source, "open", deny)
    with pytest.raises(ObjectsNotProcessedError, match=r"1 of 2 .*AccessDenied"):
        pipeline.deliveries.receive(notification(no_bucket, good), context)
    assert [one["recordId"] for one in pipeline.records()] == ["orders#1"]


def test_an_event_of_no_known_form_is_raised(
    pipeline: Pipeline, context: InvocationContext
) -> None:
    """R-D1."""
    with pytest.raises(MalformedEventError, match="neither Records"):
        pipeline.deliveries.receive({"hello": "world"}, context)


def test_the_backoff_grows_and_spans_the_life_of_another_invocation() -> None:
    """R-A8."""
    fault = RuntimeError()
    for receives, longest in enumerate([5, 20, 80, 320, 900, 900], start=1):
        assert longest / 2 <= backoff(fault, receives) <= longest
    assert len({backoff(fault, 3) for _ in range(10)}) > 1
    assert backoff(OutOfTimeError(), 5) == 0
    assert backoff(TableBusyError(), 5) >= 450
    assert backoff(ClaimedElsewhereError(10), 5) <= 13
    assert backoff(ClaimedElsewhereError(300), 1) <= 5
    assert sum(backoff(ClaimedElsewhereError(900), receives) for receives in range(1, 6)) > 300
