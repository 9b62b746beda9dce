"""Lines of a text as it streams by, with their places, in bounded memory."""

from collections.abc import Iterator
from typing import NamedTuple

from shared.framing import Frame, too_long, unreadable_rest
from shared.held import HeldBytes
from shared.object_text import ObjectText
from shared.records import Rejection

_CR = ord("\r")


class LineRun(NamedTuple):
    r"""Lines that follow each other.

    Parameters
    ----------
    position, line : int
        Where the first begins.
    raws : list of bytes
        All of them, blank ones too, without their ends "\n" (a "\r" before it is still there).
    """

    position: int
    line: int
    raws: list[bytes]


def line_runs(
    text: ObjectText, limit: int, end: int | None = None
) -> Iterator[LineRun | Rejection]:
    """Yield every line, as many at once as a block has.

    A line longer than the limit is yielded as rejection. So is what is behind the last line end
    of a text that broke off; it may be empty. With an end, a byte offset, lines are yielded that
    begin before it, and nothing is read behind them.
    """
    position, line = text.begin.position, text.begin.line
    held = HeldBytes(limit)
    for block in text.blocks() if end is None else _blocks_until(end, text):
        raws = block.split(b"\n")
        held.add(raws[0])
        if len(raws) == 1:
            continue
        last = raws.pop()
        first_length = held.length
        length = first_length - len(raws[0]) + len(block) - len(last)
        first = held.take()
        if first is not None and len(block) <= limit:
            raws[0] = first
            yield LineRun(position, line, raws)
        else:
            yield _one(position, line, first, first_length, limit)
            yield from _each(position + first_length + 1, line + 1, raws[1:], limit)
        position += length
        line += len(raws)
        held.add(last)
    length = held.length
    rest = held.take()
    if text.failure is not None:
        yield unreadable_rest(position, line, rest, length, text.failure)
    elif length:
        yield _one(position, line, rest, length, limit)


def frames_of(run: LineRun) -> Iterator[Frame]:
    """Yield the lines with the place of each."""
    position = run.position
    for line, raw in enumerate(run.raws, run.line):
        yield Frame(position, line, raw)
        position += len(raw) + 1


def json_lines(text: ObjectText, limit: int, end: int | None = None) -> Iterator[Frame | Rejection]:
    """Yield the records of JSON Lines: the lines that are not blank and begin before the end."""
    for run in line_runs(text, limit, end):
        if isinstance(run, Rejection):
            yield run
            continue
        position, line, raws = run
        for raw in raws:
            if raw and not raw.isspace():
                yield Frame(position, line, raw[:-1] if raw[-1] == _CR else raw)
            position += len(raw) + 1
            line += 1


def _blocks_until(end: int, text: ObjectText) -> Iterator[bytes]:
    """Yield the text up to the end of the last line that begins before the end."""
    position = text.begin.position
    if position >= end:
        return
    for block in text.blocks():
        # A line begins at the end if the byte before it is a line end.
        line_end = block.find(b"\n", max(end - 1 - position, 0))
        if line_end >= 0:
            yield block[: line_end + 1]
            return
        yield block
        position += len(block)


def _each(position: int, line: int, raws: list[bytes], limit: int) -> Iterator[LineRun | Rejection]:
    for number, raw in enumerate(raws, line):
        yield _one(position, number, raw, len(raw), limit)
        position += len(raw) + 1


def _one(
    position: int, line: int, raw: bytes | None, length: int, limit: int
) -> LineRun | Rejection:
    if raw is None or length > limit:
        return too_long(position, line, length, limit)
    return LineRun(position, line, [raw])
