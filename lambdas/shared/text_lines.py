"""Lines of a text as it streams by, with their places, in bounded memory."""

from collections.abc import Iterator

from shared.framing import Frame, too_long, unreadable_rest
from shared.held import HeldBytes
from shared.object_text import ObjectText
from shared.records import Rejection

_CR = ord("\r")


def text_lines(text: ObjectText, limit: int) -> Iterator[Frame | Rejection]:
    r"""Yield every line, blank ones too, without its end "\n" (a "\r" before it is still there).

    A line longer than the limit is yielded as rejection. So is what is behind the last line end
    of a text that broke off; it may be empty.
    """
    position = text.begin
    line = 1
    held = HeldBytes(limit)
    for block in text.blocks():
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


def json_lines(text: ObjectText, limit: int) -> Iterator[Frame | Rejection]:
    """Yield the records of JSON Lines: the lines that are not blank."""
    for frame in text_lines(text, limit):
        if isinstance(frame, Rejection):
            yield frame
            continue
        position, line, raw = frame
        if raw and not raw.isspace():
            yield Frame(position, line, raw[:-1]) if raw[-1] == _CR else frame


def _frame(
    position: int, line: int, raw: bytes | None, length: int, limit: int
) -> Frame | Rejection:
    if raw is None:
        return too_long(position, line, length, limit)
    return Frame(position, line, raw)
