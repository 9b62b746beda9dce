"""R-A5, R-A6: the items of the processed-data table, and lines of the quarantine."""

import base64
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.items import ItemBuilder, shard_of
from shared.quarantine import quarantine_key, quarantine_line
from shared.records import Reason, Rejection
from shared.wire import item_size
from tests.functions.reading.conftest import Reading, object_version, orders


def test_an_item_derives_from_the_object_version_alone(read: Reading) -> None:
    dataset = orders(id_fields=("id",), retention_days=1)

    (item,) = read(b'\n{"id":"x","n":1.50,"l":[true,null]}', dataset=dataset).stored

    assert item.item == {
        "recordId": {"S": "orders#x"},
        "timestamp": {"S": "2026-01-31T12:00:00.250000Z"},
        "dataset": {"S": "orders"},
        "status": {"S": "PROCESSED"},
        "statusKey": {"S": f"orders#PROCESSED#{shard_of('orders#x')}"},
        "objectId": {"S": "orders/orders/a.jsonl#v1"},
        "position": {"N": "1"},
        "rank": {"S": "2026-01-31T12:00:00.250000Z#v1#00000000000000001"},
        "expiresAt": {"N": "1769947200"},
        "data": {
            "M": {
                "id": {"S": "x"},
                "n": {"N": "1.5"},
                "l": {"L": [{"BOOL": True}, {"NULL": True}]},
            }
        },
    }


def test_shards_are_stable_and_all_in_use() -> None:
    assert [shard_of(f"orders#{n}") for n in range(6)] == [6, 0, 2, 4, 7, 1]
    assert {shard_of(f"orders#{n}", 3) for n in range(100)} == {0, 1, 2}


def test_sizes_follow_the_rules_of_dynamodb() -> None:
    assert item_size({"ab": {"S": "é"}}) == 2 + 2
    assert item_size({"a": {"N": "0"}}) == 1 + 1
    assert item_size({"a": {"N": "123"}}) == 1 + 3
    assert item_size({"a": {"N": "-1000"}}) == 1 + 3
    assert item_size({"a": {"N": "0.0012"}}) == 1 + 2
    assert item_size({"a": {"M": {"b": {"BOOL": True}}}}) == 1 + 3 + 1 + 1 + 1
    assert item_size({"a": {"L": [{"NULL": True}]}}) == 1 + 3 + 1 + 1


def test_an_item_may_take_400_kb_and_not_a_byte_more(read: Reading) -> None:
    (empty,) = read(b'{"id":"x","a":""}', dataset=orders(id_fields=("id",))).stored
    room = 400 * 1024 - item_size(empty.item)
    lines = b"\n".join(b'{"id":"x","a":"%b"}' % (b"y" * length) for length in (room, room + 1))

    result = read(lines, dataset=orders(id_fields=("id",)))

    # The second stands at a later place, whose number takes a few bytes more, too.
    assert [item_size(item.item) for item in result.stored] == [400 * 1024]
    (rejection,) = result.rejected
    assert rejection.raw == lines.split(b"\n")[1]
    assert "DynamoDB allows 409600" in rejection.reasons[0].message


def test_a_rejected_record_has_a_small_item_that_points_into_the_quarantine() -> None:
    reasons = tuple(Reason(f"/{n}" + "x" * 5000, "y" * 5000) for n in range(30))
    version = object_version("orders/ä b+c.jsonl")
    rejection = Rejection(40, 3, 2, b"{}", reasons)

    item = ItemBuilder(orders(), version).rejected_item(rejection, 7)

    assert item_size(item.item) < 12_000
    assert item.item["status"] == {"S": "REJECTED"}
    assert item.item["statusKey"]["S"].startswith("orders#REJECTED#")
    assert item.record_id.startswith("orders#rejected#")
    assert item.record_id.endswith("#40")
    assert item.timestamp == version.modified_text
    assert item.item["reasonCount"] == {"N": "30"}
    assert len(item.item["reasons"]["L"]) == 10
    assert item.item["quarantineKey"] == {"S": "quarantine/orders/orders/ä b+c.jsonl/v1.jsonl"}
    assert item.item["quarantineLine"] == {"N": "7"}


@pytest.mark.parametrize(
    ("raw", "record", "encoding"),
    [
        (b'{"a":"\xc3\xa9\n"', '{"a":"é\n"', "utf-8"),
        (b"\xff\0", "/wA=", "base64"),
        (None, None, "none"),
    ],
)
def test_a_quarantine_line_has_the_record_as_it_was(
    raw: bytes | None, record: str | None, encoding: str
) -> None:
    version = object_version("orders/a.jsonl")
    rejection = Rejection(5, 2, 9, raw, (Reason("/a~1b", "is bad"), Reason("", "is worse")))

    text = quarantine_line(version, rejection)

    assert text.endswith(b"\n")
    assert text.count(b"\n") == 1
    assert json.loads(text) == {
        "dataset": "orders",
        "object": "orders/a.jsonl",
        "versionId": "v1",
        "lastModified": "2026-01-31T12:00:00.250000Z",
        "position": 5,
        "line": 2,
        "byteOffset": 5,
        "length": 9,
        "reasons": [
            {"pointer": "/a~1b", "message": "is bad"},
            {"pointer": "", "message": "is worse"},
        ],
        "record": record,
        "recordEncoding": encoding,
    }


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (b"\0" * 100_000, "base64"),
        (b'{"a":"' + b"\x1b[0m " * 20_000, "base64"),
        (b'{"a":"' + b"\x1b[0m of all that is written" * 20_000, "utf-8"),
        (b"\0" * 40_000, "utf-8"),
        (b"a\tb\n" * 20_000, "base64"),
        (b"a\tb, c, d\n" * 20_000, "utf-8"),
        (b'{"a": "b\\n"}' * 20_000, "base64"),
        (b'{"number": "of the house"}' * 20_000, "utf-8"),
    ],
)
def test_a_long_record_is_quarantined_in_the_shorter_encoding(raw: bytes, encoding: str) -> None:
    """R-A4: one of 16 MB would not fit the function's memory."""
    text = quarantine_line(object_version("orders/a.jsonl"), Rejection(5, 2, len(raw), raw, ()))
    line = json.loads(text)
    kept = line["record"]
    assert line["recordEncoding"] == encoding
    assert len(raw) < 70_000 or len(text) < len(raw) * 4 / 3 + 500
    assert (base64.b64decode(kept) if encoding == "base64" else kept.encode()) == raw


def test_a_quarantine_key_is_never_longer_than_s3_allows() -> None:
    keys = [quarantine_key(object_version(f"orders/{'é' * n}.csv")) for n in range(480, 510)]

    assert all(len(key.encode()) <= 1024 for key in keys)
    assert len(set(keys)) == len(keys)


def test_the_zone_of_last_modified_does_not_matter(read: Reading) -> None:
    moment = datetime(2026, 1, 31, 12, tzinfo=UTC)
    abroad = moment.astimezone(timezone(timedelta(hours=-7)))

    texts = {object_version("k", last_modified=at).modified_text for at in (moment, abroad)}

    assert texts == {"2026-01-31T12:00:00.000000Z"}
