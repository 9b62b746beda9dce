"""Records are read as they were stored, to the last digit."""

from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from msgspec import json as exact

from api.aws_records import Records
from api.record_documents import MOST_BYTES

from .conftest import Api, items_of
from .test_refusals import is_problem


def test_all_items_of_a_record_are_told_newest_first(api: Api) -> None:
    """R-C3: with everything that a reader may know, and nothing of the index."""
    times = ["2026-03-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"]
    api.store("visits", *({"id": "a", "total": n, "at": at} for n, at in enumerate(times)))
    api.store("visits", {"id": "b", "total": 1, "at": times[0]})

    given = api.record("visits#a")

    assert given.status == 200
    assert [item["data"]["total"] for item in given.json["items"]] == [0, 2, 1]
    assert given.json["items"][0] == {
        "recordId": "visits#a",
        "timestamp": "2026-03-01T00:00:00.000000Z",
        "dataset": "visits",
        "status": "PROCESSED",
        "objectId": f"visits/requests/visits/{'0' * 32}.json#v1",
        "position": 1,
        "data": {"id": "a", "total": 0, "at": times[0]},
    }
    assert "nextCursor" not in given.json


NAMES = ["a/b", "a#b%23", "a b+c", "größe 北京 🙂", "x" * 2041, "../.."]


@pytest.mark.parametrize("name", NAMES)
def test_any_record_id_can_be_asked_for(api: Api, name: str) -> None:
    """R-C3: in a path API Gateway leaves it encoded; it is decoded once."""
    (record_id,) = api.store("orders", {"id": name, "total": 1})

    given = api.record(record_id)

    assert given.status == 200
    assert given.json["items"][0]["recordId"] == f"orders#{name}"


@pytest.mark.parametrize("name", NAMES)
def test_a_record_id_can_be_a_query_parameter(api: Api, name: str) -> None:
    """R-C3: an encoded slash in a path is decoded by some on the way."""
    (record_id,) = api.store("orders", {"id": name, "total": 1})

    given = api.get(f"/records?recordId={quote(record_id, safe='')}")

    assert given.status == 200
    assert given.json == api.record(record_id).json


def test_pages_of_a_record_id_go_on_by_either_way(api: Api) -> None:
    """R-C3."""
    times = [f"2026-01-0{day}T00:00:00Z" for day in (1, 2, 3)]
    record_id, *_ = api.store("visits", *({"id": "a/b", "total": 0, "at": at} for at in times))
    asked = f"/records?recordId={quote(record_id, safe='')}&limit=2"

    first = api.get(asked).json
    second = api.get(f"{asked}&cursor={first['nextCursor']}").json
    third = api.record(record_id, f"?limit=2&cursor={first['nextCursor']}").json

    assert (len(first["items"]), len(second["items"])) == (2, 1)
    assert second == third


@pytest.mark.parametrize("more", ["dataset=orders", "status=REJECTED", "recordId=b"])
def test_a_record_id_has_no_other_filters(api: Api, more: str) -> None:
    """R-C3: a filter that is passed over would be worse."""
    assert is_problem(api.get(f"/records?recordId=a&{more}"), 400)


def test_no_record_is_found_by_an_id_that_nothing_has(api: Api) -> None:
    """R-C3."""
    for query in ("recordId=orders%23z", "recordId="):
        assert is_problem(api.get(f"/records?{query}"), 404)


@pytest.mark.parametrize("name", ["orders#z", "x" * 2049, "ä" * 1025, "\ud800", ""])
def test_an_unknown_record_is_not_found(api: Api, name: str) -> None:
    """R-C3: nor is what cannot be one."""
    assert is_problem(api.record(name), 404)


NUMBERS = ["0.1", "12345678901234567890123456789012345678", "-1.5", "0", "1E+30", "1E-30"]


def test_numbers_are_exact(api: Api) -> None:
    """R-C3, R-A5: no float in between."""
    written = ",".join(NUMBERS).encode()
    content = b'{"id":"a","total":0.30000000000000004,"n":[' + written + b"]}"
    from shared.datasets import datasets  # noqa: PLC0415

    (item,) = items_of(datasets()[0], "orders/a.json", content)
    api.dynamodb.put_item(TableName=api.settings.table_name, Item=item.item)

    text = api.record("orders#a").text

    data: Any = exact.Decoder(float_hook=Decimal).decode(text)["items"][0]["data"]
    assert data["total"] == Decimal("0.30000000000000004")
    assert [Decimal(number) for number in data["n"]] == [Decimal(number) for number in NUMBERS]


def test_every_kind_of_value_is_told(api: Api) -> None:
    """R-C3."""
    record = {"id": "a", "total": 1, "x": [None, True, {"y": [[], {}, ""]}], '"\\\u0001': "ü"}
    api.store("orders", record)

    assert api.record("orders#a").json["items"][0]["data"] == record


def test_a_rejected_record_is_told_with_its_reasons(api: Api) -> None:
    """R-A6: with the first reasons, and where all of them are."""
    item = {
        **{name: {"S": name} for name in ("recordId", "timestamp", "rank", "quarantineKey")},
        "status": {"S": "REJECTED"},
        "dataset": {"S": "orders"},
        "objectId": {"S": "o"},
        "statusKey": {"S": "orders#REJECTED#1"},
        "reasons": {"L": [{"M": {"pointer": {"S": "/a"}, "message": {"S": "is bad"}}}]},
        "reasonCount": {"N": "1"},
        "quarantineLine": {"N": "3"},
    }
    api.dynamodb.put_item(TableName=api.settings.table_name, Item=item)

    (told,) = api.record("recordId").json["items"]

    assert told["reasons"] == [{"pointer": "/a", "message": "is bad"}]
    assert (told["quarantineKey"], told["quarantineLine"]) == ("quarantineKey", 3)
    assert not {"rank", "statusKey", "data"} & set(told)


def test_many_items_of_a_record_come_in_pages(api: Api) -> None:
    """R-C3: as many as are wanted."""
    times = [f"2026-01-{day:02}T00:00:00Z" for day in range(1, 8)]
    api.store("visits", *({"id": "a", "total": n, "at": at} for n, at in enumerate(times)))

    found, cursor = [], ""
    for _ in range(10):
        page = api.record("visits#a", f"?limit=3{cursor}").json
        found.append([item["data"]["total"] for item in page["items"]])
        if "nextCursor" not in page:
            break
        cursor = f"&cursor={page['nextCursor']}"

    assert found == [[6, 5, 4], [3, 2, 1], [0]]


def test_a_page_ends_before_lambdas_limit(api: Api) -> None:
    """R-C3: 6 MiB, as JSON in JSON; a quotation mark in a record takes four bytes there."""
    times = [f"2026-01-{day:02}T00:00:00Z" for day in range(1, 11)]
    note = '"' * 390_000
    for number, at in enumerate(times):
        api.store("visits", {"id": "a", "total": number, "at": at, "note": note})

    seen: list[int] = []
    cursor = ""
    for _ in range(10):
        given = api.record("visits#a", f"?limit=100{cursor}")
        assert len(exact.encode(given.text)) <= MOST_BYTES * 1.01 < 6_291_456
        seen += [item["data"]["total"] for item in given.json["items"]]
        if "nextCursor" not in given.json:
            break
        cursor = f"&cursor={given.json['nextCursor']}"

    assert seen == list(reversed(range(10)))


def test_a_list_of_large_items_comes_in_pages_of_lambdas_size(api: Api) -> None:
    """R-C3."""
    for number in range(10):
        at = f"2026-01-{number + 1:02}T00:00:00Z"
        api.store("visits", {"id": str(number), "total": number, "at": at, "note": "ü" * 200_000})

    seen: list[int] = []
    pages, cursor = 0, ""
    while pages < 20:
        given = api.get(f"/records?dataset=visits&limit=1000{cursor}")
        pages += 1
        assert len(given.text.encode()) < 6_291_456
        seen += [item["data"]["total"] for item in given.json["items"]]
        if "nextCursor" not in given.json:
            break
        cursor = f"&cursor={given.json['nextCursor']}"

    assert seen == list(range(10))
    assert pages > 1


def test_only_about_as_many_items_are_read_as_are_wanted(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-C3: not a whole page of each shard."""
    api.store(
        "visits",
        *({"id": str(n), "total": n, "at": "2026-01-01T00:00:00Z"} for n in range(200)),
    )
    read: list[int] = []
    query = Records._query

    def counted(self: Records, *positional: Any, **rest: Any) -> Any:
        page = query(self, *positional, **rest)
        read.append(len(page.items))
        return page

    monkeypatch.setattr(Records, "_query", counted)
    assert len(api.get("/records?dataset=visits&limit=40").json["items"]) == 40
    assert 40 <= sum(read) < 150
