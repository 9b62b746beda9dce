"""Rows of CSV (RFC 4180) as they stream by, with their places and bytes, in bounded memory.

Two ways give the same rows. The quick one takes many lines at once in which nothing is quoted: then
every line is a row. The other goes from line to line and knows at any time what it has taken.
"""

import csv
import sys
from collections.abc import Iterator
from typing import NamedTuple, Self

from shared.framing import Frame, too_long
from shared.object_text import ObjectText
from shared.records import Place, Reason, Rejection
from shared.text_lines import LineRun, frames_of, line_runs

# Python's own limit of 128 KB for a cell would make an error of what may be stored: ours is the
# limit for a record.
csv.field_size_limit(sys.maxsize)


_CR = ord("\r")


class CsvRow(NamedTuple):
    """A row and the text that it was.

    Parameters
    ----------
    position, line, raw
        As in `shared.framing.Frame`; a quoted line end is part of the row.
    cells : list of str
        Its cells.
    """

    position: int
    line: int
    raw: bytes
    cells: list[str]


def csv_rows(text: ObjectText, limit: int) -> Iterator[CsvRow | Rejection]:
    """Yield every row that is not blank.

    Cells are separated by commas and may be quoted; quotes follow RFC 4180 strictly. A row with a
    mistake is rejected, and reading goes on behind it. A row that exceeds the limit is
    rejected where it does; reading goes on with the next line, so that an unclosed quote
    does not swallow a large object.
    """
    feed = _Feed(line_runs(text, limit), limit)
    while not feed.ended:
        yield from feed.quiet_rows()
        reader = csv.reader(feed, strict=True)
        yield from _rows(reader, feed, limit)
        if feed.stopped_by is not None:
            yield feed.stopped_by
            feed.stopped_by = None


def csv_rows_from(text: ObjectText, limit: int, begin: Place) -> Iterator[CsvRow | Rejection]:
    """Yield the first row, which is the header, and the rows from a place on."""
    rows = csv_rows(text, limit)
    for header in rows:
        yield header
        if header.position < begin.position:
            text.go_to(begin)
            rows = csv_rows(text, limit)
        break
    yield from rows


def _rows(reader: Iterator[list[str]], feed: "_Feed", limit: int) -> Iterator[CsvRow | Rejection]:
    """Yield rows until the lines end, or a mistake makes a new reader necessary.

    Also, where a run of lines ends with a row, so that the next may be read the quick way.
    """
    while feed.left:
        feed.begin_row()
        try:
            cells = next(reader)
        except csv.Error as error:
            if feed.stopped_by is None:
                yield _rejected(feed, limit, _explained(error, ended=feed.ended))
            return
        position, line, raw = feed.row()
        if len(raw) > limit:
            yield too_long(position, line, len(raw), limit)
        elif not feed.is_utf_8:
            yield _rejected(feed, limit, "the row is not UTF-8")
        elif raw and not raw.isspace():
            yield CsvRow(position, line, raw, cells)


def _rows_of(run: LineRun) -> Iterator[CsvRow] | None:
    """Return the rows of lines, if no quote in them makes one row of several, or none."""
    whole = b"\n".join(run.raws) + b"\n"
    if b'"' in whole or whole.count(b"\r") != whole.count(b"\r\n"):
        return None
    try:
        lines = whole.decode().split("\n")
    except UnicodeDecodeError:
        return None
    lines.pop()
    return _row_per_line(run, csv.reader(lines, strict=True))


def _row_per_line(run: LineRun, rows: Iterator[list[str]]) -> Iterator[CsvRow]:
    position, line, raws = run
    for raw, cells in zip(raws, rows, strict=True):
        if raw and not raw.isspace():
            yield CsvRow(position, line, raw[:-1] if raw[-1] == _CR else raw, cells)
        position += len(raw) + 1
        line += 1


class _Feed:
    """Lines for Python's reader, which takes as many as a row has.

    Remembers which it took. Stops before a row exceeds the limit by more than a line, and
    at a line that is no line.
    """

    def __init__(self, runs: Iterator[LineRun | Rejection], limit: int) -> None:
        self._runs = runs
        self._run: Iterator[Frame] = iter(())
        self.left = 0  # lines of the run
        self._limit = limit
        self._taken: list[Frame] = []
        self._length = 0
        self.is_utf_8 = True
        self.ended = False
        self.stopped_by: Rejection | None = None

    def quiet_rows(self) -> Iterator[CsvRow | Rejection]:
        """Yield rows the quick way, up to a run for which it is not good enough."""
        while not self.left:
            run = next(self._runs, None)
            if run is None:
                self.ended = True
                return
            if isinstance(run, Rejection):
                yield run
                continue
            rows = _rows_of(run)
            if rows is None:
                self._enter(run)
            else:
                yield from rows

    def begin_row(self) -> None:
        """Forget the lines of the row before."""
        self._taken.clear()
        self._length = 0
        self.is_utf_8 = True

    def row(self) -> Frame:
        """Return the lines of the row as one."""
        position, line, raw = self._taken[0]
        if len(self._taken) > 1:
            raw = b"\n".join([frame.raw for frame in self._taken])
        return Frame(position, line, raw[:-1] if raw[-1:] == b"\r" else raw)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        if self._length > self._limit:
            first = self._taken[0]
            self.stopped_by = too_long(first.position, first.line, self._length - 1, self._limit)
            raise StopIteration
        if not self.left:
            run = next(self._runs, None)
            if run is None:
                self.ended = True
                raise StopIteration
            if isinstance(run, Rejection):
                self.stopped_by = self._extended(run)
                raise StopIteration
            self._enter(run)
        frame = next(self._run)
        self.left -= 1
        self._taken.append(frame)
        self._length += len(frame.raw) + 1
        try:
            return f"{frame.raw.decode()}\n"
        except UnicodeDecodeError:
            self.is_utf_8 = False
            return f"{frame.raw.decode(errors='replace')}\n"

    def _enter(self, run: LineRun) -> None:
        self._run = frames_of(run)
        self.left = len(run.raws)

    def _extended(self, end: Rejection) -> Rejection:
        """Let a rejected line begin where the row in which it stands begins."""
        if not self._taken:
            return end
        first = self._taken[0]
        length = end.position + end.length - first.position
        raw = None
        if end.raw is not None and length <= self._limit:
            raw = b"\n".join([*(frame.raw for frame in self._taken), end.raw])
        return Rejection(first.position, first.line, length, raw, end.reasons, end.is_last)


def _rejected(feed: _Feed, limit: int, message: str) -> Rejection:
    position, line, raw = feed.row()
    if len(raw) > limit:
        return too_long(position, line, len(raw), limit)
    return Rejection(position, line, len(raw), raw, (Reason("", message),))


def _explained(error: csv.Error, *, ended: bool) -> str:
    if ended:
        return "the row is no CSV: a quote is opened and not closed until the end of the object"
    if "new-line character" in str(error):
        return "the row is no CSV: a carriage return stands outside quotes"
    return f"the row is no CSV: {error}"
