"""One run at a time of a command that keeps its files in a fixed place."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from operations.errors import OperationError


@contextmanager
def exclusive(folder: Path, what: str) -> Iterator[None]:
    """Hold a folder for as long as the block lasts; the lock ends with the process at the latest.

    Parameters
    ----------
    folder
        What two runs must not share; made if it is missing.
    what
        The command, for the message.

    Raises
    ------
    OperationError
        When another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OperationError(
                f"another {what} is running in this folder; wait for it, or use another clone"
            ) from error
        yield
