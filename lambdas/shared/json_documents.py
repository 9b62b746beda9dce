"""The records of a JSON object in S3: one document, or the elements of one array."""

import re
from collections.abc import Iterator
from itertools import chain

from shared.framing import Frame, too_long, unreadable_rest
from shared.held import HeldBytes
from shared.json_array import ArrayScanner
from shared.object_text import ObjectText
from shared.records import Place, Reason, Rejection

_BLANKS = b" \t\r\n"
# The closing quote may be missing: otherwise a text of quotes would be tried from each of them.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[{}\[\]]', re.DOTALL)


def json_documents(
    text: ObjectText, limit: int, begin: Place | None = None
) -> Iterator[Frame | Rejection]:
    """Yield the records of a text that is one JSON document or one array.

    What follows the document or the array is one rejected record. An array can be read from the
    place of one of its elements on.
    """
    position, line = text.begin.position, text.begin.line
    blocks = text.blocks()
    for block in blocks:
        content = block.lstrip(_BLANKS)
        skipped = len(block) - len(content)
        position += skipped
        line += block.count(b"\n", 0, skipped)
        if not content:
            continue
        if content.startswith(b"["):
            scanner = ArrayScanner(position + 1, line, limit)
            blocks = chain((content[1:],), blocks)
            if begin is not None and begin.position > position:
                scanner = ArrayScanner(begin.position, begin.line, limit, goes_on=True)
                text.go_to(begin)
                blocks = text.blocks()
            yield from _elements(scanner, blocks, text, limit)
        else:
            yield from _document(position, line, chain((content,), blocks), text, limit)
        return
    if text.failure is not None:
        yield unreadable_rest(position, line, b"", 0, text.failure)


def _elements(
    scanner: ArrayScanner, blocks: Iterator[bytes], text: ObjectText, limit: int
) -> Iterator[Frame | Rejection]:
    for block in blocks:
        yield from scanner.feed(block)
        if scanner.closed:
            break
    else:
        yield from scanner.finish(text.failure)
    if scanner.closed:
        position, line, behind = scanner.behind()
        message = "it stands behind the end of the array"
        yield from _behind(position, line, chain((behind,), blocks), text, limit, message)


def _document(
    position: int, line: int, blocks: Iterator[bytes], text: ObjectText, limit: int
) -> Iterator[Frame | Rejection]:
    held = HeldBytes(limit)
    held.add_all(blocks)
    length = held.length
    raw = held.take()
    if text.failure is not None:
        yield unreadable_rest(position, line, raw, length, text.failure)
    elif raw is None:
        yield too_long(position, line, length, limit)
    else:
        end = _end_of_object(raw)
        yield Frame(position, line, raw[:end].rstrip(_BLANKS))
        position, line = position + end, line + raw.count(b"\n", 0, end)
        message = "it stands behind the end of the document; JSON Lines are called .jsonl"
        yield from _behind(position, line, iter((raw[end:],)), text, limit, message)


def _behind(
    position: int,
    line: int,
    blocks: Iterator[bytes],
    text: ObjectText,
    limit: int,
    message: str,
) -> Iterator[Rejection]:
    """Reject what stands behind the end, if it is more than blanks."""
    held = HeldBytes(limit)
    for block in blocks:
        content = block if held.length else block.lstrip(_BLANKS)
        skipped = len(block) - len(content)
        position += skipped
        line += block.count(b"\n", 0, skipped)
        held.add(content)
    length = held.length
    raw = held.take()
    reasons = [Reason("", reason) for reason in (length and message, text.failure) if reason]
    if reasons:
        yield Rejection(position, line, length, raw, tuple(reasons), is_last=True)


def _end_of_object(raw: bytes) -> int:
    """Return where the object ends with which a text begins; else, where the text ends."""
    if not raw.startswith(b"{"):
        return len(raw)
    depth = 0
    for token in _TOKEN.finditer(raw):
        if token[0] in (b"{", b"["):
            depth += 1
        elif token[0] in (b"}", b"]"):
            depth -= 1
            if depth == 0:
                return token.end()
    return len(raw)
