"""Parallel and Map states: several lines at once.

Sources: Step Functions Developer Guide, "Parallel workflow state", "Using Map state in
Inline mode".
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from embedded_aws.workflows import data_flow, payload_templates
from embedded_aws.workflows.errors import RUNTIME, StateError, StoppedError
from embedded_aws.workflows.line import Line

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[[Line], None]

MOST_ITERATIONS = 40  # at once, of an inline Map state


def run_parallel(line: Line, state: dict[str, Any], context: Any, run: Run) -> list[Any]:
    """Run every branch with the same input and return their outputs in order.

    Raises
    ------
    StateError
        The first failure of a branch; the others are stopped.
    """
    if line.inside is None:
        value = data_flow.effective_input(state, line.value, context)
        line.note("ParallelStateStarted")
        line.inside = [
            Line(line.execution, branch, value, line, line.item) for branch in state["Branches"]
        ]
    try:
        _run_all(line, line.inside, len(line.inside), run)
    except StateError:
        line.note("ParallelStateFailed")
        raise
    line.note("ParallelStateSucceeded")
    return [each.value for each in line.inside]


def run_map(line: Line, state: dict[str, Any], context: Any, run: Run) -> list[Any]:
    """Run the item processor for every item and return the outputs in order.

    Raises
    ------
    StateError
        The first failure of an iteration; the others are stopped.
    """
    name = line.state
    value = data_flow.read(state, line.value, context)
    limit = _limit(state, value, context)
    if line.inside is None:
        line.inside = _iterations(line, state, value, context)
        line.note("MapStateStarted", length=len(line.inside))
        for each in line.inside:
            each.last_event = line.last_event

    def iterate(iteration: Line) -> None:
        place = {"name": name, "index": (iteration.item or {})["Index"]}
        if not iteration.begun:
            iteration.begun = True
            iteration.note("MapIterationStarted", **place)
        try:
            run(iteration)
        except StateError:
            iteration.note("MapIterationFailed", **place)
            raise
        except StoppedError:
            if not line.execution.is_over:
                iteration.note("MapIterationAborted", **place)
            raise
        iteration.note("MapIterationSucceeded", **place)

    try:
        _run_all(line, line.inside, limit, iterate)
    except StateError:
        line.note("MapStateFailed")
        raise
    line.note("MapStateSucceeded")
    return [each.value for each in line.inside]


def _limit(state: dict[str, Any], value: Any, context: Any) -> int:
    """Return how many iterations run at once; 0 means as many as there can be."""
    limit = state.get("MaxConcurrency", 0)
    if "MaxConcurrencyPath" in state:
        limit = data_flow.at_path(state["MaxConcurrencyPath"], value, context)
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
            raise StateError(RUNTIME, f"MaxConcurrencyPath is no whole number: {limit!r}")
    return min(limit or MOST_ITERATIONS, MOST_ITERATIONS)


def _iterations(line: Line, state: dict[str, Any], value: Any, context: Any) -> list[Line]:
    path = state.get("ItemsPath", "$")
    items = data_flow.at_path(path, value, context)
    if not isinstance(items, list):
        raise StateError(RUNTIME, f'Reference path "{path}" must point to array.')
    processor = state.get("ItemProcessor") or state["Iterator"]
    selector = state.get("ItemSelector", state.get("Parameters"))
    found = []
    for index, item in enumerate(items):
        place = {"Index": index, "Value": item}
        given = item
        if selector is not None:
            given = payload_templates.render(selector, value, {**context, "Map": {"Item": place}})
        found.append(Line(line.execution, processor, given, line, place))
    return found


def _run_all(line: Line, lines: list[Line], limit: int, run: Run) -> None:
    """Run lines, so many at once; the first failure stops the others and is raised."""
    left = [each for each in lines if not each.done]
    group = _Group(line, left, run)
    threads = [
        threading.Thread(target=group.work, name="branch", daemon=True)
        for _ in range(min(limit, len(left)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    line.skipped = max([line.skipped, *(each.skipped for each in left)])
    if group.failure is not None:
        raise group.failure
    if line.is_stopped():
        raise StoppedError


class _Group:
    """Lines that run at once and end together."""

    def __init__(self, line: Line, lines: list[Line], run: Run) -> None:
        self._line, self._lines, self._run = line, lines, run
        self._waiting = iter(lines)
        self._changed = line.execution.changed
        self.failure: Exception | None = None

    def work(self) -> None:
        """Run one line after the other as long as none failed."""
        while (each := self._next()) is not None:
            try:
                self._run(each)
            except StoppedError:
                return
            except Exception as failed:  # noqa: BLE001 - it is raised by the line that waits
                self._fail(failed)

    def _next(self) -> Line | None:
        with self._changed:
            over = self.failure is not None or self._line.is_stopped()
            return None if over else next(self._waiting, None)

    def _fail(self, failed: Exception) -> None:
        with self._changed:
            if self.failure is None:
                self.failure = failed
                for other in self._lines:
                    other.given_up = True
                self._changed.notify_all()
