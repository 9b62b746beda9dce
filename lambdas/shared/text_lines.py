"""Lines of a text as it streams by, with their places, in bounded memory."""

from collections.abc import Iterator

from shared.framing import Frame, too_long, unreadable_rest
from shared.held import HeldBytes
from shared.object_text import ObjectText
from shared.records import Rejection

_CR = ord("\r")


def text_lines(text: ObjectText, limit: int, end: int | None = None) -> Iterator[Frame | Rejection]:
    r"""Yield every line, blank ones too, without its end "\n" (a "\r" before it is still there).

    A line longer than the limit is yielded as rejection. So is what is behind the last line end
    of a text that broke off; it may be empty. With an end, a byte offset, lines are yielded that
    begin before it, and nothing is read behind them.
    """
    position, line = text.begin.position, text.begin.line
    held = HeldBytes(limit)
    for block in text.blocks() if end is None else _blocks_until(end, text):
        pieces = block.split(b"\n")
        held.add(pieces[0])
        if len(pieces) == 1:
            continue
        length = held.length
        first = held.take()
        yield _frame(position, line, first, length, limit)
        position += length + 1
        line += 1
        for piece in pieces[1:-1]:
            length = len(piece)
            if length > limit:
                yield too_long(position, line, length, limit)
            else:
                yield Frame(position, line, piece)
            position += length + 1
            line += 1
        held.add(pieces[-1])
    length = held.length
    last = held.take()
    if text.failure is not None:
        yield unreadable_rest(position, line, last, length, text.failure)
    elif length:
        yield _frame(position, line, last, length, limit)


def json_lines(text: ObjectText, limit: int, end: int | None = None) -> Iterator[Frame | Rejection]:
    """Yield the records of JSON Lines: the lines that are not blank and begin before the end."""
    for frame in text_lines(text, limit, end):
        if isinstance(frame, Rejection):
            yield frame
            continue
        position, line, raw = frame
        if raw and not raw.isspace():
            yield Frame(position, line, raw[:-1]) if raw[-1] == _CR else frame


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


def _frame(
    position: int, line: int, raw: bytes | None, length: int, limit: int
) -> Frame | Rejection:
    if raw is None:
        return too_long(position, line, length, limit)
    return Frame(position, line, raw)
