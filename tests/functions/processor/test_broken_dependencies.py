"""Batches that meet a broken dependency, and messages that kill the function."""

import contextlib
import json
from typing import Any

import boto3
import botocore.client
import pytest
from botocore.exceptions import ClientError

from processor.events import ObjectCreated
from processor.table_writer import TableBusyError
from shared.circuit_breaker import CircuitState
from tests.functions.conftest import InvocationContext

from .conftest import Pipeline, lines
from .delivering import eventbridge, failed, message, waiting


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
