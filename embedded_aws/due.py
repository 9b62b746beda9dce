"""Work that is done by a few threads when it is due, and again when it says so."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from typing import TYPE_CHECKING

from embedded_aws.state import RUN

if TYPE_CHECKING:
    from collections.abc import Callable

    Work = Callable[[], float | None]


class DueWork:
    """A queue of work by the time it is due.

    Parameters
    ----------
    kind
        What the report calls work that is waiting or under way.
    threads
        How many pieces of work run at once.
    """

    def __init__(self, kind: str, threads: int) -> None:
        self._kind = kind
        self._condition = threading.Condition()
        self._due: list[tuple[float, int, Work]] = []
        self._order = itertools.count()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._serve, name=f"{kind}-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def add(self, work: Work, after: float = 0.0) -> None:
        """Do `work` after some seconds; when it returns seconds, do it again after them."""
        if not RUN.closing.is_set():
            RUN.begin(self._kind)
            self._put(work, after)

    def close(self, *, wait: float = 0.0) -> None:
        """Begin no more work, and wait so many seconds for what is under way."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()
        end = time.monotonic() + wait
        for thread in self._threads:
            thread.join(timeout=max(0.0, end - time.monotonic()))

    def _put(self, work: Work, seconds: float) -> None:
        with self._condition:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), work))
            self._condition.notify()

    def _next(self) -> Work | None:
        with self._condition:
            while not self._closed:
                left = self._due[0][0] - time.monotonic() if self._due else None
                if left is not None and left <= 0:
                    return heapq.heappop(self._due)[2]
                self._condition.wait(left)
        return None

    def _serve(self) -> None:
        while (work := self._next()) is not None:
            again: float | None = None
            try:
                again = work()
            except Exception as error:  # noqa: BLE001 - one piece must not stop the others
                if not RUN.closing.is_set():
                    RUN.error(f"{self._kind}: {error!r}")
            if again is None:
                RUN.end(self._kind)
            else:
                self._put(work, again)
