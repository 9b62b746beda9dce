"""The shards of the status index are one list, whatever happens between two of its pages."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.aws_records import Records
from api.merging import Listing, Place, merged, spans
from shared.aws_secret import Secret

from .conftest import SECRET, VARIABLES, Api, connected
from .test_refusals import is_problem

TABLE = VARIABLES["TABLE_NAME"]


def put(record: str, timestamp: str, shard: int, *, status: str = "PROCESSED") -> None:
    item = {
        "recordId": record,
        "timestamp": timestamp,
        "statusKey": f"visits#{status}#{shard}",
        "status": status,
        "dataset": "visits",
        "objectId": "o",
    }
    boto3.client("dynamodb").put_item(
        TableName=TABLE, Item={name: {"S": value} for name, value in item.items()}
    )


def at(second: int) -> str:
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000000Z"


def empty() -> None:
    dynamodb = boto3.client("dynamodb")
    for item in dynamodb.scan(TableName=TABLE)["Items"]:
        key = {name: item[name] for name in ("recordId", "timestamp")}
        dynamodb.delete_item(TableName=TABLE, Key=key)


def page(api: Api, cursor: str | None, **query: Any) -> dict[str, Any]:
    asked = {"dataset": "visits", **query} | ({"cursor": cursor} if cursor else {})
    text = "&".join(f"{name}={quote(str(value))}" for name, value in asked.items())
    answered = api.get(f"/records?{text}")
    assert answered.status == 200, answered.text
    found: dict[str, Any] = answered.json
    assert len(found["items"]) <= int(asked.get("limit", 100))
    return found


ITEMS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=12
)  # second, shard: many ties
BOUND = st.none() | st.integers(0, 4)


@given(
    stored=ITEMS,
    arriving=ITEMS,
    limit=st.integers(1, 4),
    order=st.sampled_from(["asc", "desc"]),
    first=BOUND,
    last=BOUND,
)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_pages_are_one_sorted_list(
    api: Api,
    stored: list[tuple[int, int]],
    arriving: list[tuple[int, int]],
    limit: int,
    order: str,
    first: int | None,
    last: int | None,
) -> None:
    """R-C3, R-A6: what was there comes once and in order, also while items come in between."""
    empty()
    there = {f"visits#{n}": place for n, place in enumerate(stored)}
    for record, (second, shard) in there.items():
        put(record, at(second), shard)
    bounds = {"from": first, "to": last}
    query: dict[str, Any] = {name: at(n) for name, n in bounds.items() if n is not None}
    waiting = [(f"visits#new{n}", place) for n, place in enumerate(arriving)]

    found: list[tuple[str, str]] = []
    cursor = None
    for _ in range(40):
        answered = page(api, cursor, limit=limit, order=order, **query)
        found += [(item["timestamp"], item["recordId"]) for item in answered["items"]]
        for record, (second, shard) in waiting[:2]:
            put(record, at(second), shard)
        del waiting[:2]
        cursor = answered.get("nextCursor")
        if cursor is None:
            break

    assert cursor is None
    times = [timestamp for timestamp, _ in found]
    assert times == sorted(times, reverse=order == "desc")
    assert len(found) == len(set(found))
    expected = {
        (at(second), record)
        for record, (second, _) in there.items()
        if (first is None or second >= first) and (last is None or second < last)
    }
    assert {one for one in found if "new" not in one[1]} == expected


@pytest.mark.parametrize("backwards", [False, True])
def test_a_list_is_read_from_any_place_in_it(surroundings: None, backwards: bool) -> None:
    """R-C3: behind each item comes exactly the rest, ties over shards included."""
    for number in range(24):
        put(f"visits#{number}", at(number % 3), number % 4)
    records = Records(boto3.client("dynamodb"), TABLE)
    listing = Listing("visits", "PROCESSED", at(0), at(9), backwards)

    def listed(place: Place | None) -> list[Place]:
        found = merged(records, spans(listing, 4, place), limit=5, backwards=backwards)
        return [Place(i["timestamp"]["S"], shard, i["recordId"]["S"]) for shard, i in found]

    whole = listed(None)

    assert len(whole) == 24
    for number, place in enumerate(whole):
        assert listed(place) == whole[number + 1 :]


def test_a_place_remains_when_its_item_goes(api: Api) -> None:
    """R-C3: an item that expires or is replaced between two pages holds up nothing."""
    for number in range(6):
        put(f"visits#{number}", at(number), number % 4)
    first = page(api, None, limit=3)
    for number in (2, 0):
        boto3.client("dynamodb").delete_item(
            TableName=TABLE,
            Key={"recordId": {"S": f"visits#{number}"}, "timestamp": {"S": at(number)}},
        )

    second = page(api, first["nextCursor"], limit=10)

    assert [item["recordId"] for item in second["items"]] == [f"visits#{n}" for n in (3, 4, 5)]


def test_bounds_are_times_of_any_zone(api: Api) -> None:
    """R-C3: from is inclusive, to is not."""
    for number in range(4):
        put(f"visits#{number}", at(number), 0)

    found = page(api, None, **{"from": "2026-01-01T01:00:01+01:00", "to": "2026-01-01T00:00:03z"})

    assert [item["recordId"] for item in found["items"]] == ["visits#1", "visits#2"]


@pytest.mark.parametrize(
    ("name", "value", "count"),
    [
        ("from", "0000-01-01T00:00:00Z", 1),
        ("from", "0001-01-01T00:00:00+23:59", 1),
        ("to", "9999-12-31T23:59:59-23:59", 1),
        ("to", "0001-01-01T00:00:00Z", 0),
        ("from", "2026-01-01T00:00:60Z", 0),
        ("to", "2025-12-31T23:59:60.5Z", 0),
    ],
)
def test_times_that_no_record_can_have_are_bounds_too(
    api: Api, name: str, value: str, count: int
) -> None:
    """R-C3: RFC 3339 has more of them than a record."""
    put("visits#0", at(0), 0)

    assert len(page(api, None, **{name: value})["items"]) == count


def test_a_status_and_an_order_are_the_usual_ones_when_none_is_given(api: Api) -> None:
    """R-C3: stored records, oldest first, a hundred of them."""
    for number in range(120):
        put(f"visits#{number:03}", at(number), number % 4)
    put("visits#rejected", at(1), 1, status="REJECTED")

    usual = page(api, None)
    rejected = page(api, None, status="REJECTED")

    assert [item["recordId"] for item in usual["items"]] == [f"visits#{n:03}" for n in range(100)]
    assert [item["recordId"] for item in rejected["items"]] == ["visits#rejected"]


@pytest.mark.parametrize(
    ("query", "name", "detail"),
    [
        ("", "dataset", "is missing; it must be one of: orders, visits"),
        ("dataset=visits&limit=0", "limit", "from 1 to 1000"),
        ("dataset=visits&limit=1001", "limit", "from 1 to 1000"),
        ("dataset=visits&limit=1.5", "limit", "from 1 to 1000"),
        ("dataset=visits&limit=", "limit", "from 1 to 1000"),
        ("dataset=visits&limit=1&limit=2", "limit", "more than once"),
        ("dataset=visits&status=processed", "status", "PROCESSED, REJECTED"),
        ("dataset=visits&order=up", "order", "asc, desc"),
        ("dataset=visits&from=yesterday", "from", "RFC 3339"),
        ("dataset=visits&from=2026-01-01T00:00:00", "from", "with its offset"),
        ("dataset=visits&from=2026-01-01T00:00:00+01:00", "from", "%2B"),
        ("dataset=visits&to=2026-02-30T00:00:00Z", "to", "is no time"),
        ("dataset=visits&to=9999-02-30T00:00:00Z", "to", "is no time"),
        ("dataset=visits&form=2026-01-01T00:00:00Z", "form", "is not one of: dataset, status"),
        ("dataset=visits&cursor=", "cursor", "is no cursor"),
    ],
)
def test_a_query_that_means_nothing_is_refused(
    api: Api, query: str, name: str, detail: str
) -> None:
    """R-C3: 400, naming the parameter and what is allowed."""
    answered = api.get(f"/records?{query}")

    assert is_problem(answered, 400)
    assert answered.details[0][0] == name
    assert detail in answered.details[0][1]


def test_an_unknown_dataset_is_not_found(api: Api) -> None:
    """R-C3."""
    answered = api.get("/records?dataset=order")

    assert is_problem(answered, 404)
    assert answered.json["datasets"] == ["orders", "visits"]


def with_cursor(api: Api) -> str:
    for number in range(3):
        put(f"visits#{number}", at(number), number)
    return str(page(api, None, limit=1)["nextCursor"])


def test_a_cursor_belongs_to_its_query(api: Api) -> None:
    """R-C3: only the size of the pages may change."""
    cursor = with_cursor(api)

    assert len(page(api, cursor, limit=2)["items"]) == 2
    for other in ("dataset=orders", "dataset=visits&order=desc", "dataset=visits&status=REJECTED",
                  "dataset=visits&from=2020-01-01T00:00:00Z"):  # fmt: skip
        assert is_problem(api.get(f"/records?{other}&cursor={cursor}"), 400)
    assert is_problem(api.record("visits#0", f"?cursor={cursor}"), 400)


def test_a_damaged_cursor_is_refused(api: Api) -> None:
    """R-C3: whatever of it was changed."""
    cursor = with_cursor(api)
    changed = [cursor[:n] + ("A" if cursor[n] != "A" else "B") + cursor[n + 1 :]
               for n in range(len(cursor) - 1)]  # fmt: skip

    for wrong in (*changed, cursor[:-2], f"{cursor}AAAA", "A" * 40, "ä", f"{cursor}=", "A" * 4000):
        answered = api.get(f"/records?dataset=visits&cursor={quote(wrong)}")
        assert is_problem(answered, 400), wrong
        assert answered.details == [("cursor", "is no cursor of this query")]


def rotate(key: str) -> None:
    boto3.client("secretsmanager").put_secret_value(
        SecretId=SECRET, SecretString=json.dumps({"cursorKey": key})
    )


def test_a_cursor_outlives_one_rotation_of_the_key(api: Api) -> None:
    """R-B6: the version before is taken, too; the one before that is not."""
    cursor = with_cursor(api)

    rotate("second")
    assert len(page(connected(), cursor)["items"]) == 2

    rotate("third")
    assert is_problem(connected().get(f"/records?dataset=visits&cursor={cursor}"), 400)


def test_a_cursor_of_a_newer_key_is_understood_at_once(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-B6: another execution environment may have seen a rotation earlier."""
    monkeypatch.setattr("shared.aws_secret._ASKED_AGAIN_SECONDS", 0)
    with_cursor(api)
    rotate("second")
    newer = page(connected(), None, limit=1)["nextCursor"]

    assert len(page(api, newer)["items"]) == 2


def test_made_up_cursors_do_not_ask_for_the_secret_each_time(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-B6: at most once in some seconds."""
    with_cursor(api)
    read: list[str] = []
    inner = Secret._read

    def noted(self: Secret, stage: str) -> Any:
        read.append(stage)
        return inner(self, stage)

    monkeypatch.setattr(Secret, "_read", noted)
    for _ in range(5):
        assert is_problem(api.get(f"/records?dataset=visits&cursor={'A' * 40}"), 400)

    assert len(read) <= 3
