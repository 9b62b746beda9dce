"""Whether a record's key occurred earlier in the same object: exact, in bounded memory."""

import os
import tempfile
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import sqlite3


class Repetitions:
    """The keys that one object has had so far.

    Digests of 128 bits stand for the keys. They are kept in memory up to a limit, then in a file
    of the given folder; none is ever forgotten. Use it as a context manager: the file goes away
    at the end.

    Parameters
    ----------
    folder : pathlib.Path
        Where the file may be made (``/tmp`` in Lambda).
    limit : int
        Keys that are kept in memory; 500,000 take about 50 MB.
    """

    def __init__(self, folder: Path, limit: int = 500_000) -> None:
        self._folder = folder
        self._limit = limit
        self._recent: set[bytes] = set()
        self._file: Path | None = None
        self._connection: sqlite3.Connection | None = None

    def seen(self, record_id: str, timestamp: str) -> bool:
        """Tell whether the key came before, and remember it."""
        digest = blake2b(
            b"%s\0%s" % (timestamp.encode(), record_id.encode()), digest_size=16
        ).digest()
        if digest in self._recent:
            return True
        if self._connection is not None and self._is_on_disk(self._connection, digest):
            return True
        self._recent.add(digest)
        if len(self._recent) >= self._limit:
            self._spill()
        return False

    def close(self) -> None:
        """Forget everything and remove the file."""
        self._recent.clear()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._file is not None:
            self._file.unlink(missing_ok=True)
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
        """Move what is in memory to the file; SQLite keeps its own cache small."""
        import sqlite3  # noqa: PLC0415 - few objects are that large

        if self._connection is None:
            handle, name = tempfile.mkstemp(prefix="repetitions-", suffix=".db", dir=self._folder)
            os.close(handle)
            self._file = Path(name)
            self._connection = sqlite3.connect(name, isolation_level=None)
            # The file lives as long as one invocation: nothing in it needs to survive a crash.
            self._connection.executescript(
                "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16000;"
                "CREATE TABLE seen (digest BLOB PRIMARY KEY) WITHOUT ROWID;"
            )
        self._connection.execute("BEGIN")
        # In key order: the tree grows page by page instead of everywhere at once.
        self._connection.executemany(
            "INSERT INTO seen VALUES (?)", ((digest,) for digest in sorted(self._recent))
        )
        self._connection.execute("COMMIT")
        self._recent.clear()

    @staticmethod
    def _is_on_disk(connection: "sqlite3.Connection", digest: bytes) -> bool:
        found = connection.execute("SELECT 1 FROM seen WHERE digest = ?", (digest,)).fetchone()
        return found is not None
