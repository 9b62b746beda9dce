"""From the rows of a CSV to records: cells become what the dataset's schema says.

A cell becomes, by the types that the schema allows for its column:

========================  =========================================================================
string, or nothing said   the text as it stands, blanks included; an empty cell is ""
integer, number           a number in decimal notation (``12``, ``-0.50``, ``+7``, ``007``,
                          ``1e3``), blanks around it ignored; no thousands separators
boolean                   ``true`` and ``false`` in any case, ``1`` and ``0``
array, object             JSON text
null                      the empty cell
several of them           the first that fits of: null, integer, number, boolean, array, object;
                          but where a string is allowed, every cell that is not empty is a string
                          (null or a string: an empty cell is null)
========================  =========================================================================

An empty cell of a column that allows neither null nor a string is absent: the record has no such
member, and ``required`` decides. A cell that cannot be converted stays a string, so that the
validator says what is wrong with it. The word "null" means nothing special.

The first row names the members. A column without a name is called ``column_<n>``, n from 1. A row
with more or fewer cells than the header is rejected, and so is every row under a header that
names two columns alike or is not UTF-8 or no CSV: which cell is meant cannot be known. A header
that looks as if something else than commas separated its cells is none either, unless the schema
gives a column of that name a type. A header with NUL bytes is rejected itself: they are what a
broken copy leaves, and a file that is nothing else would pass as one without rows.
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from shared.cell_types import column_types
from shared.csv_rows import CsvRow
from shared.framing import Frame
from shared.json_text import NotJsonError, has_more_parts, parse_json, repeated_names
from shared.pointers import json_pointer
from shared.records import Reason, Rejection
from shared.schema_places import Schema
from shared.wire import MOST_PARTS

_NUMBER = re.compile(r"[+-]?(?:\d+(\.\d*)?|(\.\d+))([eE][+-]?\d+)?", re.ASCII)
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
_LONGEST_INTEGER = 4000  # digits; Python refuses to convert 4,300
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_ABSENT = object()
_NEVER = -1  # a number of members that no text has: look closely


class CsvRecord(NamedTuple):
    """A record and the row that it was."""

    frame: Frame
    record: dict[str, Any]


def csv_records(
    rows: Iterator[CsvRow | Rejection], schema: Schema, begin: int = 0
) -> Iterator[CsvRecord | Rejection]:
    """Yield the record of every row behind the header; what is no record as rejection.

    A header before the byte offset ``begin`` names the members, but is not rejected again.
    """
    header: _Header | None = None
    for row in rows:
        if isinstance(row, Rejection):
            if header is None and row.reasons:
                header = _Header([], schema, f"the header cannot be read: {row.reasons[0].message}")
            if row.position >= begin:
                yield row
        elif header is None:
            problem = _header_problem(row.cells, schema)
            header = _Header([] if problem else row.cells, schema, problem)
            if b"\0" in row.raw and row.position >= begin:
                reason = Reason("", str(problem))
                yield Rejection(row.position, row.line, len(row.raw), row.raw, (reason,))
        else:
            yield header.record(row)


def _header_problem(cells: list[str], schema: Schema) -> str | None:
    """Return why a row cannot name the members of records, or nothing."""
    if any("\0" in cell for cell in cells):
        return "the header cannot be read: it contains NUL bytes"
    if len(cells) > MOST_PARTS:
        return f"the header names {len(cells)} columns; an item has no room for so many"
    (first, *others) = cells
    separators = [name for mark, name in _SEPARATORS.items() if mark in first]
    if separators and not others and column_types(schema, first) is None:
        shown = first if len(first) <= 100 else f"{first[:97]}..."
        return (
            f'the header is one column, "{shown}": it seems that cells are separated by '
            f"{separators[0]}; only commas are supported"
        )
    return None


class _Header:
    def __init__(self, cells: list[str], schema: Schema, problem: str | None = None) -> None:
        self._names = [name or f"column_{number}" for number, name in enumerate(cells, 1)]
        self._reasons = (Reason("", problem),) if problem else tuple(self._repeated())
        self._converters: list[tuple[str, Callable[[str], Any]]] = []
        for name in self._names:
            convert = _converter(column_types(schema, name))
            if convert is not None:
                self._converters.append((name, convert))

    def record(self, row: CsvRow) -> CsvRecord | Rejection:
        """Return the record of a row, or its rejection."""
        position, line, raw, cells = row
        names = self._names
        reasons = self._reasons
        if not reasons and len(cells) != len(names):
            message = f"the row has {len(cells)} cells, the header {len(names)}"
            reasons = (Reason("", message),)
        if reasons:
            return Rejection(position, line, len(raw), raw, reasons)
        record: dict[str, Any] = dict(zip(names, cells, strict=True))
        for name, convert in self._converters:
            value = convert(record[name])
            if value is _ABSENT:
                del record[name]
            else:
                record[name] = value
        return CsvRecord(Frame(position, line, raw), record)

    def _repeated(self) -> Iterator[Reason]:
        first: dict[str, int] = {}
        for number, name in enumerate(self._names, 1):
            if name in first:
                yield Reason(
                    json_pointer([name]),
                    f"the header names columns {first[name]} and {number} alike",
                )
            first.setdefault(name, number)


def _converter(types: frozenset[str] | None) -> Callable[[str], Any] | None:
    """Return the conversion of a column's cells, None when they stay as they are."""
    if types is None or types == {"string"}:
        return None
    empty: Any = None if "null" in types else "" if "string" in types else _ABSENT
    if "string" in types:
        return lambda cell: cell or empty
    attempts: list[Callable[[str], Any]] = []
    if types & {"integer", "number"}:
        attempts.append(_number)
    if "boolean" in types:
        attempts.append(lambda cell: _BOOLEANS.get(cell.strip().lower(), cell))
    if types & {"array", "object"}:
        attempts.append(_json)
    if len(attempts) == 1:
        (only,) = attempts
        return lambda cell: only(cell) if cell else empty
    return lambda cell: _first_that_fits(attempts, cell) if cell else empty


def _first_that_fits(attempts: list[Callable[[str], Any]], cell: str) -> Any:
    for attempt in attempts:
        value = attempt(cell)
        if value is not cell:
            return value
    return cell


def _number(cell: str) -> int | Decimal | str:
    if cell.isdecimal() and cell.isascii() and len(cell) < _LONGEST_INTEGER:
        return int(cell)
    text = cell.strip()
    match = _NUMBER.fullmatch(text)
    if match is None:
        return cell
    whole, part, exponent = match.groups()
    if whole is None and part is None and exponent is None and len(text) < _LONGEST_INTEGER:
        return int(text)
    try:
        return Decimal(text)
    except InvalidOperation:
        return cell


def _json(cell: str) -> Any:
    if cell.lstrip()[:1] not in ("{", "["):
        return cell
    text = cell.encode()
    if has_more_parts(text, MOST_PARTS):
        return cell
    try:
        value = parse_json(text)
    except NotJsonError:
        return cell
    return cell if repeated_names(text, _NEVER) else value
