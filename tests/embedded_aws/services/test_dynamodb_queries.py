"""Query looks at the items of its page only and answers as moto does that looks at all."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.dynamodb.comparisons import get_filter_expression
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

from embedded_aws.services import dynamodb_orders, dynamodb_queries, dynamodb_replication
from embedded_aws.services.dynamodb_ttl import delete_expired
from tests.embedded_aws.services.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EAST, WEST = "us-east-1", "us-west-2"
PAD = {0: "", 1: "x" * 150_000, 2: "y" * 390_000}
VALUES = {
    "S": ["a", "aa", "ab", "b", "B", "é", "\U0001f600"],
    "N": ["-3", "0.5", "1", "1.0", "2", "10", "1E2"],
    "B": ["AA==", "AAA=", "AQ==", "AQI=", "/w=="],
}
COMPARISONS = ("=", "<", "<=", ">", ">=", "BETWEEN", "BEGINS_WITH")
INDEXES: dict[str, tuple[tuple[str, str], ...]] = {
    "by_time": (("status", "HASH"), ("time", "RANGE")),
    "by_status": (("status", "HASH"),),
    "by_both": (("status", "HASH"), ("other", "HASH"), ("time", "RANGE"), ("sk", "RANGE")),
}
_NUMBERS = {"pk": 2, "status": 2}  # few partitions with many items each
LOCAL = (("pk", "HASH"), ("other", "RANGE"))


def moto(table: Table, **call: Any) -> Any:
    """Query as moto does it."""
    return Table.query.__wrapped__(table, **call)


def _schema(keys: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in keys]


def _table(kinds: dict[str, str], *, ranged: bool, projection: dict[str, Any]) -> Table:
    keys = (("pk", "HASH"), ("sk", "RANGE"))
    return Table(
        "t",
        account_id="123456789012",
        region=EAST,
        schema=_schema(keys if ranged else keys[:1]),
        attr=[{"AttributeName": name, "AttributeType": kind} for name, kind in kinds.items()],
        indexes=[{"IndexName": "local", "KeySchema": _schema(LOCAL), "Projection": projection}]
        if ranged
        else [],
        global_indexes=[
            {"IndexName": name, "KeySchema": _schema(index), "Projection": projection}
            for name, index in INDEXES.items()
        ],
    )


def _outcome(query: Callable[..., Any], table: Table, call: dict[str, Any]) -> Any:
    try:
        items, scanned, last = query(table, **copy.deepcopy(call))
    except Exception as error:  # noqa: BLE001 - errors are compared as well
        return type(error)
    last_key = last and {name: value.to_json() for name, value in last.items()}
    return [item.to_json() for item in items], scanned, last_key


@st.composite
def _items(draw: Any, kinds: dict[str, str], odd: bool) -> dict[str, Any]:
    item: dict[str, Any] = {"pad": {"S": PAD[draw(st.sampled_from((0, 0, 0, 1, 2)))]}}
    for name, kind in kinds.items():
        if name in ("pk", "sk") or draw(st.integers(0, 4)):
            wrong = odd and name not in ("pk", "sk") and draw(st.integers(0, 5)) == 3
            actual = "N" if wrong and kind != "N" else kind
            item[name] = {actual: draw(st.sampled_from(VALUES[actual][: _NUMBERS.get(name)]))}
    return item


@st.composite
def _calls(draw: Any, kinds: dict[str, str], ranged: bool, items: list[Any]) -> dict[str, Any]:
    """Draw the arguments of a Query as the backend hands them to a table."""

    def value(name: str, *, surely: bool = False) -> DynamoType:
        odd = not surely and draw(st.integers(0, 40)) == 7
        kind = "S" if odd else kinds[name]
        return DynamoType({kind: draw(st.sampled_from(VALUES[kind][: _NUMBERS.get(name)]))})

    index = draw(st.sampled_from([None, *INDEXES, *(["local"] if ranged else [])]))
    own = (("pk", "HASH"), ("sk", "RANGE"))[: 1 + ranged]
    keys = own if index is None else {"local": LOCAL, **INDEXES}[index]
    hashes = [(name, value(name)) for name, kind in keys if kind == "HASH"]
    ranges = [name for name, kind in keys if kind == "RANGE"]
    conditions: list[tuple[str, str, list[DynamoType]]] = []
    number = draw(st.integers(0, len(ranges)))
    for place, name in enumerate(ranges[:number], 1):
        comparison = draw(st.sampled_from(COMPARISONS)) if place == number else "="
        sought = [value(name) for _ in range(1 + (comparison == "BETWEEN"))]
        conditions.append((name, comparison, sought))
    start = None
    if draw(st.booleans()):
        start = dict(draw(st.sampled_from(items)))
        if draw(st.booleans()):  # a place where no item is, or was
            start = {name: value(name, surely=True).to_json() for name in kinds}
    filters = {}
    if draw(st.integers(0, 9)) == 5:
        wanted = {"AttributeValueList": [{"S": ""}], "ComparisonOperator": "EQ"}
        filters["pad"] = wanted
    return {
        "hash_key": hashes[0][1],
        "range_comparison": conditions[-1][1] if conditions else None,
        "range_objs": conditions[-1][2] if conditions else [],
        "limit": draw(st.sampled_from((None, None, 0, 1, 1, 2, 3, 5))),
        "exclusive_start_key": start,
        "scan_index_forward": draw(st.booleans()),
        "projection_expressions": draw(st.sampled_from((None, [["pk"], ["other"]]))),
        "index_name": index,
        "consistent_read": index is not None and draw(st.integers(0, 20)) == 7,
        "filter_expression": draw(st.sampled_from((None, _FILTER))),
        "hash_key_conditions": hashes,
        "range_key_conditions": conditions,
        **filters,
    }


_FILTER = get_filter_expression("attribute_exists(#o)", {"#o": "other"}, {})


@pytest.mark.usefixtures("aws")
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_query_answers_as_moto_does(data: Any) -> None:
    """Any table, any items, any query, between any writes: the same items, counts and keys."""
    ranged = data.draw(st.booleans())
    names = ("pk", "sk", "status", "time", "other")
    kinds = {name: data.draw(st.sampled_from("SNB")) for name in names}
    odd = data.draw(st.integers(0, 7)) == 3  # types that only moto lets in
    projections = ({"ProjectionType": "ALL"}, {"ProjectionType": "KEYS_ONLY"})
    table = _table(kinds, ranged=ranged, projection=data.draw(st.sampled_from(projections)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dynamodb_queries, "SMALL", data.draw(st.sampled_from((0, 4))))
        patch.setattr(dynamodb_orders, "NOTES", data.draw(st.sampled_from((0, 1000))))
        for _ in range(data.draw(st.integers(1, 4))):
            items = data.draw(st.lists(_items(kinds, odd), min_size=1, max_size=15))
            for item in items:
                if data.draw(st.integers(0, 3)):
                    table.put_item(item)
                else:
                    range_key = DynamoType(item["sk"]) if ranged else None
                    table.delete_item(DynamoType(item["pk"]), range_key)
            for call in data.draw(st.lists(_calls(kinds, ranged, items), min_size=1, max_size=4)):
                if not call["exclusive_start_key"] and call["limit"]:
                    _compare_pages(table, call)
                assert _outcome(Table.query, table, call) == _outcome(moto, table, call)


def _compare_pages(table: Table, call: dict[str, Any]) -> None:
    for _ in range(50):
        page = _outcome(Table.query, table, call)
        assert page == _outcome(moto, table, call)
        if isinstance(page, type) or page[2] is None:
            return
        call = {**call, "exclusive_start_key": page[2]}


@pytest.fixture
def indexed(new_table: Callable[..., str]) -> Iterator[str]:
    names = {"pk": "S", "sk": "N", "status": "S", "time": "N"}
    keys = INDEXES["by_time"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dynamodb_queries, "SMALL", 0)
        yield new_table(
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": kind} for name, kind in names.items()
            ],
            GlobalSecondaryIndexes=[_index("by_time", keys)],
        )


def _index(name: str, keys: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    return {
        "IndexName": name,
        "KeySchema": _schema(keys),
        "Projection": {"ProjectionType": "ALL"},
    }


def _item(number: int, status: str = "new", time: str | None = None) -> dict[str, Any]:
    return {
        **_key(number),
        "status": {"S": status},
        "time": {"N": time if time is not None else str(number % 7)},
    }


def _key(number: int) -> dict[str, Any]:
    return {"pk": {"S": f"p{number % 3}"}, "sk": {"N": str(number)}}


def _all(client: Any, table: str) -> list[Any]:
    """Ask for every partition of table and index, in pages."""
    found: list[Any] = []
    for name, values, index in (
        ("pk", ("p0", "p1", "p2"), {}),
        ("status", ("new", "old"), {"IndexName": "by_time"}),
    ):
        for value in values:
            pages = client.get_paginator("query").paginate(
                TableName=table,
                KeyConditionExpression="#k = :v",
                ExpressionAttributeNames={"#k": name},
                ExpressionAttributeValues={":v": {"S": value}},
                PaginationConfig={"PageSize": 4},
                **index,
            )
            found += [[page["Items"], page.get("LastEvaluatedKey")] for page in pages]
    return found


def _check(client: Any, table: str) -> None:
    found = _all(client, table)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Table, "query", Table.query.__wrapped__)
        assert found == _all(client, table)


def _put(number: int, status: str = "new", time: str | None = None) -> dict[str, Any]:
    return {"PutRequest": {"Item": _item(number, status, time)}}


def _update(number: int, status: str) -> dict[str, Any]:
    return {
        "Key": _key(number),
        "UpdateExpression": "SET #s = :s, #t = :t",
        "ExpressionAttributeNames": {"#s": "status", "#t": "time"},
        "ExpressionAttributeValues": {":s": {"S": status}, ":t": {"N": str(-number)}},
    }


def _write(client: Any, table: str, *requests: dict[str, Any]) -> None:
    client.batch_write_item(RequestItems={table: list(requests)})


@pytest.fixture
def filled(east: Any, indexed: str) -> str:
    _write(east, indexed, *(_put(number) for number in range(25)))
    _check(east, indexed)
    return indexed


def test_a_query_sees_items_that_moved_within_the_index(east: Any, filled: str) -> None:
    east.update_item(TableName=filled, **_update(3, "new"))
    east.update_item(TableName=filled, **_update(4, "old"))
    east.update_item(TableName=filled, **_update(40, "old"))
    east.put_item(TableName=filled, Item=_item(5, "old", "9.5"))
    east.update_item(
        TableName=filled,
        Key=_key(6),
        UpdateExpression="REMOVE #s",
        ExpressionAttributeNames={"#s": "status"},
    )
    _check(east, filled)


def test_a_query_sees_deletions_batches_and_what_expired(east: Any, filled: str) -> None:
    east.delete_item(TableName=filled, Key=_key(1))
    _write(east, filled, _put(2, "old"), _put(30), {"DeleteRequest": {"Key": _key(3)}})
    _check(east, filled)
    east.update_time_to_live(
        TableName=filled, TimeToLiveSpecification={"Enabled": True, "AttributeName": "time"}
    )
    east.put_item(TableName=filled, Item=_item(4, time="1000000000"))
    _check(east, filled)
    assert delete_expired(1_000_000_001) == 1
    _check(east, filled)
    _write(east, filled, *({"DeleteRequest": {"Key": _key(n)}} for n in range(0, 31, 3)))
    _check(east, filled)


@pytest.mark.parametrize("cancelled", [False, True])
def test_a_query_sees_transactions_and_none_that_was_cancelled(
    east: Any, filled: str, cancelled: bool
) -> None:
    writes: list[dict[str, Any]] = [
        {"Update": {"TableName": filled, **_update(1, "old")}},
        {"Put": {"TableName": filled, "Item": _item(2, "old")}},
        {"Put": {"TableName": filled, "Item": _item(50)}},
        {"Delete": {"TableName": filled, "Key": _key(3)}},
        {
            "ConditionCheck": {
                "TableName": filled,
                "Key": _key(99),
                "ConditionExpression": f"attribute_{'' if cancelled else 'not_'}exists(pk)",
            }
        },
    ]
    before = _all(east, filled)
    if cancelled:
        with pytest.raises(east.exceptions.TransactionCanceledException):
            east.transact_write_items(TransactItems=writes)
    else:
        east.transact_write_items(TransactItems=writes)
    assert (_all(east, filled) == before) is cancelled
    _check(east, filled)


def test_a_query_in_another_region_sees_what_was_replicated(
    east: Any, west: Any, filled: str
) -> None:
    east.update_table(TableName=filled, ReplicaUpdates=[{"Create": {"RegionName": WEST}}])
    assert _all(west, filled) == _all(east, filled)
    east.update_item(TableName=filled, **_update(1, "old"))
    west.delete_item(TableName=filled, Key=_key(2))
    assert eventually(lambda: dynamodb_replication.pending() == 0)
    assert _all(west, filled) == _all(east, filled)
    _check(west, filled)


def test_an_index_of_a_filled_table_has_its_items(east: Any, filled: str) -> None:
    definitions = east.describe_table(TableName=filled)["Table"]["AttributeDefinitions"]

    def change(**update: Any) -> None:
        east.update_table(
            TableName=filled,
            AttributeDefinitions=definitions,
            GlobalSecondaryIndexUpdates=[update],
        )

    change(Delete={"IndexName": "by_time"})
    east.put_item(TableName=filled, Item=_item(60, "old"))
    change(Create=_index("by_time", (("status", "HASH"), ("sk", "RANGE"))))
    _check(east, filled)
    found = east.query(
        TableName=filled,
        IndexName="by_time",
        KeyConditionExpression="#s = :s AND sk > :n",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":s": {"S": "new"}, ":n": {"N": "21"}},
    )
    assert [item["sk"]["N"] for item in found["Items"]] == ["22", "23", "24"]


def test_a_table_made_anew_or_restored_has_its_own_items(east: Any, filled: str) -> None:
    backup = east.create_backup(TableName=filled, BackupName="all")["BackupDetails"]
    copied = f"{filled}-copy"
    east.restore_table_from_backup(TargetTableName=copied, BackupArn=backup["BackupArn"])
    assert _all(east, copied) == _all(east, filled)
    east.put_item(TableName=copied, Item=_item(70, "old"))
    _check(east, copied)
    _check(east, filled)
    definition = east.describe_table(TableName=filled)["Table"]
    east.delete_table(TableName=filled)
    east.create_table(
        TableName=filled,
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[_index("by_time", INDEXES["by_time"])],
        **{name: definition[name] for name in ("KeySchema", "AttributeDefinitions")},
    )
    east.put_item(TableName=filled, Item=_item(1))
    _check(east, filled)


def test_numbers_sort_as_numbers(east: Any, indexed: str) -> None:
    for number, time in enumerate(("10", "9", "-1", "1e1", "2.5")):
        east.put_item(TableName=indexed, Item=_item(number, "new", time))
    found = east.query(
        TableName=indexed,
        IndexName="by_time",
        KeyConditionExpression="#s = :s AND #t BETWEEN :a AND :b",
        ExpressionAttributeNames={"#s": "status", "#t": "time"},
        ExpressionAttributeValues={":s": {"S": "new"}, ":a": {"N": "2"}, ":b": {"N": "10.0"}},
    )["Items"]
    assert [item["time"]["N"] for item in found] == ["2.5", "9", "10", "1e1"]


@pytest.mark.parametrize("index", [None, "by_time"])
@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("comparison", ["", "> :n", "< :n", "BETWEEN :n AND :n"])
def test_a_query_reads_its_page_and_not_the_table(
    east: Any, indexed: str, index: str | None, forward: bool, comparison: str
) -> None:
    """R-F3: a list of records of a large table answers in time."""
    for start in range(0, 600, 25):
        _write(
            east,
            indexed,
            *(
                {"PutRequest": {"Item": {**_item(n), "pk": {"S": "p"}, "time": {"N": str(n)}}}}
                for n in range(start, start + 25)
            ),
        )
    names = ("status", "time") if index else ("pk", "sk")
    values: dict[str, Any] = {":v": {"S": "new" if index else "p"}}
    condition = "#a = :v"
    if comparison:
        condition += f" AND #b {comparison}"
        values[":n"] = {"N": "300"}
    call = {
        "TableName": indexed,
        "KeyConditionExpression": condition,
        "ExpressionAttributeNames": dict(
            zip(("#a", "#b") if comparison else ("#a",), names, strict=False)
        ),
        "ExpressionAttributeValues": values,
        "ScanIndexForward": forward,
        "Limit": 10,
        **({"IndexName": index} if index else {}),
    }
    looked_at: list[Item] = []
    size: Callable[[Item], int] = Item.size

    def counted(item: Item) -> int:
        looked_at.append(item)
        return size(item)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Item, "size", counted)
        patch.setattr(Table, "all_items", lambda _: pytest.fail("all items were collected"))
        found = east.query(**call)
        if "LastEvaluatedKey" in found:
            found = east.query(**call, ExclusiveStartKey=found["LastEvaluatedKey"])
    assert found["Count"] == (1 if "BETWEEN" in comparison else 10)
    assert 0 < len(looked_at) < 100
