"""Decompression of gzip (RFC 1952) as it streams by, members after members, in bounded memory."""

import zlib
from collections.abc import Generator, Iterable, Iterator

from shared.records import UnreadableObject

MAGIC = b"\x1f\x8b"
"""The first bytes of gzip; no text in JSON or CSV begins with them."""

_GZIP = 16 + zlib.MAX_WBITS
_LARGEST_PIECE = 1024 * 1024  # a kilobyte of gzip can hold a megabyte of text


def gunzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Decompress the chunks of a gzip file, piece by piece.

    Raises
    ------
    UnreadableObject
        The file is cut off, damaged, or followed by something else than zero bytes (padding).
        Everything that could be decompressed was yielded before.
    """
    member = zlib.decompressobj(_GZIP)
    begun = ended = False  # inside a member; behind at least one
    for chunk in chunks:
        waiting = chunk
        while waiting:
            if not begun:
                waiting = waiting.lstrip(b"\0") if ended else waiting
                if not waiting:
                    break
            begun = True
            member = yield from _decompress(member, waiting)
            waiting = member.unconsumed_tail
            if member.eof:
                waiting = member.unused_data
                member = zlib.decompressobj(_GZIP)
                begun, ended = False, True
    while begun and not member.eof:
        piece = member.decompress(b"", _LARGEST_PIECE)
        if not piece:
            raise UnreadableObject("the gzip data is cut off: its end is missing")
        yield piece


def _decompress(
    member: "zlib._Decompress", data: bytes
) -> Generator[bytes, None, "zlib._Decompress"]:
    """Yield one piece; of damaged data all that precedes the damage, whatever the chunk's size."""
    before = member.copy()
    try:
        piece = member.decompress(data, _LARGEST_PIECE)
    except zlib.error as error:
        if len(data) == 1:
            raise UnreadableObject(f"the gzip data is damaged ({error})") from None
        middle = len(data) // 2
        for waiting in (data[:middle], data[middle:]):
            before = yield from _decompress(before, waiting)
            while before.unconsumed_tail:
                before = yield from _decompress(before, before.unconsumed_tail)
        return before
    if piece:
        yield piece
    return member
