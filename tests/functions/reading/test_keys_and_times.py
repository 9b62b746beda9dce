"""R-A6: the key of a record: what identifies it, and when it happened."""

import itertools
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.timestamps import TimestampError, timestamp_reader
from tests.functions.reading.conftest import Reading, orders

IDS = {
    b'{"a":"x","b":1}': "orders#x#1",
    b'{"a":"x","b":1.0}': "orders#x#1",
    b'{"a":"x","b":10e-1}': "orders#x#1",
    b'{"a":"x","b":true}': "orders#x#true",
    b'{"a":"x#y","b":"z"}': "orders#x%23y#z",
    b'{"a":"x","b":"y#z"}': "orders#x#y%23z",
    b'{"a":"x%23y","b":"z"}': "orders#x%2523y#z",
}


@pytest.mark.parametrize("line", IDS)
def test_id_fields_are_joined_and_never_collide(read: Reading, line: bytes) -> None:
    (item,) = read(line, dataset=orders(id_fields=("a", "b"))).stored

    assert item.record_id == IDS[line]
    assert item.item["recordId"] == {"S": IDS[line]}


@given(st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1)), min_size=2, unique=True))
def test_different_fields_have_different_ids(pairs: list[tuple[str, str]]) -> None:
    from shared.identity import record_id_of  # noqa: PLC0415

    identify = record_id_of(orders(id_fields=("a", "b")))
    ids = set()
    for first, second in pairs:
        if len((first + second).encode("utf-8", "replace")) < 300:
            ids.add((first, second, identify({"a": first, "b": second}, {})))

    assert len({key for *_, key in ids}) == len(ids)


def test_a_single_id_field_stands_as_it_is(read: Reading) -> None:
    (item,) = read(b'{"a":"x#y%"}', dataset=orders(id_fields=("a",))).stored

    assert item.record_id == "orders#x#y%"


def test_a_field_may_be_a_json_pointer(read: Reading) -> None:
    dataset = orders(id_fields=("/a/b~1c",), timestamp_field="/t/0")

    (item,) = read(b'{"a":{"b/c":7},"t":["2026-01-31T00:00:00Z"]}', dataset=dataset).stored

    assert (item.record_id, item.timestamp) == ("orders#7", "2026-01-31T00:00:00.000000Z")


@pytest.mark.parametrize(
    "value",
    [b"null", b'""', b"{}", b"[1]", b'"' + b"x" * 2050 + b'"', b'"' + b"\xc3\xa9" * 1030 + b'"'],
)
def test_an_id_that_cannot_be_a_key_is_a_reason_with_its_pointer(
    read: Reading, value: bytes
) -> None:
    result = read(b'{"a/b":' + value + b"}", dataset=orders(id_fields=("a/b",)))

    assert result.counts == (0, 1)
    assert [reason.pointer for reason in result.rejected[0].reasons] == ["/a~1b"]


def test_every_reason_is_told_at_once(read: Reading) -> None:
    dataset = orders(
        id_fields=("id",),
        timestamp_field="at",
        schema={"properties": {"n": {"type": "integer"}, "m": {"type": "string"}}},
    )

    (rejection,) = read(b'{"n":"x","m":1,"big":1e200,"at":"soon"}', dataset=dataset).rejected

    assert {reason.pointer for reason in rejection.reasons} == {"/n", "/m", "/big", "/id", "/at"}


def test_without_id_fields_the_content_identifies(read: Reading) -> None:
    lines = b'{"a":1,"b":[1.0]}\n{"b":[1],"a":1.00}\n{"a":1,"b":["1"]}'

    first, second, third = (item.record_id for item in read(lines).stored)

    assert first == second != third
    assert len(first) == len("orders#") + 64


TIMES = {
    (None, "UTC", "2026-01-31T23:59:59Z"): "2026-01-31T23:59:59.000000Z",
    (None, "UTC", "2026-01-31t23:59:59.5z"): "2026-01-31T23:59:59.500000Z",
    (None, "UTC", "2026-01-31T23:59:59.123456789-01:30"): "2026-02-01T01:29:59.123456Z",
    (None, "Europe/Berlin", "2026-07-01T12:00:00"): "2026-07-01T10:00:00.000000Z",
    ("%m/%d/%y", "UTC", "1/2/26"): "2026-01-02T00:00:00.000000Z",
    ("%m/%d/%y", "America/New_York", "07/04/99"): "1999-07-04T04:00:00.000000Z",
    ("%Y-%m-%d %H:%M:%S.%f", "UTC", "2026-01-31 01:02:03.5"): "2026-01-31T01:02:03.500000Z",
    ("%d %B %Y", "UTC", "31 January 2026"): "2026-01-31T00:00:00.000000Z",
    ("%Y-%m-%dT%H:%M:%S%z", "UTC", "2026-01-31T00:00:00+0200"): "2026-01-30T22:00:00.000000Z",
    ("%Y%m%d", "UTC", "09990101"): "0999-01-01T00:00:00.000000Z",
}


@pytest.mark.parametrize("case", TIMES)
def test_a_time_becomes_utc_of_fixed_width(case: tuple[str | None, str, str]) -> None:
    pattern, zone, text = case

    assert timestamp_reader(pattern, zone)(text) == TIMES[case]


NO_TIMES = [
    (None, "yesterday"),
    (None, "2026-01-31"),
    (None, "2026-02-30T00:00:00Z"),
    (None, "2026-01-31T24:00:00Z"),
    (None, "2026-06-30T23:59:60Z"),
    (None, "0000-01-01T00:00:00Z"),
    (None, "0001-01-01T00:00:00+01:00"),
    (None, "26-01-31T00:00:00Z"),
    (None, "2026-01-31T00:00:00Z "),
    (None, "٢٠٢٦-01-31T00:00:00Z"),
    (None, ""),
    ("%m/%d/%Y", "1/2/26"),
    ("%m/%d/%Y", "13/1/2026"),
    ("%m/%d/%Y", "2/30/2026"),
    ("%H:%M:%S", "23:59:60"),
    ("%Y", "2026x"),
    ("%B", "Januar"),
]


@pytest.mark.parametrize(("pattern", "text"), NO_TIMES)
def test_what_is_no_time_is_refused_by_its_text(pattern: str | None, text: str) -> None:
    with pytest.raises(TimestampError, match="is "):
        timestamp_reader(pattern, "UTC")(text)


def test_a_missing_time_is_a_reason_and_a_number_may_be_one(read: Reading) -> None:
    dataset = orders(timestamp_field="t", timestamp_format="%Y%m%d")

    result = read(b'{"t":20260131}\n{}\n{"t":null}\n{"t":[]}\n{"t":true}', dataset=dataset)

    assert [item.timestamp for item in result.stored] == ["2026-01-31T00:00:00.000000Z"]
    assert [reason.pointer for r in result.rejected for reason in r.reasons] == ["/t"] * 4


PATTERNS = ["%m/%d/%y", "%Y-%m-%d", "%d%m%Y", "%Y%m%d%H%M%S", "%Y-%m-%d %H:%M:%S.%f", "%H %m"]


@given(st.sampled_from(PATTERNS), st.data())
def test_the_quick_reading_of_numeric_formats_is_that_of_strptime(
    pattern: str, data: st.DataObject
) -> None:
    moments = st.datetimes(min_value=datetime(1000, 1, 1)).map(lambda at: at.strftime(pattern))
    text = data.draw(moments | st.text("0123456789/- :.", max_size=20))
    try:
        expected = datetime.strptime(text, pattern).isoformat(timespec="microseconds") + "Z"
    except ValueError:
        expected = None
    try:
        found = timestamp_reader(pattern, "UTC")(text)
    except TimestampError:
        found = None

    assert found == expected


def test_times_sort_as_text_as_they_sort_as_moments() -> None:
    read_time = timestamp_reader(None, "UTC")
    texts = ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z", "9999-12-31T23:59:59Z"]

    for earlier, later in itertools.pairwise(map(read_time, texts)):
        assert earlier < later
