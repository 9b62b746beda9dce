"""What the readers of the three formats have in common: a record's place and its bytes."""

from typing import NamedTuple

from shared.held import HeldBytes
from shared.object_text import ObjectText
from shared.records import Reason, Rejection

RECORD_LIMIT = 16 * 1024 * 1024
"""Bytes of one record that are kept at most; DynamoDB's limit is far below, at 400 KB."""


class Frame(NamedTuple):
    """The text of one record.

    Parameters
    ----------
    position : int
        Byte offset of its first byte.
    line : int
        Number of the line on which it begins, from 1.
    raw : bytes
        Its bytes, without the line end.
    """

    position: int
    line: int
    raw: bytes


def too_long(position: int, line: int, length: int, limit: int) -> Rejection:
    """Reject a record of which only the place is known."""
    reason = Reason("", f"the record takes {length} bytes; the longest that is read takes {limit}")
    return Rejection(position, line, length, None, (reason,))


def unreadable_rest(
    position: int, line: int, tail: bytes | None, length: int, failure: str
) -> Rejection:
    """Reject what is behind the last whole record of an object that cannot be read further."""
    return Rejection(position, line, length, tail, (Reason("", failure),), is_last=True)


def unreadable_object(text: ObjectText, limit: int) -> Rejection:
    """Reject an object of which nothing can be read."""
    held = HeldBytes(limit)
    held.add_all(text.blocks())
    length = text.begin.position + held.length
    return unreadable_rest(0, 1, held.take(), length, text.failure or "")
