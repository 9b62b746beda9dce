"""What the ledger keeps of requests (R-E4, R-E5)."""

import json
from typing import Any

import boto3
import pytest

from shared.aws_clients import create_client
from shared.ledger_entries import Counts
from shared.request_ledger import RequestLedger
from shared.requests import PROCESSING, VALIDATING, Request, RequestState, readable
from tests.functions.conftest import REGION

LEDGER = "serverless-object-ledger-dev"
REQUEST = Request("0123abcd", "orders", "ingestion", "requests/orders/0123abcd.json", "v1")
EXECUTION = "arn:aws:states:us-east-1:111122223333:execution:process-records:0123abcd-1"
BEGIN, LATER = "2026-11-01T12:00:00.000000Z", "2026-11-01T12:00:05.000000Z"


@pytest.fixture
def table(aws: None) -> str:
    boto3.client("dynamodb").create_table(
        TableName=LEDGER,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "objectId", "KeyType": "HASH"},
            {"AttributeName": "region", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("objectId", "region")
        ],
    )
    return LEDGER


@pytest.fixture
def ledger(table: str) -> RequestLedger:
    return RequestLedger(create_client("dynamodb", region=REGION), table, REGION)


def only(ledger: RequestLedger) -> RequestState:
    (state,) = ledger.read(REQUEST.id)
    return state


def test_a_request_goes_from_accepted_to_completed(ledger: RequestLedger) -> None:
    """R-E4, R-E5: with its counts, and everything that is needed to find its object."""
    accepted = ledger.accept(REQUEST, body_hash="h", at=BEGIN)
    assert (accepted.status, accepted.attempt, accepted.request) == ("ACCEPTED", 1, REQUEST)
    assert accepted.execution_name == "0123abcd-1"
    for status in (VALIDATING, PROCESSING):
        ledger.advance(REQUEST, status, execution_arn=EXECUTION, at=LATER)
        assert only(ledger).status == status

    ledger.complete(REQUEST, Counts(3, 1, 1, 1), execution_arn=EXECUTION, at=LATER)

    state = only(ledger)
    assert (state.status, state.counts, state.region) == ("COMPLETED", Counts(3, 1, 1, 1), REGION)
    assert (state.accepted_at, state.updated_at) == (BEGIN, LATER)
    assert (state.request, state.body_hash, state.execution_arn) == (REQUEST, "h", EXECUTION)


def test_the_first_acceptance_stands(ledger: RequestLedger) -> None:
    """R-E5: a repeated request is told by its hash and keeps the object version of the first."""
    ledger.accept(REQUEST, body_hash="h", at=BEGIN)
    again = Request(REQUEST.id, "orders", "ingestion", REQUEST.key, "v2", "quarantine")

    state = ledger.accept(again, body_hash="other", at=LATER)

    assert state == only(ledger)
    assert (state.request, state.body_hash, state.accepted_at) == (REQUEST, "h", BEGIN)


def test_nothing_leaves_completed(ledger: RequestLedger) -> None:
    """R-F3: neither a late step of an earlier attempt nor a repeated one."""
    ledger.accept(REQUEST, body_hash="h", at=BEGIN)
    ledger.complete(REQUEST, Counts(1, 1, 0, 0), execution_arn=EXECUTION, at=BEGIN)
    completed = only(ledger)

    ledger.advance(REQUEST, PROCESSING, execution_arn=EXECUTION, at=LATER)
    ledger.fail(REQUEST, "late", execution_arn=EXECUTION, at=LATER)
    told = ledger.try_again(completed, at=LATER)

    assert only(ledger) == completed == told


def test_of_several_that_try_again_one_begins_the_next_attempt(ledger: RequestLedger) -> None:
    """R-E4: the name of an execution is used once."""
    ledger.accept(REQUEST, body_hash="h", at=BEGIN)
    ledger.fail(REQUEST, "no " * 2000, execution_arn=EXECUTION, at=BEGIN)
    failed = only(ledger)
    assert failed.status == "FAILED"
    assert failed.reason.startswith("no no")
    assert len(failed.reason) == 2000

    first = ledger.try_again(failed, at=LATER)
    ledger.advance(REQUEST, PROCESSING, execution_arn=EXECUTION, at=LATER)
    second = ledger.try_again(failed, at=LATER)

    assert second == only(ledger)
    assert (second.status, second.attempt) == ("PROCESSING", 2)
    assert (first.status, first.attempt, first.reason) == ("ACCEPTED", 2, "")
    assert first.body_hash == "h"


def test_a_request_that_was_started_without_the_api_gets_its_item(ledger: RequestLedger) -> None:
    """R-E4: by an operator."""
    ledger.advance(REQUEST, VALIDATING, execution_arn=EXECUTION, at=BEGIN)

    state = only(ledger)

    assert (state.status, state.attempt, state.accepted_at) == ("VALIDATING", 1, BEGIN)
    assert state.request == REQUEST
    assert ledger.try_again(state, at=LATER).attempt == 2


def test_the_regions_do_not_write_each_others_items(ledger: RequestLedger, table: str) -> None:
    """R-A7: a global table's conditions hold in one region only."""
    other = RequestLedger(create_client("dynamodb", region=REGION), table, "us-west-2")
    ledger.accept(REQUEST, body_hash="h", at=BEGIN)
    other.accept(REQUEST, body_hash="h", at=LATER)
    ledger.fail(REQUEST, "gone", execution_arn=EXECUTION, at=LATER)

    states = {state.region: state.status for state in other.read(REQUEST.id)}

    assert states == {REGION: "FAILED", "us-west-2": "ACCEPTED"}
    assert other.read("another") == []


FUNCTION_ERROR = {"errorMessage": "it is no JSON", "errorType": "X", "stackTrace": ["..."]}
REASONS: list[tuple[Any, str]] = [
    ("plain", "plain"),
    ("{not json", "{not json"),
    ('{"other": 1}', '{"other": 1}'),
    ({"Error": "X", "Cause": json.dumps(FUNCTION_ERROR)}, "X: it is no JSON"),
    ({"Error": "Lambda.TooManyRequestsException", "Cause": "Rate"}, "Lambda.TooMany"),
    ({"Error": "States.Timeout", "Cause": None}, "States.Timeout"),
    ({"Error": "States.Timeout"}, "States.Timeout"),
]


@pytest.mark.parametrize(("written", "read"), REASONS)
def test_a_reason_is_for_a_person_whoever_wrote_it(written: Any, read: str) -> None:
    """R-E4: Step Functions wraps the cause, a function's error is wrapped twice."""
    stored = written if isinstance(written, str) else json.dumps(written)
    assert readable(stored).startswith(read)
    assert "stackTrace" not in readable(stored)
