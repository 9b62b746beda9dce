"""The history of an execution: its events, as GetExecutionHistory and the log show them.

Source: AWS Step Functions API Reference, "HistoryEvent".
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from embedded_aws.workflows.errors import RUNTIME, StateError, StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable

    Event = dict[str, Any]

MAX_EVENTS = 25_000  # "Service quotas": events of one standard execution
_DATA = frozenset({"input", "inputDetails", "output", "outputDetails", "parameters"})
_ENDS = frozenset(
    {"ExecutionAborted", "ExecutionFailed", "ExecutionSucceeded", "ExecutionTimedOut"}
)
_KNOWN_SIZE = {"truncated": False}


def details_key(kind: str) -> str:
    """Return under which name an event of a kind has its details."""
    if kind.endswith(("StateEntered", "StateExited")):
        return f"state{kind[-7:]}EventDetails"
    return f"{kind[0].lower()}{kind[1:]}EventDetails"


class History:
    """The events of one execution, in order.

    Parameters
    ----------
    written
        Called with each event, for the log.
    """

    def __init__(self, written: Callable[[Event], None]) -> None:
        self._lock = threading.Lock()
        self._events: list[Event] = []
        self._over = False
        self._written = written

    def add(self, kind: str, previous: int, details: dict[str, Any] | None = None) -> int:
        """Add an event and return its id.

        Raises
        ------
        StateError
            `States.Runtime`: the history is full, and the event is not its end.
        StoppedError
            The execution is over.
        """
        if details:
            for name in ("input", "output"):
                if name in details:
                    details[f"{name}Details"] = _KNOWN_SIZE
        event: Event = {"timestamp": datetime.now(UTC), "type": kind, "previousEventId": previous}
        if details is not None:
            event[details_key(kind)] = details
        with self._lock:
            if self._over and kind != "ExecutionRedriven":
                raise StoppedError
            self._over = kind in _ENDS
            if len(self._events) >= MAX_EVENTS - 1 and not kind.startswith("Execution"):
                raise StateError(
                    RUNTIME,
                    f"The execution reached the maximum number of history events ({MAX_EVENTS}).",
                )
            event["id"] = len(self._events) + 1
            self._events.append(event)
        self._written(event)
        return int(event["id"])

    def events(self) -> list[Event]:
        """Return the events until now."""
        with self._lock:
            return list(self._events)


def without_data(event: Event) -> Event:
    """Return an event without the data of the execution."""
    return {
        key: {name: each for name, each in value.items() if name not in _DATA}
        if isinstance(value, dict)
        else value
        for key, value in event.items()
    }
