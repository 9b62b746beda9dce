"""The time that an invocation has left."""

import time
from typing import Protocol

_RESERVE_SECONDS = 5.0


class LambdaContext(Protocol):
    """What this function uses of the context that the runtime gives it."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the runtime ends the invocation."""
        ...


class OutOfTimeError(Exception):
    """The invocation ends too soon to go on; the work has to be taken up by another one."""


class Deadline:
    """When an invocation has to be done with its work.

    Parameters
    ----------
    context : LambdaContext
        Of the invocation.

    Notes
    -----
    Five seconds, or a fifth of a shorter time, are kept for giving claims and messages back.
    """

    def __init__(self, context: LambdaContext) -> None:
        seconds = context.get_remaining_time_in_millis() / 1000
        self._ends = time.monotonic() + seconds
        self._reserve = min(_RESERVE_SECONDS, seconds / 5)

    @property
    def seconds_alive(self) -> float:
        """Seconds until the runtime ends the invocation."""
        return max(0.0, self._ends - time.monotonic())

    @property
    def seconds_to_work(self) -> float:
        """Seconds until the reserve begins."""
        return max(0.0, self.seconds_alive - self._reserve)

    def check(self) -> None:
        """Raise `OutOfTimeError` when no time to work is left."""
        if self.seconds_to_work <= 0:
            raise OutOfTimeError("the invocation's time is used up")
