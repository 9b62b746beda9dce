"""After which time a message is worth another try.

A queue counts receives, so each pause has to be worth one. The longest ones bound the receives of
an outage: four shorter pauses, then one per 675 seconds at least: 36 in six hours, 132 in a day.
The queue allows 150 (`pipeline.messaging.work_queue`).
"""

import random

from processor.deadline import OutOfTimeError
from shared.aws_object_ledger import ClaimedElsewhereError
from shared.circuit_breaker import CircuitOpenError

_FIRST = 5.0
_FACTOR = 4.0
_LONGEST = 900.0
_AT_ONCE = 10
"""Receives up to which work that lacked time goes on at once: a batch has ten messages, and each
may use up an invocation. More of them mean that nothing goes on."""


def pause(error: Exception, receives: int) -> float:
    """Return the seconds after which a message that failed should come back.

    Parameters
    ----------
    error : Exception
        Why it failed. An open circuit is waited for until about its next probe; a claim that
        expires sooner is not waited for longer than that; work that only lacked time goes on at
        once, at first.
    receives : int
        How often the message was received, this time included.
    """
    if isinstance(error, OutOfTimeError):
        return 0.0 if receives <= _AT_ONCE else backoff(receives - _AT_ONCE)
    seconds = backoff(receives)
    if isinstance(error, CircuitOpenError):
        until_probe = error.seconds * random.uniform(1, 1.25)  # noqa: S311
        return min(_LONGEST, max(seconds, until_probe))
    if isinstance(error, ClaimedElsewhereError):
        return min(seconds, error.seconds + random.uniform(1, 3))  # noqa: S311
    return seconds


def backoff(receives: int) -> float:
    """Return a pause that grows with each receive: about 5, 20, 80, 320 and then 900 seconds.

    The jitter takes up to a quarter off: enough to spread messages, and the pauses stay long.
    """
    longest = min(_LONGEST, _FIRST * _FACTOR ** min(receives - 1, 10))
    return random.uniform(0.75, 1) * longest  # noqa: S311
