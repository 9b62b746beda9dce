"""How a release goes on, and how it may end."""

from __future__ import annotations

from dataclasses import dataclass

from operations.errors import OperationError


@dataclass(frozen=True)
class Plan:
    """How a release goes on.

    Parameters
    ----------
    percents
        Shares of green, step by step, below 100.
    error_percent
        The share of green's invocations that may fail.
    step_seconds
        How long each step is watched.
    ignored
        Alarms that do not count.
    poll_seconds
        Time between two looks.
    lease_seconds
        After such a time without a sign of life, a command that works on a release has died.
    """

    percents: tuple[int, ...]
    error_percent: float
    step_seconds: float
    ignored: tuple[str, ...] = ()
    poll_seconds: float = 10.0
    lease_seconds: float = 120.0


class TroubleError(OperationError):
    """Green fails, or an alarm is on."""


class StoppedError(OperationError):
    """The release stays where it is: it can be resumed, or undone."""
