"""The text of an object as it streams by: uncompressed, its encoding checked."""

from collections.abc import Callable, Iterator
from itertools import chain

from shared.gzip_members import MAGIC, gunzip
from shared.records import Place, UnreadableObject

OpenAt = Callable[[int], Iterator[bytes]]
"""Yields the stored bytes of an object from an offset on, in chunks."""

_UTF_8_MARK = b"\xef\xbb\xbf"
_OTHER_MARKS = {
    b"\xff\xfe\0\0": "UTF-32",
    b"\0\0\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}


class ObjectText:
    """The text of one object.

    A UTF-8 byte-order mark is skipped. gzip is known by its first bytes, whatever the object is
    called: some writers compress without saying so in the name.

    Parameters
    ----------
    open_at : callable
        Yields the object's bytes from an offset on.
    key : str
        Its key; with ``.gz`` at the end it has to be gzip.

    Attributes
    ----------
    begin : Place
        Of the first byte of the blocks: behind the byte-order mark, or where `go_to` went.
    failure : str or None
        Why the rest is unreadable, known when the blocks have ended.
    is_gzip : bool
        Whether it is compressed.
    is_foreign : bool
        Whether nothing can be read at all (no gzip, no UTF-8); the blocks are then its bytes.
    """

    def __init__(self, open_at: OpenAt, key: str) -> None:
        self._open_at = open_at
        self.failure: str | None = None
        self.is_foreign = False
        head, blocks = _peek(open_at(0), len(MAGIC))
        self.is_gzip = head.startswith(MAGIC)
        if self.is_gzip:
            head, blocks = _peek(self._until_failure(gunzip(blocks)), 4)
        else:
            head, blocks = _peek(self._until_failure(blocks), 4)
            if head and key.endswith(".gz"):
                self.is_foreign = True
                self.failure = "the object is called .gz, but it is no gzip"
        encoding = _foreign_encoding(head)
        if encoding is not None:
            self.is_foreign = True
            self.failure = f"the text is in {encoding}; save it as UTF-8"
        self.begin = Place(0, 1)
        if head.startswith(_UTF_8_MARK):
            self.begin = Place(len(_UTF_8_MARK), 1)
            blocks = _skip(blocks, len(_UTF_8_MARK))
        self._blocks = blocks

    def blocks(self) -> Iterator[bytes]:
        """Return the text in pieces, none empty; it can be asked for once."""
        return self._blocks

    def go_to(self, place: Place) -> None:
        """Let `blocks` return the text from a place on; gzip is decompressed up to there again."""
        if place.position <= self.begin.position:
            return
        if self.is_gzip:
            text = self._until_failure(gunzip(self._open_at(0)))
            self._blocks = _skip(text, place.position)
        else:
            text = self._until_failure(self._open_at(place.position))
            self._blocks = (block for block in text if block)
        self.begin = place

    def _until_failure(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        try:
            yield from blocks
        except UnreadableObject as error:
            self.failure = self.failure or error.reason


def _peek(blocks: Iterator[bytes], wanted: int) -> tuple[bytes, Iterator[bytes]]:
    """Return at least the wanted number of bytes, if there are, and all blocks again."""
    head = b""
    for block in blocks:
        head += block
        if len(head) >= wanted:
            break
    return head, (block for block in chain((head,), blocks) if block)


def _skip(blocks: Iterator[bytes], count: int) -> Iterator[bytes]:
    """Yield what follows so many bytes."""
    for block in blocks:
        if count < len(block):
            yield block[count:] if count else block
            break
        count -= len(block)
    yield from blocks


def _foreign_encoding(head: bytes) -> str | None:
    for mark, name in _OTHER_MARKS.items():
        if head.startswith(mark):
            return name
    if len(head) < 4:
        return None
    # Without a mark: text that begins with ASCII shows by where its zero bytes are (RFC 4627, 3).
    zeros = tuple(byte == 0 for byte in head[:4])
    if zeros in {(False, True, False, True), (True, False, True, False)}:
        return "UTF-16"
    if zeros in {(False, True, True, True), (True, True, True, False)}:
        return "UTF-32"
    return None
