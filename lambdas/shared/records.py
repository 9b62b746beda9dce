"""What comes out of one object version: items to store and records to reject.

``shared.object_reader.read_items(dataset, version, open_at)`` yields them in the order of the
object. Every record that was read is exactly one of both, so that an object's accounts balance:
``read = stored + superseded + rejected`` (superseded: see ``shared.distinct_keys``).
"""

from typing import Any

import msgspec

WireItem = dict[str, Any]
"""A DynamoDB item in wire form: ``{"recordId": {"S": "..."}, ...}``."""


TO_THE_END = -1
"""Instead of a length: all that follows, however long the text of a gzip object is."""


class Place(msgspec.Struct, frozen=True):
    """Where a record begins: reading can go on there, as if it had never stopped.

    Parameters
    ----------
    position : int
        Byte offset in the object's text (uncompressed, a byte-order mark counted).
    line : int
        Number of the line, from 1.
    """

    position: int
    line: int


class Reason(msgspec.Struct, frozen=True):
    """One reason for a rejection.

    Parameters
    ----------
    pointer : str
        JSON Pointer (RFC 6901) to the member of the record; "" is the whole record.
    message : str
        One sentence for a person.
    """

    pointer: str
    message: str


class Rejection(msgspec.Struct, frozen=True):
    """A record that is not stored but quarantined.

    Parameters
    ----------
    position : int
        Byte offset of the record's first byte in the object's text (uncompressed, a byte-order
        mark counted). It names the record inside its object version, and is known to
        whoever reads any part of the object, which an ordinal number would not be.
    line : int
        Number of the line, from 1, on which the record begins.
    length : int
        Bytes of the record in the object's text; `TO_THE_END` where nobody has seen its end.
    raw : bytes or None
        The record as it was. None only when it is longer than the reader's limit: then the range
        ``position``, ``length`` of the immutable object version is the record.
    reasons : tuple of Reason
        At least one.
    is_last : bool
        Whether this is no record but the unreadable rest of the object, or what stands behind its
        end: nothing follows, and reading cannot begin here again.
    """

    position: int
    line: int
    length: int
    raw: bytes | None
    reasons: tuple[Reason, ...]
    is_last: bool = False


class StoredItem(msgspec.Struct, gc=False):
    """A record that is fit to be stored.

    Parameters
    ----------
    record_id, timestamp : str
        The item's key.
    encoded : bytes
        The item in DynamoDB's wire form, as the JSON that stands in a put request. It is written
        once and sent as it is, also when it is sent again.
    position, line : int
        Where the record begins (`Place`).
    """

    record_id: str
    timestamp: str
    encoded: bytes
    position: int = 0
    line: int = 1

    @property
    def item(self) -> WireItem:
        """The item in wire form."""
        wire: WireItem = msgspec.json.decode(self.encoded)
        return wire


class UnreadableObject(Exception):  # noqa: N818 - says what it is about
    """The rest of an object cannot be read, now or ever (wrong encoding, broken gzip).

    Raised after everything readable was yielded, and after one `Rejection` that stands for the
    unreadable rest: whoever catches it has nothing more to count.

    Parameters
    ----------
    reason : str
        One sentence for a person; goes into the object ledger.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
