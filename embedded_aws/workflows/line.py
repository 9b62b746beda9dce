"""One line of states that runs: the whole workflow, a branch of Parallel, an iteration of Map."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedded_aws.state import RUN
from embedded_aws.workflows.errors import StoppedError
from embedded_aws.workflows.intrinsic_functions import text_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from embedded_aws.workflows.execution import Execution

REGION_CHECK_SECONDS = 0.2


@dataclass
class Line:
    """Where a line of states is, so that it can be continued there after a failure.

    Parameters
    ----------
    execution
        What it belongs to.
    machine
        The definition that it follows.
    value
        The input of its current state.
    parent
        The line whose Parallel or Map state it is a part of.
    item
        What `$$.Map.Item` is.
    """

    execution: Execution
    machine: dict[str, Any]
    value: Any
    parent: Line | None = None
    item: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        self.state: str = self.machine["StartAt"]
        self.text = text_of(self.value)
        self.last_event: int = self.parent.last_event if self.parent else 0
        self.begun = False
        self.entered_event = 0
        self.entered_time = ""
        self.retry_count = 0
        self.inside: list[Line] | None = None
        self.done = False
        self.given_up = False
        self.resumed = False
        # Seconds of AWS's waiting that were not waited here.
        self.skipped: float = self.parent.skipped if self.parent else 0.0

    def note(self, kind: str, **details: Any) -> int:
        """Add an event to the history behind the line's last one."""
        self.last_event = self.execution.history.add(kind, self.last_event, details or None)
        return self.last_event

    def leave(self, value: Any, following: str | None) -> None:
        """Leave the current state with its output; nothing follows at the end."""
        text = text_of(value)
        kind = self.machine["States"][self.state]["Type"]
        self.note(f"{kind}StateExited", name=self.state, output=text)
        self.value, self.text = value, text
        self.inside, self.resumed, self.entered_event = None, False, 0
        self.done = following is None
        self.state = following or self.state

    def is_stopped(self) -> bool:
        """Say whether it must not go on."""
        return (
            self.execution.is_over
            or self.given_up
            or (self.parent is not None and self.parent.is_stopped())
        )

    def resume(self) -> None:
        """Let it go on where it failed or was stopped."""
        self.given_up, self.resumed, self.skipped = False, self.entered_event > 0, 0.0
        for line in self.inside or []:
            if not line.done:
                line.resume()

    def pause(self, seconds: float) -> None:
        """Wait for what takes so many seconds on AWS.

        Raises
        ------
        StoppedError
            The execution ended meanwhile.
        """
        left = self._left()
        waited = min(seconds, left)
        scaled = waited * RUN.time_scale
        self._await(lambda: False, scaled)
        self.skipped += waited - scaled
        if seconds >= left:
            self._time_out()

    def await_region(self) -> None:
        """Wait until the region is there."""
        while RUN.is_down(self.execution.region):
            began = time.monotonic()
            self._await(lambda: False, REGION_CHECK_SECONDS)
            self.skipped -= time.monotonic() - began  # an outage takes none of the time
        if self._left() <= 0:
            self._time_out()

    def call(
        self, work: Callable[[], Any], seconds: float, place: AbstractContextManager[Any]
    ) -> Any:
        """Let work be done in a thread of its own and return its result, or raise its error.

        Parameters
        ----------
        work
            What is done.
        seconds
            How long it may take.
        place
            What it needs to begin; waiting for that does not count.

        Raises
        ------
        TimeoutError
            It took longer than so many seconds; it is left to itself.
        StoppedError
            The execution ended meanwhile.
        """
        answer = _Answer(self, work, place)
        if not self._await(lambda: answer.began, self._left()):
            self._time_out()
        left = self._left()
        if self._await(answer.is_there, min(seconds, left)):
            return answer.result()
        if left <= seconds:
            self._time_out()
        raise TimeoutError

    def _left(self) -> float:
        """Return how many seconds of AWS's time the execution has."""
        execution = self.execution
        return execution.timeout - (time.monotonic() - execution.began + self.skipped)

    def _time_out(self) -> None:
        self.execution.time_out(self.last_event)
        raise StoppedError

    def _await(self, is_there: Callable[[], bool], seconds: float) -> bool:
        with self.execution.changed:
            self.execution.changed.wait_for(
                lambda: is_there() or self.is_stopped(), min(seconds, threading.TIMEOUT_MAX)
            )
            if self.is_stopped():
                raise StoppedError
            return is_there()


class _Answer:
    """The result of work in a thread of its own."""

    def __init__(
        self, line: Line, work: Callable[[], Any], place: AbstractContextManager[Any]
    ) -> None:
        self._line, self._work, self._place = line, work, place
        self._changed = line.execution.changed
        self.began = self._ended = False
        self._result: Any = None
        self._error: BaseException | None = None
        threading.Thread(target=self._run, name="task", daemon=True).start()

    def _run(self) -> None:
        with self._place:
            with self._changed:
                if self._line.is_stopped():
                    return
                self.began = True
                self._changed.notify_all()
            try:
                self._result = self._work()
            except Exception as error:  # noqa: BLE001 - it is raised where the result is asked for
                self._error = error
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def is_there(self) -> bool:
        return self._ended

    def result(self) -> Any:
        if self._error is not None:
            raise self._error
        return self._result
