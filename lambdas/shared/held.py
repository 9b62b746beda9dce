"""The bytes of one record while it streams by: kept up to a limit, counted in any case."""

from collections.abc import Iterable


class HeldBytes:
    """Bytes that are collected until they exceed a limit, and then only counted.

    Parameters
    ----------
    limit : int
        Bytes that are kept at most.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pieces: list[bytes] = []
        self.length = 0

    def add(self, piece: bytes) -> None:
        """Append bytes."""
        self.length += len(piece)
        if self.length <= self._limit:
            self._pieces.append(piece)
        else:
            self._pieces.clear()

    def take(self) -> bytes | None:
        """Return the bytes, None when they exceeded the limit, and begin anew."""
        whole = b"".join(self._pieces) if self.length <= self._limit else None
        self._pieces.clear()
        self.length = 0
        return whole

    def add_all(self, blocks: Iterable[bytes]) -> None:
        """Append all blocks."""
        for block in blocks:
            self.add(block)
