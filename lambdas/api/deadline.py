"""The time that a request has."""

import time

from api.problems import unavailable

ANSWER_SECONDS = 26.0
"""API Gateway waits for 29 s ("Amazon API Gateway quotas", integration timeout), and began to wait
before the function did."""

_RESERVE_SECONDS = 1.0


class Deadline:
    """When a request must have its answer.

    Parameters
    ----------
    remaining : float
        Seconds until Lambda ends the invocation.
    """

    def __init__(self, remaining: float) -> None:
        self._end = time.monotonic() + min(ANSWER_SECONDS, remaining - _RESERVE_SECONDS)

    @property
    def left(self) -> float:
        """Seconds until then."""
        return self._end - time.monotonic()

    def check(self, seconds: float) -> None:
        """Let a call be made that takes so many seconds at most.

        Raises
        ------
        Problem
            503: it might take longer than there is time.
        """
        if self.left < seconds:
            raise unavailable(2)
