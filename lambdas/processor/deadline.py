"""The time that an invocation has left."""

import time
from typing import Protocol

_RESERVE_SECONDS = 30.0
_LEAST_SECONDS = 10.0
_LOOK_SECONDS = 0.25  # between two estimates
_NEWS = 0.3  # what the time since the last estimate counts
_SECONDS_PER_KEY = 3e-6  # to sort the keys of a leg and to upload them


class LambdaContext(Protocol):
    """What this function uses of the context that the runtime gives it."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the runtime ends the invocation."""
        ...


class OutOfTimeError(Exception):
    """The invocation ends too soon to go on; the work has to be taken up by another one."""


class NoProgressError(Exception):
    """The time was used up and nothing of it can be kept; unlike `OutOfTimeError`, worth a pause.

    Trying again at once would use up the receives of a message before what holds it up is over.
    """


class Deadline:
    """When an invocation has to be done with its work.

    Parameters
    ----------
    context : LambdaContext
        Of the invocation.

    Notes
    -----
    Thirty seconds, or a fifth of a shorter time, are kept for giving claims and messages back: the
    longest that a batch under way, the end of a claim and that of a message can take when each
    call hangs (`shared.aws_clients.Patience`).

    Attributes
    ----------
    seconds : float
        Of the invocation, from when it was asked for the first time.
    """

    def __init__(self, context: LambdaContext) -> None:
        self.seconds = context.get_remaining_time_in_millis() / 1000
        self._ends = time.monotonic() + self.seconds
        self._reserve = min(_RESERVE_SECONDS, self.seconds / 5)

    @property
    def seconds_alive(self) -> float:
        """Seconds until the runtime ends the invocation."""
        return max(0.0, self._ends - time.monotonic())

    @property
    def seconds_to_work(self) -> float:
        """Seconds until the reserve begins."""
        return max(0.0, self.seconds_alive - self._reserve)

    @property
    def is_whole(self) -> bool:
        """Whether nearly all of the time is left, so that nothing else was done before."""
        return self.seconds_alive > 0.9 * self.seconds

    def check(self, spare: float = 0.0) -> None:
        """Raise `OutOfTimeError` when no time to work is left, apart from some seconds."""
        if self.seconds_to_work <= spare:
            raise OutOfTimeError("the invocation's time is used up")


def seconds_to_keep(keys: int) -> float:
    """Return how long it may take to keep the keys of so many records."""
    return _SECONDS_PER_KEY * keys


class LegTime:
    """When a leg of a long object has to end, so that what is under way can still be written.

    Parameters
    ----------
    deadline : Deadline
        Of the invocation.
    waiting : int
        Records that may wait for the table at most.

    Notes
    -----
    The time that is kept grows with what there is to do at the end: the records that wait, at half
    the pace at which the table takes records, and the keys of all records of the leg. A tenth of
    the invocation is kept at least, and half of it at most: where a table is slower than that, the
    leg is lost, and the message comes back after a pause.
    """

    def __init__(self, deadline: Deadline, waiting: int) -> None:
        self._deadline = deadline
        self._waiting = waiting
        self._least = min(_LEAST_SECONDS, deadline.seconds / 10)
        self._most = deadline.seconds / 2
        self._began = self._looked = self._next_look = time.monotonic()
        self._records = 0
        self._lately = 0.0  # seconds per record

    def begin(self) -> None:
        """Say that the first record is there; what was read before tells nothing of the pace."""
        self._began = self._looked = time.monotonic()

    def is_over(self, records: int) -> bool:
        """Whether the leg has to end, after so many records."""
        now = time.monotonic()
        if now < self._next_look:
            return False
        if records > self._records:
            since = (now - self._looked) / (records - self._records)
            self._lately += _NEWS * (since - self._lately)
            self._records = records
        self._looked = now  # what passed without a record was not the table's
        pace = max(self._lately, (now - self._began) / max(records, 1))
        kept = self._least + 2 * pace * min(self._waiting, records) + seconds_to_keep(records)
        left = self._deadline.seconds_to_work - min(kept, self._most)
        self._next_look = now + min(_LOOK_SECONDS, left / 4)
        return left <= 0
