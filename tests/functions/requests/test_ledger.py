"""What the ledger keeps of requests (R-E4, R-E5)."""

import json
import time
from typing import Any

import boto3
import pytest

from shared.aws_clients import create_client
from shared.ledger_entries import Counts
from shared.request_ledger import RequestGoneError, RequestLedger
from shared.requests import PROCESSING, VALIDATING, Request, RequestState, readable
from tests.functions.conftest import REGION

LEDGER = "serverless-object-ledger-dev"
REQUEST = Request("0123abcd", "orders", "ingestion", "requests/orders/0123abcd.json", "v1")
EXECUTION = "arn:aws:states:us-east-1:111122223333:execution:process-records:0123abcd-1"
SECOND = f"{EXECUTION[:-1]}2"
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
    accepted = ledger.accept(REQUEST, body_hash="h", execution_arn=EXECUTION, at=BEGIN)
    assert (accepted.status, accepted.attempt, accepted.request) == ("ACCEPTED", 1, REQUEST)
    assert accepted.execution_arn == EXECUTION
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
    ledger.accept(REQUEST, body_hash="h", execution_arn=EXECUTION, at=BEGIN)
    again = Request(REQUEST.id, "orders", "ingestion", REQUEST.key, "v2", "quarantine")

    state = ledger.accept(again, body_hash="other", execution_arn=SECOND, at=LATER)

    assert state == only(ledger)
    assert (state.request, state.body_hash, state.accepted_at) == (REQUEST, "h", BEGIN)


def test_nothing_leaves_completed(ledger: RequestLedger) -> None:
    """R-F3: neither a late step of an earlier attempt nor a repeated one."""
    ledger.accept(REQUEST, body_hash="h", execution_arn=EXECUTION, at=BEGIN)
    ledger.complete(REQUEST, Counts(1, 1, 0, 0), execution_arn=EXECUTION, at=BEGIN)
    completed = only(ledger)

    ledger.advance(REQUEST, PROCESSING, execution_arn=EXECUTION, at=LATER)
    ledger.fail(REQUEST, "late", execution_arn=EXECUTION, at=LATER)
    told = ledger.try_again(completed, execution_arn=SECOND, at=LATER)

    assert only(ledger) == completed == told


def test_of_several_that_try_again_one_begins_the_next_attempt(ledger: RequestLedger) -> None:
    """R-E4: the name of an execution is used once."""
    ledger.accept(REQUEST, body_hash="h", execution_arn=EXECUTION, at=BEGIN)
    ledger.fail(REQUEST, "no " * 2000, execution_arn=EXECUTION, at=BEGIN)
    failed = only(ledger)
    assert failed.status == "FAILED"
    assert failed.reason.startswith("no no")
    assert len(failed.reason) == 2000

    first = ledger.try_again(failed, execution_arn=SECOND, at=LATER)
    ledger.advance(REQUEST, PROCESSING, execution_arn=SECOND, at=LATER)
    second = ledger.try_again(failed, execution_arn=SECOND, at=LATER)

    assert second == only(ledger)
    assert (second.status, second.attempt) == ("PROCESSING", 2)
    assert (first.status, first.attempt, first.reason) == ("ACCEPTED", 2, "")
    assert (first.body_hash, first.execution_arn) == ("h", SECOND)


def test_a_request_that_has_expired_since_it_was_read_is_gone(
    ledger: RequestLedger, table: str
) -> None:
    """R-F3: DynamoDB removes items when it likes; a notification of it was sent all the same."""
    state = ledger.accept(REQUEST, body_hash="h", execution_arn=EXECUTION, at=BEGIN)
    key = {"objectId": {"S": f"request/{REQUEST.id}"}, "region": {"S": REGION}}
    boto3.client("dynamodb").delete_item(TableName=table, Key=key)

    with pytest.raises(RequestGoneError):
        ledger.try_again(state, execution_arn=SECOND, at=LATER)
    ledger.notified(REQUEST, "m", at=LATER)

    assert ledger.read(REQUEST.id) == []


def test_an_earlier_attempt_says_nothing_of_the_next_one(ledger: RequestLedger) -> None:
    """R-F3: it may come late, after a claim or a retry that took long."""
    accepted = ledger.accept(REQUEST, body_hash="h", execution_arn=EXECUTION, at=BEGIN)
    again = ledger.try_again(accepted, execution_arn=SECOND, at=BEGIN)

    ledger.advance(REQUEST, PROCESSING, execution_arn=EXECUTION, at=LATER)
    ledger.fail(REQUEST, "late", execution_arn=EXECUTION, at=LATER)
    assert only(ledger) == again

    ledger.complete(REQUEST, Counts(1, 1, 0, 0), execution_arn=EXECUTION, at=LATER)
    assert only(ledger).status == "COMPLETED", "its records are those of the next one"


def test_an_operators_execution_takes_over_what_has_failed(ledger: RequestLedger) -> None:
    """R-E4: by whatever name it was started; never what runs."""
    by_hand = EXECUTION.replace("0123abcd-1", "by-hand")
    ledger.accept(REQUEST, body_hash="h", execution_arn=EXECUTION, at=BEGIN)
    ledger.advance(REQUEST, PROCESSING, execution_arn=by_hand, at=LATER)
    assert only(ledger).status == "ACCEPTED"
    ledger.fail(REQUEST, "gone", execution_arn=EXECUTION, at=LATER)

    ledger.advance(REQUEST, PROCESSING, execution_arn=by_hand, at=LATER)
    assert (only(ledger).status, only(ledger).execution_arn) == ("PROCESSING", by_hand)
    ledger.fail(REQUEST, "gone again", execution_arn=by_hand, at=LATER)

    assert only(ledger).reason == "gone again"


def test_a_request_of_long_ago_is_accepted_anew_once(ledger: RequestLedger) -> None:
    """R-E5: with nothing of the earlier one but the count of its attempts."""
    ledger.accept(REQUEST, body_hash="h", execution_arn=EXECUTION, at=BEGIN)
    ledger.complete(REQUEST, Counts(3, 1, 1, 1), execution_arn=EXECUTION, at=BEGIN)
    ledger.notified(REQUEST, "m", at=BEGIN)
    before = only(ledger)
    new = Request(REQUEST.id, "orders", "ingestion", REQUEST.key, "v2", "quarantine")

    first = ledger.accept(new, body_hash="n", execution_arn=SECOND, at=LATER, before=before)
    second = ledger.accept(REQUEST, body_hash="h", execution_arn=SECOND, at=LATER, before=before)

    assert first == second == only(ledger)
    assert (first.request, first.status, first.attempt) == (new, "ACCEPTED", 2)
    assert (first.notification_id, first.execution_arn, first.body_hash) == ("", SECOND, "n")
    ledger.complete(REQUEST, Counts(3, 1, 1, 1), execution_arn=EXECUTION, at=LATER)
    assert only(ledger) == first, "an old execution is at another object version"


@pytest.mark.parametrize("begin", ["accept", "advance"])
def test_the_item_of_a_request_expires(ledger: RequestLedger, table: str, begin: str) -> None:
    """R-E5: after 90 days, and whatever is written later does not change it."""
    if begin == "accept":
        ledger.accept(REQUEST, body_hash="h", execution_arn=EXECUTION, at=BEGIN)
    ledger.advance(REQUEST, VALIDATING, execution_arn=EXECUTION, at=BEGIN)
    (item,) = boto3.client("dynamodb").scan(TableName=table)["Items"]
    ledger.complete(REQUEST, Counts(1, 1, 0, 0), execution_arn=EXECUTION, at=LATER)
    (later,) = boto3.client("dynamodb").scan(TableName=table)["Items"]

    days = (int(item["expiresAt"]["N"]) - time.time()) / 86_400
    assert 89.9 < days <= 90
    assert later["expiresAt"] == item["expiresAt"]


def test_a_request_that_was_started_without_the_api_gets_its_item(ledger: RequestLedger) -> None:
    """R-E4: by an operator."""
    ledger.advance(REQUEST, VALIDATING, execution_arn=EXECUTION, at=BEGIN)

    state = only(ledger)

    assert (state.status, state.attempt, state.accepted_at) == ("VALIDATING", 1, BEGIN)
    assert state.request == REQUEST
    assert ledger.try_again(state, execution_arn=SECOND, at=LATER).attempt == 2


def test_the_regions_do_not_write_each_others_items(ledger: RequestLedger, table: str) -> None:
    """R-A7: a global table's conditions hold in one region only."""
    other = RequestLedger(create_client("dynamodb", region=REGION), table, "us-west-2")
    ledger.accept(REQUEST, body_hash="h", execution_arn=EXECUTION, at=BEGIN)
    other.accept(REQUEST, body_hash="h", execution_arn=EXECUTION, at=LATER)
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
