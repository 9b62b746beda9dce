"""The object of a request: processed like a file, and its end told to the state machine."""

import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from processor.outcomes import Invocation
from processor.requests import ProcessingFailedError
from processor.table_writer import TableBusyError
from shared.announcement import announcement
from shared.aws_object_ledger import ClaimedElsewhereError
from shared.handled_failures import METRIC
from shared.ledger_entries import Counts
from shared.request_ledger import RequestLedger
from shared.requests import Request
from shared.step_input import InvalidRequestError
from tests.functions.conftest import InvocationContext, cold_start
from tests.functions.requests.making import EXECUTION, event

from .conftest import INGESTION, Pipeline, lines
from .delivering import message

RECORDS = [
    {"id": "1", "total": 1},
    {"id": "2", "total": -1},
    {"id": "1", "total": 3},
    {"id": "4", "total": 4},
]
ACCOUNTS: dict[str, Any] = {"read": 4, "stored": 2, "superseded": 1, "rejected": 1}
DONE = {"isDone": True, "reason": None, **ACCOUNTS}
NOT_DONE = {"isDone": False, **dict.fromkeys(ACCOUNTS)}


@pytest.fixture
def function(pipeline: Pipeline) -> Iterator[ModuleType]:
    with cold_start("processor.request_handler") as module:
        yield module


@pytest.fixture
def ledger(function: ModuleType) -> RequestLedger:
    found: RequestLedger = function.ledger
    return found


def request_for(pipeline: Pipeline, content: bytes) -> Request:
    """Put the object of a request."""
    created = pipeline.upload("requests/orders/0123abcd.json", content)
    return Request("0123abcd", "orders", INGESTION, created.key, str(created.version_id))


def without_identity(row: dict[str, Any]) -> dict[str, Any]:
    """A record's item without what tells one object version from another."""
    own = {"objectId", "rank", "timestamp", "recordId", "quarantineKey", "line", "position"}
    return {name: value for name, value in row.items() if name not in own | {"statusKey"}}


def test_records_end_as_those_of_a_file(
    function: ModuleType, pipeline: Pipeline, context: InvocationContext, ledger: RequestLedger
) -> None:
    """R-E4: items, quarantine, ledger, accounts and invocation log."""
    request = request_for(pipeline, json.dumps(RECORDS).encode())

    assert function.handler(event(request), context) == DONE

    by_request = [without_identity(row) for row in pipeline.records()]
    (quarantined,) = pipeline.quarantine().values()
    (state,) = ledger.read(request.id)
    assert (state.status, state.counts) == ("COMPLETED", Counts(4, 2, 1, 1))
    assert state.execution_arn == EXECUTION
    entry, item = pipeline.ledger()
    assert (entry["objectId"], item["objectId"]) == (request.object_id, "request/0123abcd")
    assert {name: int(entry[name]) for name in ACCOUNTS} == ACCOUNTS
    assert [row["key"] for row in pipeline.invocation_log()] == [request.key]

    for row in pipeline.records():
        boto3.client("dynamodb").delete_item(
            TableName="serverless-processed-data-dev",
            Key={name: {"S": row[name]} for name in ("recordId", "timestamp")},
        )
    created = pipeline.upload("orders/1.jsonl", lines(*RECORDS))
    pipeline.processor.process(created, Invocation.of(context))
    by_file = [without_identity(row) for row in pipeline.records()]
    (other,) = [text for key, text in pipeline.quarantine().items() if "requests/" not in key]
    assert by_request == by_file
    assert json.loads(quarantined)["reasons"] == json.loads(other)["reasons"]


def test_a_repeated_step_tells_the_same_and_writes_nothing(
    function: ModuleType, pipeline: Pipeline, context: InvocationContext, ledger: RequestLedger
) -> None:
    """R-F3: after a lost answer, or when the file processor has ended the object."""
    request = request_for(pipeline, json.dumps(RECORDS).encode())
    told = announcement(request.bucket, request.key, request.version_id, "ObjectCreated:Redrive")
    pipeline.deliveries.receive({"Records": [message(1, told)]}, context)
    before = pipeline.records()

    assert [function.handler(event(request), context) for _ in range(2)] == [DONE] * 2

    assert pipeline.records() == before
    assert ledger.read(request.id)[0].counts == Counts(**ACCOUNTS)


def test_an_object_that_cannot_be_processed_fails_the_step_with_the_reason(
    function: ModuleType, pipeline: Pipeline, context: InvocationContext, ledger: RequestLedger
) -> None:
    """R-E4: the state machine records it; a repetition tells the same."""
    request = request_for(pipeline, '[{"id": "1"}]'.encode("utf-16"))

    for _ in range(2):
        with pytest.raises(ProcessingFailedError, match="UTF-16"):
            function.handler(event(request), context)

    (state,) = ledger.read(request.id)
    assert state.status == "PROCESSING"
    assert [row["status"] for row in pipeline.ledger()] == ["FAILED", "PROCESSING"]


def test_what_does_not_fit_into_the_invocation_goes_on_and_is_asked_for_again(
    function: ModuleType,
    pipeline: Pipeline,
    context: InvocationContext,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """R-E4: the rest is announced to the work queue; whoever ends it, the step tells its counts."""
    request = request_for(pipeline, json.dumps(RECORDS).encode())
    with monkeypatch.context() as patch:
        patch.setattr("processor.leg.LegTime.is_over", lambda _, read: read >= 2)
        found = function.handler(event(request), context)
        reason = found.pop("reason")

    assert found == NOT_DONE
    assert "goes on in another invocation" in reason
    assert [row["status"] for row in pipeline.ledger()] == ["CONTINUED", "PROCESSING"]
    assert METRIC not in capsys.readouterr().out, "a good version does so, too"
    assert function.handler(event(request), context) == DONE


LATER = [ClaimedElsewhereError(30), TableBusyError("the table refuses"), ConnectionError("reset")]


@pytest.mark.parametrize("error", LATER)
def test_what_may_be_better_later_is_tried_again_later(
    function: ModuleType,
    pipeline: Pipeline,
    context: InvocationContext,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
) -> None:
    """R-A8, R-E4, R-C7: a result, on which the state machine waits; a release hears of failures."""
    request = request_for(pipeline, json.dumps(RECORDS).encode())

    def fail(*_: Any) -> Any:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("processor.processing.ObjectProcessor.process", fail)
        found = function.handler(event(request), context)
        reason = found.pop("reason")

    assert found == NOT_DONE
    assert type(error).__name__ in reason
    is_told = METRIC in capsys.readouterr().out
    assert is_told is not isinstance(error, ClaimedElsewhereError)
    if isinstance(error, TableBusyError):
        assert "table" in function.handler(event(request), context)["reason"]
        assert METRIC in capsys.readouterr().out
        assert [row["status"] for row in pipeline.ledger()] == ["PROCESSING"]
    else:
        assert function.handler(event(request), context) == DONE


def test_a_fault_of_operations_is_told_as_it_is(
    function: ModuleType, pipeline: Pipeline, context: InvocationContext
) -> None:
    """R-E4: tried three times, then the execution fails with it."""
    request = request_for(pipeline, json.dumps(RECORDS).encode())
    boto3.client("dynamodb").delete_table(TableName="serverless-processed-data-dev")

    with pytest.raises(ClientError, match="ResourceNotFound"):
        function.handler(event(request), context)

    assert [row["status"] for row in pipeline.ledger()] == ["FAILED", "PROCESSING"]


def test_what_is_no_request_is_refused(function: ModuleType, context: InvocationContext) -> None:
    """R-E4."""
    with pytest.raises(InvalidRequestError, match="no member request"):
        function.handler({"Records": []}, context)


def test_it_is_announced_as_a_request(
    function: ModuleType, pipeline: Pipeline, context: InvocationContext
) -> None:
    """R-D1: the invocation log tells how an object came."""
    request = request_for(pipeline, json.dumps(RECORDS).encode())
    function.handler(event(request), context)

    assert pipeline.invocation_log()[0]["eventName"] == "ObjectCreated:Request"
