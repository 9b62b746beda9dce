"""R-A3, R-A5: CSV, its accounts and how cells become what the schema says."""

from decimal import Decimal
from typing import Any

import pytest

from tests.functions.reading.conftest import Reading, orders

FILES = {
    "empty": (b"", 0, []),
    "header only": (b"a,b\n", 0, []),
    "header without line end": (b"a,b", 0, []),
    "rows": (b"a,b\n1,2\n3,4", 2, []),
    "CRLF": (b"a,b\r\n1,2\r\n\r\n3,4\r\n", 2, []),
    "byte-order mark": (b"\xef\xbb\xbfa,b\n1,2\n", 1, []),
    "blank lines": (b"\na,b\n\n1,2\n   \n3,4\n\n", 2, []),
    "quoted line end": (b'a,b\n"x\ny","p\r\nq"\n3,4\n', 2, []),
    "quoted quotes and commas": (b'a,b\n"x ""y""",",\n"\n', 1, []),
    "too few cells": (b"a,b\n1\n3,4\n", 1, [b"1"]),
    "too many cells": (b"a,b\n1,2,3\n3,4\n", 1, [b"1,2,3"]),
    "quote inside a cell": (b'a,b\n5" pipe,2\n3,4\n', 2, []),
    "text behind a quote": (b'a,b\n"x"y,2\n3,4\n', 1, [b'"x"y,2']),
    "quote that is not closed": (b'a,b\n1,2\n"x,2\n3,4\n', 1, [b'"x,2\n3,4']),
    "invalid UTF-8": (b"a,b\n1,\xff\n3,4\n", 1, [b"1,\xff"]),
    "invalid UTF-8 in a quoted row": (b'a,b\n"\n\xff",1\n3,4\n', 1, [b'"\n\xff",1']),
    "NUL byte": (b"a,b\n1,\0\n3,4\n", 2, []),
    "lone carriage return": (b"a,b\n1,2\r3,4\n5,6\n", 1, [b"1,2\r3,4"]),
    "two columns alike": (b"a,a\n1,2\n3,4\n", 0, [b"1,2", b"3,4"]),
    "header in Latin-1": (b"\xe4,b\n1,2\n", 0, [b"\xe4,b", b"1,2"]),
    "column without name": (b",b\n1,2\n", 1, []),
    "one quoted empty cell": (b'a\n""\nx\n', 2, []),
    "NUL bytes alone": (b"\0" * 100, 0, [b"\0" * 100]),
    "NUL bytes in the header": (b"a,\0\n1,2\n", 0, [b"a,\0", b"1,2"]),
    "binary": (b"\x89PNG\r\n\x1a\n\0\0\xff\n", 0, [b"\x89PNG", b"\x1a", b"\0\0\xff"]),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("chunk", [1, 3, 1 << 20])
def test_every_row_is_stored_or_rejected_as_it_was(read: Reading, name: str, chunk: int) -> None:
    content, stored, rejected = FILES[name]

    result = read(content, "orders/a.csv", chunk=chunk)

    assert (len(result.stored), result.raws) == (stored, rejected)
    for rejection in result.rejected:
        end = rejection.position + rejection.length
        assert content[rejection.position : end] == rejection.raw
        assert content.count(b"\n", 0, rejection.position) + 1 == rejection.line


def test_a_quote_that_is_not_closed_costs_no_more_than_the_limit(read: Reading) -> None:
    rows = b"".join(b"%d,x\n" % number for number in range(100, 200))
    content = b'a,b\n"open,1\n' + rows

    for chunk in (1, 50, 1 << 20):
        result = read(content, "orders/a.csv", chunk=chunk, record_limit=60)

        (rejection,) = result.rejected
        assert rejection.raw is None
        lost = content[rejection.position : rejection.position + rejection.length]
        assert lost.startswith(b'"open,1\n100,x')
        assert len(result.stored) == 101 - len(lost.split(b"\n"))


def test_a_column_without_name_is_called_by_its_number(read: Reading) -> None:
    assert read(b",b,\n1,2,3\n", "orders/a.csv").data == [
        {"column_1": "1", "b": "2", "column_3": "3"}
    ]


ANY_NUMBER = {"type": "number"}
CELLS: list[tuple[Any, str, Any]] = [
    (True, "12", {"c": "12"}),
    (True, "", {"c": ""}),
    ({"type": "string"}, " 12 ", {"c": " 12 "}),
    ({"type": "string"}, "", {"c": ""}),
    ({"type": ["string", "null"]}, "", {"c": None}),
    ({"type": ["string", "integer"]}, "12", {"c": "12"}),
    ({"type": "integer"}, "12", {"c": 12}),
    ({"type": "integer"}, " +007 ", {"c": 7}),
    ({"type": "integer"}, "1.0", {"c": Decimal("1.0")}),
    ({"type": "integer"}, "", {}),
    ({"type": ["integer", "null"]}, "", {"c": None}),
    (ANY_NUMBER, "-0.10", {"c": Decimal("-0.10")}),
    (ANY_NUMBER, ".5", {"c": Decimal("0.5")}),
    (ANY_NUMBER, "1e3", {"c": Decimal("1E+3")}),
    ({"type": "boolean"}, "TRUE", {"c": True}),
    ({"type": "boolean"}, "0", {"c": False}),
    ({"type": ["boolean", "integer"]}, "1", {"c": 1}),
    ({"type": ["boolean", "integer"]}, "true", {"c": True}),
    ({"type": "array"}, "[1, 0.1]", {"c": [1, Decimal("0.1")]}),
    ({"type": "object"}, ' {"a": null}', {"c": {"a": None}}),
    ({"$ref": "#/$defs/n"}, "5", {"c": 5}),
    ({"$ref": "#/$defs/%C3%BC"}, "5", {"c": 5}),
    ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "", {"c": None}),
    ({"oneOf": [{"type": "integer"}, {"type": "null"}]}, "3", {"c": 3}),
    ({"allOf": [{"$ref": "#/$defs/n"}, {"minimum": 1}]}, "3", {"c": 3}),
    ({"enum": [1, 2, 3]}, "2", {"c": 2}),
    ({"enum": ["1", "2"]}, "2", {"c": "2"}),
    ({"const": 7}, "7", {"c": 7}),
]


@pytest.mark.parametrize(("schema", "cell", "expected"), CELLS)
def test_a_cell_becomes_what_the_schema_says(schema: Any, cell: str, expected: Any) -> None:
    from shared.csv_records import CsvRecord, csv_records  # noqa: PLC0415
    from shared.csv_rows import CsvRow  # noqa: PLC0415

    whole = {"properties": {"c": schema}, "$defs": {name: {"type": "integer"} for name in "nü"}}
    rows = [CsvRow(0, 1, b"c", ["c"]), CsvRow(2, 2, cell.encode(), [cell])]

    (outcome,) = csv_records(iter(rows), whole)

    assert isinstance(outcome, CsvRecord)
    assert outcome.record == expected
    assert [type(value) for value in outcome.record.values()] == [
        type(value) for value in expected.values()
    ]


@pytest.mark.parametrize(
    "cell", ["x", "1,000", "NaN", "Infinity", "0x10", "1_000", "١٢", "9" * 5000]
)
def test_a_cell_that_is_no_number_is_rejected_with_its_pointer(read: Reading, cell: str) -> None:
    dataset = orders(schema={"properties": {"c": {"type": "integer"}}})

    result = read(f'c\n"{cell}"\n7\n'.encode(), "orders/a.csv", dataset=dataset)

    assert result.counts == (1, 1)
    assert {reason.pointer for reason in result.rejected[0].reasons} == {"/c"}


def test_an_empty_cell_of_a_required_number_is_a_missing_member(read: Reading) -> None:
    dataset = orders(schema={"required": ["c"], "properties": {"c": {"type": "number"}}})

    result = read(b"c,d\n,x\n", "orders/a.csv", dataset=dataset)

    assert result.messages == [': "c" is a required property']


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"id;price\n1;0,5\n2;7\n", "semicolons"),
        (b"id\tprice\n1\t2\n3\t4\n", "tabs"),
        (b"id|price\n1|2\n3|4\n", "vertical bars"),
    ],
)
def test_cells_that_are_not_separated_by_commas_are_never_one_long_cell(
    read: Reading, content: bytes, name: str
) -> None:
    result = read(content, "orders/a.csv")

    assert result.counts == (0, 2)
    assert all(f"separated by {name}; only commas" in message for message in result.messages)


def test_a_column_that_the_schema_types_may_have_any_name(read: Reading) -> None:
    dataset = orders(schema={"properties": {"km;h": {"type": "number"}}})

    assert read(b"km;h\n7\n", "orders/a.csv", dataset=dataset).data == [{"km;h": "7"}]


def test_a_header_with_more_columns_than_an_item_can_have_rejects_its_rows(read: Reading) -> None:
    result = read(b"," * 300_000 + b"\n1,2\n", "orders/a.csv")

    assert result.messages == [": the header names 300001 columns; an item has no room for so many"]


def test_a_cell_of_countless_elements_is_rejected_without_being_parsed(
    read: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.csv_records.parse_json", None)
    dataset = orders(schema={"properties": {"c": {"type": "array"}}})
    cell = b"[" + b"[]," * 150_000 + b"[]]"

    result = read(b'c\n"' + cell + b'"\n', "orders/a.csv", dataset=dataset)

    assert result.counts == (0, 1)
