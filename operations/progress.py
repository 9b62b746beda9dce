"""Progress of long work: one line, rewritten on a terminal; a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType

_QUIET_SECONDS = 5.0  # how often a log that is no terminal gets a line


class Progress:
    """Shows how far a piece of work is.

    Parameters
    ----------
    title
        What is being done.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._text = ""
        self._started = time.monotonic()
        self._shown = 0.0
        self._terminal = sys.stdout.isatty()

    def __enter__(self) -> Progress:
        self._print(f"{self._title} ...", end="" if self._terminal else "\n")
        return self

    def show(self, text: str) -> None:
        """Say how far it is, in a few words."""
        self._text = text
        now = time.monotonic()
        if self._terminal:
            self._print(f"\r\x1b[K{self._title} ... {text}", end="")
        elif now - self._shown >= _QUIET_SECONDS:
            self._shown = now
            self._print(f"  {text}")

    @property
    def seconds(self) -> float:
        """Seconds since the work began."""
        return time.monotonic() - self._started

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        start = "\r\x1b[K" if self._terminal else ""
        outcome = "done" if kind is None else "stopped"
        details = f": {self._text}" if self._text else ""
        self._print(f"{start}{self._title}{details}, {outcome} in {self.seconds:.1f} s")

    def _print(self, text: str, end: str = "\n") -> None:
        print(text, end=end, flush=True)
