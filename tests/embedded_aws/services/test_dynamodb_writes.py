"""Concurrent writes, transactions and batches of DynamoDB."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.models.table import Table

from tests.embedded_aws.services.slowly import slowly
from tests.embedded_aws.services.streams import records_of

KEY = {"pk": {"S": "a"}, "sk": {"S": "1"}}


def _key(part: str, sort: str = "1") -> dict[str, Any]:
    return {"pk": {"S": part}, "sk": {"S": sort}}


def test_puts_beside_cancelled_transactions_are_not_lost(east: Any, table: str) -> None:
    """R-F3: stock moto loses more than half of them."""

    def cancelled(number: int) -> None:
        with suppress(east.exceptions.TransactionCanceledException):
            east.transact_write_items(
                TransactItems=[
                    {"Put": {"TableName": table, "Item": _key(f"cancelled-{number}")}},
                    {
                        "ConditionCheck": {
                            "TableName": table,
                            "Key": _key("absent"),
                            "ConditionExpression": "attribute_exists(pk)",
                        }
                    },
                ]
            )

    def put(number: int) -> None:
        east.put_item(TableName=table, Item=_key(f"put-{number}"))

    with ThreadPoolExecutor(8) as pool:
        work = [pool.submit(f, n) for n in range(80) for f in (put, cancelled)]
        for done in work:
            done.result()

    kept = {item["pk"]["S"] for item in east.scan(TableName=table)["Items"]}
    assert kept == {f"put-{number}" for number in range(80)}


def test_counters_incremented_at_the_same_time_lose_nothing(
    east: Any, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slowly(monkeypatch, Table, "get_item", 0.001)

    def increment(_: int) -> None:
        east.update_item(
            TableName=table,
            Key=KEY,
            UpdateExpression="ADD hits :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(increment, range(100)))

    assert east.get_item(TableName=table, Key=KEY)["Item"]["hits"] == {"N": "100"}


def test_a_claim_is_given_to_one_of_many(
    east: Any, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slowly(monkeypatch, Table, "get_item")

    def claim(number: int) -> bool:
        try:
            east.put_item(
                TableName=table,
                Item={**KEY, "owner": {"N": str(number)}},
                ConditionExpression="attribute_not_exists(pk)",
            )
        except east.exceptions.ConditionalCheckFailedException:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(claim, range(40))) == 1


def test_a_cancelled_transaction_leaves_no_item_and_no_record(
    aws: Any, east: Any, table: str
) -> None:
    east.put_item(TableName=table, Item={**KEY, "n": {"N": "1"}})
    with pytest.raises(east.exceptions.TransactionCanceledException) as cancelled:
        east.transact_write_items(
            TransactItems=[
                {
                    "Update": {
                        "TableName": table,
                        "Key": KEY,
                        "UpdateExpression": "SET n = :n",
                        "ExpressionAttributeValues": {":n": {"N": "2"}},
                    }
                },
                {"Put": {"TableName": table, "Item": _key("new")}},
                {
                    "Put": {
                        "TableName": table,
                        "Item": _key("b"),
                        "ConditionExpression": "attribute_exists(pk)",
                    }
                },
            ]
        )
    codes = [reason["Code"] for reason in cancelled.value.response["CancellationReasons"]]
    assert codes == ["None", "None", "ConditionalCheckFailed"]
    assert east.scan(TableName=table)["Items"] == [{**KEY, "n": {"N": "1"}}]
    assert len(records_of(aws, "us-east-1", table)) == 1


def test_a_transaction_that_succeeds_writes_all(aws: Any, east: Any, table: str) -> None:
    east.transact_write_items(
        TransactItems=[{"Put": {"TableName": table, "Item": _key(str(n))}} for n in range(30)]
    )
    assert east.scan(TableName=table)["Count"] == 30
    assert len(records_of(aws, "us-east-1", table)) == 30


def test_an_update_that_fails_half_way_changes_nothing(aws: Any, east: Any, table: str) -> None:
    east.put_item(TableName=table, Item={**KEY, "a": {"S": "1"}, "b": {"S": "text"}})
    with pytest.raises(ClientError):
        east.update_item(
            TableName=table,
            Key=KEY,
            UpdateExpression="SET a = :a ADD b :one",
            ExpressionAttributeValues={":a": {"S": "2"}, ":one": {"N": "1"}},
        )
    assert east.get_item(TableName=table, Key=KEY)["Item"]["a"] == {"S": "1"}
    assert len(records_of(aws, "us-east-1", table)) == 1


def _puts(table: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {table: [{"PutRequest": {"Item": item}} for item in items]}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ([{**KEY, "x": {"S": "1"}}, {**KEY, "x": {"S": "2"}}], "duplicates"),
        ([_key("fine"), {"pk": {"S": "no sort key"}}], "schema"),
        ([_key("fine"), _key("big") | {"x": {"S": "x" * 410_000}}], "size"),
        ([_key("fine"), _key("n") | {"x": {"N": "NaN"}}], "numeric|number"),
        ([_key(str(n)) for n in range(26)], "25"),
        ([_key("fine"), _key("")], "empty string"),
    ],
    ids=["same key twice", "key missing", "too big", "not a number", "26 items", "empty key"],
)
def test_a_batch_with_one_wrong_item_is_refused_whole(
    east: Any, table: str, wrong: list[dict[str, Any]], said: str
) -> None:
    """R-F3."""
    with pytest.raises(ClientError, match=rf"(?i){said}"):
        east.batch_write_item(RequestItems=_puts(table, *wrong))
    assert east.scan(TableName=table)["Count"] == 0


def test_a_batch_puts_and_deletes(aws: Any, east: Any, table: str) -> None:
    east.put_item(TableName=table, Item=_key("gone"))
    answer = east.batch_write_item(
        RequestItems={
            table: [
                {"DeleteRequest": {"Key": _key("gone")}},
                {"DeleteRequest": {"Key": _key("never there")}},
                {"PutRequest": {"Item": _key("new") | {"m": {"M": {"b": {"B": b"\x00\xff"}}}}}},
            ]
        }
    )
    assert answer["UnprocessedItems"] == {}
    assert [item["m"]["M"] for item in east.scan(TableName=table)["Items"]] == [
        {"b": {"B": b"\x00\xff"}}
    ]
    names = [record["eventName"] for record in records_of(aws, "us-east-1", table)]
    assert names == ["INSERT", "REMOVE", "INSERT"]


def test_a_backup_keeps_the_items_of_its_moment(east: Any, table: str) -> None:
    east.put_item(TableName=table, Item={**KEY, "n": {"N": "1"}})
    arn = east.create_backup(TableName=table, BackupName="before")["BackupDetails"]["BackupArn"]
    east.put_item(TableName=table, Item={**KEY, "n": {"N": "2"}})
    east.restore_table_from_backup(TargetTableName=f"{table}-r", BackupArn=arn)
    assert east.get_item(TableName=f"{table}-r", Key=KEY)["Item"]["n"] == {"N": "1"}
