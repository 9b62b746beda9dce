"""The search for the end of a record: how far it got, and what kept it from getting further.

A record that never ends must not be looked for again and again, and what is only slow today must
not be given up. So an object is to blame where that does not depend on the pace of what it is read
from: by the bytes in which no record ends, or, for gzip, whose text has to be made again and again,
when making it took the time rather than waiting for S3.
"""

import time
from collections.abc import Iterator

from processor.deadline import Deadline
from shared.framing import RECORD_LIMIT
from shared.gzip_members import MAGIC

LONGEST_SEARCH = 2 * RECORD_LIMIT
"""Bytes in which a record has to end: whatever begins there is too long to be one."""

_LEAST_OWN_SHARE = 1 / 3
"""Of the time of reading gzip, for what is not waiting for S3: usually that is most of it."""

_GZIP_PIECE = 64 * 1024
"""Decompressed at once; up to 64 MB come of it, until the time is looked at again."""


class Search:
    """What one invocation reads until a record ends.

    Parameters
    ----------
    deadline : Deadline
        Of the invocation.

    Attributes
    ----------
    is_gzip : bool
        Whether the object is compressed, known when reading has begun.
    had_all_its_time : bool
        Whether the invocation had no other work before.
    """

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self.had_all_its_time = False
        self._began: float | None = None
        self._waited = 0.0  # seconds for S3
        self._bytes = 0
        self._has_record = False
        self.is_gzip = False

    def pieces(self, chunks: Iterator[bytes], *, is_begin: bool) -> Iterator[bytes]:
        """Yield an object's bytes in pieces between which the time is to be looked at.

        Parameters
        ----------
        chunks : iterator of bytes
            As S3 has them.
        is_begin : bool
            Whether they are those with which the object begins.
        """
        if self._began is None:
            self._began = time.monotonic()
            self.had_all_its_time = self._deadline.is_whole
        self._bytes = 0
        while True:
            asked = time.monotonic()
            chunk = next(chunks, None)
            self._waited += time.monotonic() - asked
            if chunk is None:
                return
            if is_begin:
                self.is_gzip, is_begin = chunk.startswith(MAGIC), False
            length = _GZIP_PIECE if self.is_gzip else max(len(chunk), 1)
            for at in range(0, len(chunk), length):
                yield chunk[at : at + length]
                self._bytes += min(length, len(chunk) - at)

    def found_first(self) -> None:
        """Say that the first record has ended; may be repeated. Now the next one is looked for."""
        if not self._has_record:
            self._has_record = True
            self._bytes = 0

    @property
    def blames_object(self) -> bool:
        """Whether it is the object that kept this invocation from getting on.

        An invocation that had other work before tells nothing, nor does a store that is slow.
        """
        if self._began is None or not self.had_all_its_time:
            return False
        if not self.is_gzip:
            return self._bytes > LONGEST_SEARCH
        seconds = time.monotonic() - self._began
        return seconds - self._waited > _LEAST_OWN_SHARE * seconds

    @property
    def verdict(self) -> str:
        """Return what is said of an object that is given up; the pace of this time is not in it."""
        if self.is_gzip:
            return (
                "no record ends in what an invocation can decompress in "
                f"{self._deadline.seconds:.0f} s; send it uncompressed, or as smaller objects"
            )
        return f"no record ends in {LONGEST_SEARCH} bytes"
