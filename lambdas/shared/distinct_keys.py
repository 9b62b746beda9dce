"""How many different keys an object's records have: exact, in bounded memory.

Digests of 128 bits stand for the keys. They are collected in 256 buckets by their first byte;
equal keys meet in the same bucket, so that one bucket after the other can be counted. Nothing is
looked up while records are read, and nothing is sorted.

A key takes 16 bytes: in memory up to a few megabytes, then in a file. The 512 MB that a Lambda
function has in ``/tmp`` unless it is given more ("Configure ephemeral storage for Lambda
functions", AWS Lambda Developer Guide: up to 10,240 MB) hold 33 million keys; more than that end
in `NoRoomForKeysError`.

An object may be read in several legs (one after the other, or parts side by side). Each leg exports
its keys; `count_distinct` counts over all of them. Digests are spread evenly over the buckets, so
that the counts of the first ones tell about those of the others, where there is no time for all.
"""

import errno
import os
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import accumulate
from pathlib import Path
from struct import Struct, iter_unpack
from types import TracebackType
from typing import IO, NamedTuple, Self

_DIGEST = 16
_UNHASHED = blake2b(digest_size=_DIGEST)
_BUCKETS = 256
_MAGIC = b"keys/1\r\n"
_LENGTHS = Struct(f">{_BUCKETS}Q")
_HEADER = len(_MAGIC) + _LENGTHS.size
_PIECE = 256 * 1024
_LARGEST_SET = 8_000
"""Digests of one bucket that are counted in one set, of about 1 MB."""


MOST_IN_BUCKET = 4_000_000
"""Digests of one bucket that are counted, in 64 MB; those of about a billion keys."""


class TooManyKeysError(Exception):
    """An object has more keys than can be counted in bounded memory."""


class NoRoomForKeysError(Exception):
    """The disk is full: an object has more keys than the function's storage can hold."""


class DistinctKeys:
    """The keys of the records of one leg.

    Use it as a context manager: what is on disk goes away at the end (or with the process).

    Parameters
    ----------
    folder : pathlib.Path
        Where a file may be made, if there are many keys (``/tmp`` in Lambda).
    limit : int
        Keys that are kept in memory, before they go to the file.
    """

    def __init__(self, folder: Path, limit: int = 65_536) -> None:
        self._folder = folder
        self._limit = self._room = limit
        self._recent = [bytearray() for _ in range(_BUCKETS)]
        self._file: IO[bytes] | None = None
        self._length = 0  # of the file
        # One after the other stand in it: for every time that memory was full, all 256 buckets.
        self._begins: list[array[int]] = []

    def add(self, record_id: str, timestamp: str) -> None:
        """Remember the key of a record.

        Raises
        ------
        NoRoomForKeysError
            The disk is full.
        """
        key = f"{timestamp}\0{record_id}".encode()  # no timestamp has a NUL
        hashed = _UNHASHED.copy()  # quicker than to make a new one
        hashed.update(key)
        digest = hashed.digest()
        bucket = self._recent[digest[0]]
        bucket += digest
        self._room -= 1
        if not self._room:
            self._spill()

    def count(self) -> int:
        """Return how many different keys were added so far."""
        return sum(_distinct(self._bucket(number)) for number in range(_BUCKETS))

    def export(self) -> Iterator[bytes]:
        """Yield the keys as one stream: 8 bytes that tell what it is, 256 lengths, 256 buckets."""
        lengths = [len(bucket) for bucket in self._recent]
        for begins in self._begins:
            for number in range(_BUCKETS):
                lengths[number] += begins[number + 1] - begins[number]
        yield _MAGIC + _LENGTHS.pack(*lengths)
        for number in range(_BUCKETS):
            yield from self._bucket(number)

    def close(self) -> None:
        """Forget everything and remove the file."""
        self._recent = [bytearray() for _ in range(_BUCKETS)]
        self._begins.clear()
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _spill(self) -> None:
        """Move what is in memory to the file."""
        lengths = (len(bucket) for bucket in self._recent)
        begins = array("Q", accumulate(lengths, initial=self._length))
        try:
            if self._file is None:
                # It has no name: whatever becomes of the process, it leaves nothing behind.
                self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115
            waiting = memoryview(b"".join(self._recent))
            while waiting:
                waiting = waiting[self._file.write(waiting) :]
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
                raise
            raise NoRoomForKeysError(
                f"{self._folder} has no room for the keys of the object's records: "
                f"{begins[-1] // _DIGEST} keys take {begins[-1]} bytes; "
                "give the function more ephemeral storage"
            ) from error
        self._length = begins[-1]
        self._begins.append(begins)
        for bucket in self._recent:
            bucket.clear()
        self._room = self._limit

    def _bucket(self, number: int) -> Iterator[bytes]:
        """Yield the digests that begin with a byte, piece by piece, each of whole digests."""
        if self._file is not None:
            for begins in self._begins:
                for at in range(begins[number], begins[number + 1], _PIECE):
                    length = min(_PIECE, begins[number + 1] - at)
                    yield os.pread(self._file.fileno(), length, at)
        yield bytes(self._recent[number])


def count_distinct(streams: Sequence[Iterator[bytes]]) -> int:
    """Count the different keys of several legs; see `count_buckets`."""
    return sum(bucket.distinct for bucket in count_buckets(streams))


class CountedBucket(NamedTuple):
    """How many keys a bucket has, and how many different ones."""

    keys: int
    distinct: int


def count_buckets(streams: Sequence[Iterator[bytes]]) -> Iterator[CountedBucket]:
    """Count the different keys of several legs, bucket by bucket.

    Parameters
    ----------
    streams : sequence of iterators of bytes
        What the legs exported, in chunks of any size. They are read side by side, bucket by
        bucket: one chunk of each is in memory.

    Raises
    ------
    TooManyKeysError
        There are more than can be counted.
    ValueError
        A stream is cut off, or nothing that was exported.
    """
    exports = [_Export(stream) for stream in streams]
    keys = [sum(export.keys(number) for export in exports) for number in range(_BUCKETS)]
    if max(keys) > MOST_IN_BUCKET:
        raise TooManyKeysError(f"there are {sum(keys)} keys, too many to be counted")
    for number in range(_BUCKETS):
        pieces = (piece for export in exports for piece in export.bucket(number))
        yield CountedBucket(keys[number], _distinct(pieces))


class _Export:
    """An exported stream, from its beginning to its end."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._waiting = memoryview(b"")
        header = b"".join(self._take(_HEADER))
        if not header.startswith(_MAGIC):
            raise ValueError("these are no exported keys")
        # There may be thousands of streams: an array takes a fifth of a tuple of numbers.
        self._lengths = array("Q", _LENGTHS.unpack_from(header, len(_MAGIC)))

    def keys(self, number: int) -> int:
        """Return how many keys a bucket has."""
        length: int = self._lengths[number]
        return length // _DIGEST

    def bucket(self, number: int) -> Iterator[bytes]:
        """Yield the next bucket in pieces of whole digests."""
        begun = b""
        for piece in self._take(self._lengths[number]):
            joined = begun + piece
            whole = len(joined) - len(joined) % _DIGEST
            yield joined[:whole]
            begun = joined[whole:]

    def _take(self, length: int) -> Iterator[bytes]:
        while length:
            if not self._waiting:
                chunk = next(self._chunks, None)
                if chunk is None:
                    raise ValueError("exported keys are cut off")
                self._waiting = memoryview(chunk)
            piece = bytes(self._waiting[: min(length, _PIECE)])
            self._waiting = self._waiting[len(piece) :]
            length -= len(piece)
            yield piece


def _distinct(pieces: Iterable[bytes]) -> int:
    """Count the different digests of one bucket.

    Those of a large bucket are split by their second byte, and kept in 16 bytes each.
    """
    seen: set[bytes] = set()
    rest = iter(pieces)
    for piece in rest:
        seen.update(_digests(piece))
        if len(seen) > _LARGEST_SET:
            return _distinct_of_many(seen, rest)
    return len(seen)


def _distinct_of_many(seen: set[bytes], pieces: Iterator[bytes]) -> int:
    parts = [bytearray() for _ in range(_BUCKETS)]
    _spread(seen, parts)
    seen.clear()
    held, most = 0, 4 * _PIECE
    for piece in pieces:
        _spread(_digests(piece), parts)
        held += len(piece)
        if held > most:
            # A key that comes again and again must not fill the memory. The time stays linear: that
            # is looked for when there are twice as many as were different the last time.
            for number, part in enumerate(parts):
                parts[number] = bytearray().join(set(_digests(part)))
            held = sum(len(part) for part in parts)
            most = max(2 * held, 4 * _PIECE)
    return sum(len(set(_digests(part))) for part in parts)


def _spread(digests: Iterable[bytes], parts: list[bytearray]) -> None:
    for digest in digests:
        part = parts[digest[1]]
        part += digest


def _digests(data: bytes | bytearray) -> Iterator[bytes]:
    return (digest for (digest,) in iter_unpack(f"{_DIGEST}s", data))
