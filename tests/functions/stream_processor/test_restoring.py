"""Repairs against the table, and what becomes of them when it refuses."""

import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from tests.functions.conftest import InvocationContext, cold_start, logged

from .conftest import BUCKET, ENVIRONMENT, TABLE
from .replicas import KEYS, event, wire

LOW, HIGH = 1, 2


@pytest.fixture
def function(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    boto3.client("dynamodb").create_table(
        TableName=TABLE,
        KeySchema=[
            {"AttributeName": "recordId", "KeyType": "HASH"},
            {"AttributeName": "timestamp", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("recordId", "timestamp")
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    with cold_start("stream_processor.handler") as module:
        yield module


def keys(number: int) -> dict[str, Any]:
    return KEYS | {"recordId": {"S": f"orders#{number}"}}


def lowered(*numbers: int) -> dict[str, Any]:
    """The event of items whose rank went down; a record's number is its sequence number, too."""
    records = []
    for number in numbers:
        record = event((HIGH, LOW), number)
        changed = record["dynamodb"]
        changed["Keys"] = keys(number)
        for image in ("OldImage", "NewImage"):
            changed[image] = changed[image] | keys(number)
        records.append({"eventID": f"{number:032x}", **record})
    return {"Records": records}


def put(number: int, item: dict[str, Any]) -> None:
    boto3.client("dynamodb").put_item(TableName=TABLE, Item=item | keys(number))


def there(number: int) -> Any:
    return boto3.client("dynamodb").get_item(TableName=TABLE, Key=keys(number)).get("Item")


def failing(function: ModuleType, monkeypatch: pytest.MonkeyPatch, fault: Any) -> list[str]:
    """Let puts fail as `fault(record id, attempt)` says; returns the record ids of all attempts."""
    put_if, attempts = function.table.put_if, []

    def put_if_or_fail(item: dict[str, Any], condition: dict[str, Any]) -> bool:
        record_id = item["recordId"]["S"]
        attempts.append(record_id)
        error = fault(record_id, attempts.count(record_id))
        if error is not None:
            raise error
        return bool(put_if(item, condition))

    monkeypatch.setattr(function.table, "put_if", put_if_or_fail)
    monkeypatch.setattr("stream_processor.restoring.time.sleep", lambda seconds: None)
    return attempts


def refused(code: str, status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "PutItem"
    )


def test_a_higher_rank_is_put_back_and_counted(
    function: ModuleType, context: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """R-A7, R-A16: as often as the batch comes, the table is the same."""
    put(1, wire(LOW))
    put(2, wire(LOW))
    with logged(function.logger) as text:
        assert function.handler(lowered(1, 2), context) == {"batchItemFailures": []}
        assert function.handler(lowered(1, 2), context) == {"batchItemFailures": []}
    text.write(capsys.readouterr().out)
    assert [there(number)["rank"] for number in (1, 2)] == [wire(HIGH)["rank"]] * 2
    counted = [json.loads(line).get("RanksRestored") for line in text.getvalue().splitlines()]
    assert [count for count in counted if isinstance(count, list)] == [[2.0], [0.0]]


@pytest.mark.parametrize(
    "now",
    [
        None,
        wire(HIGH) | {"edited": {"S": "by hand"}},
        wire(3),
        {"by": {"S": "hand"}},
    ],
    ids=["deleted", "back already", "a higher one", "no rank"],
)
def test_what_is_there_by_now_stays(function: ModuleType, context: Any, now: Any) -> None:
    """R-A7: the condition of the put, as DynamoDB reads it; a deletion is not undone."""
    if now is not None:
        put(1, now)
    assert function.handler(lowered(1), context) == {"batchItemFailures": []}
    assert there(1) == (None if now is None else now | keys(1))


def test_without_a_conflict_the_table_is_not_asked(
    function: ModuleType, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A7: neither a read nor a write."""
    monkeypatch.setattr(function.table, "_client", None)
    records = [event(change, 1) for change in ((0, 1), (1, 2), (2, 2), (2, 0))]
    assert function.handler({"Records": records}, context) == {"batchItemFailures": []}


@pytest.mark.parametrize(
    "fault",
    [
        refused("ProvisionedThroughputExceededException"),
        refused("InternalServerError", 500),
        ConnectTimeoutError(endpoint_url="dynamodb"),
    ],
    ids=["throttled", "server error", "time-out"],
)
def test_a_passing_fault_is_tried_again(
    function: ModuleType, context: Any, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    """R-A7, R-A8: within the invocation, so that the shard is not held up."""
    put(1, wire(LOW))
    attempts = failing(function, monkeypatch, lambda _, attempt: fault if attempt < 5 else None)
    assert function.handler(lowered(1), context) == {"batchItemFailures": []}
    assert there(1)["rank"] == wire(HIGH)["rank"]
    assert len(attempts) == 5


def test_pauses_grow_with_each_put_in_vain(
    function: ModuleType, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A8: up to a bound."""
    put(1, wire(LOW))
    fault = refused("ThrottlingException")
    failing(function, monkeypatch, lambda _, attempt: fault if attempt < 10 else None)
    slept: list[float] = []
    monkeypatch.setattr("stream_processor.restoring.random.uniform", lambda low, high: high)
    monkeypatch.setattr("stream_processor.restoring.time.sleep", slept.append)
    function.handler(lowered(1), context)
    assert there(1)["rank"] == wire(HIGH)["rank"]
    assert slept == pytest.approx([0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5])


def test_a_fault_that_stays_gives_the_batch_back_from_its_first_record(
    function: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A7, R-A8: the others are done, and the time of the invocation is not exceeded."""
    for number in range(1, 6):
        put(number, wire(LOW))
    fault = refused("ThrottlingException")
    bad = {"orders#3", "orders#4"}
    attempts = failing(
        function, monkeypatch, lambda record_id, _: fault if record_id in bad else None
    )
    context = InvocationContext()
    left = iter(range(2_500, 0, -10))
    monkeypatch.setattr(context, "get_remaining_time_in_millis", lambda: next(left, 0))
    answer = function.handler(lowered(1, 2, 3, 4, 5), context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "3"}]}
    restored = [number for number in range(1, 6) if there(number)["rank"] == wire(HIGH)["rank"]]
    assert restored == [1, 2, 5]
    assert len(attempts) < len(range(2_500, 2_000, -10)) + 2


def test_a_missing_permission_gives_the_batch_back_at_once(
    function: ModuleType,
    context: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """R-A8: a fault of operations; the stream keeps the change until it is repaired.

    R-C7: Lambda counts no error, so that the function tells of it.
    """
    attempts = failing(function, monkeypatch, lambda *_: refused("AccessDeniedException"))
    answer = function.handler(lowered(1), context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert len(attempts) == 1
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["HandledFailures"] for line in told if "HandledFailures" in line] == [[1.0]]


def test_an_item_that_dynamodb_never_takes_does_not_stop_its_shard(
    function: ModuleType, context: Any
) -> None:
    """R-A8: given one whose image is no item, then the others of the batch are done."""
    put(1, wire(LOW))
    put(2, wire(LOW))
    given = lowered(1, 2)
    given["Records"][0]["dynamodb"]["OldImage"]["broken"] = {"FUTURE": "type"}
    with logged(function.logger) as text:
        assert function.handler(given, context) == {"batchItemFailures": []}
    assert there(2)["rank"] == wire(HIGH)["rank"]
    lines = [json.loads(line) for line in text.getvalue().splitlines()]
    (told,) = [line for line in lines if line["message"] == "rank not restored"]
    assert "orders#1" in told["key"]


def test_a_trail_that_cannot_be_written_does_not_keep_ranks_from_being_restored(
    function: ModuleType, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A7, R-A9: each does its part, and the stream goes on behind the first that failed."""
    put(1, wire(LOW))
    put(2, wire(LOW))

    def refuse(key: str, content: bytes) -> bool:
        raise refused("SlowDown", 503)

    monkeypatch.setattr(function.store, "create", refuse)
    fault = refused("AccessDeniedException")
    failing(function, monkeypatch, lambda record_id, _: fault if record_id[-1] == "2" else None)
    answer = function.handler(lowered(1, 2), context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert there(1)["rank"] == wire(HIGH)["rank"]
