"""Running states, one after the other, with Retry and Catch.

Source: Step Functions Developer Guide, "Discovering workflow states to use in Step Functions".
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from embedded_aws.workflows import choice_rules, data_flow
from embedded_aws.workflows.branches import run_map, run_parallel
from embedded_aws.workflows.errors import (
    INTRINSIC_FAILURE,
    NO_CHOICE_MATCHED,
    PARAMETER_PATH_FAILURE,
    RESULT_PATH_MATCH_FAILURE,
    RUNTIME,
    StateError,
    StoppedError,
)
from embedded_aws.workflows.line import Line
from embedded_aws.workflows.retrying import Retries, catcher_of
from embedded_aws.workflows.task_state import run_task

if TYPE_CHECKING:
    from collections.abc import Callable

_OF_THE_DATA = frozenset(
    {
        INTRINSIC_FAILURE,
        NO_CHOICE_MATCHED,
        PARAMETER_PATH_FAILURE,
        RESULT_PATH_MATCH_FAILURE,
        RUNTIME,
    }
)
_ABORTABLE = frozenset({"Map", "Parallel", "Task", "Wait"})


def now() -> str:
    """Return the time as the context object has it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def run(line: Line) -> None:
    """Run a line of states from where it is to its end.

    Raises
    ------
    StateError
        A state failed, and nothing caught it.
    StoppedError
        The line must not go on.
    """
    while not line.done:
        line.await_region()
        state = line.machine["States"][line.state]
        try:
            _step(line, state)
        except StoppedError:
            if not line.execution.is_over and state["Type"] in _ABORTABLE:
                line.note(f"{state['Type']}StateAborted")
            raise


def _step(line: Line, state: dict[str, Any]) -> None:
    """Run the current state, and let the line go on to the next."""
    kind, name = state["Type"], line.state
    if not line.resumed or kind == "Fail":
        line.entered_event = line.note(f"{kind}StateEntered", name=name, input=line.text)
        line.entered_time = now()
    line.retry_count = 0
    retries = Retries(state)
    while True:
        try:
            output, following = _KINDS[kind](line, state)
            data_flow.check_size(output, name)
            break
        except StateError as failed:
            error = _told(line, failed)
        seconds = retries.delay(error)
        if seconds is None:
            output, following = _caught(line, state, error)
            break
        line.pause(seconds)
        line.await_region()
        line.retry_count, line.inside = retries.count, None
    line.leave(output, following)


def _told(line: Line, failed: StateError) -> StateError:
    """Say where a mistake of the definition was found."""
    if failed.error not in _OF_THE_DATA or str(failed.cause).startswith("An error occurred while"):
        return failed
    where = (
        f"An error occurred while executing the state '{line.state}' (entered at the event id "
        f"#{line.entered_event})."
    )
    return StateError(failed.error, f"{where} {failed.cause}")


def _caught(line: Line, state: dict[str, Any], failed: StateError) -> tuple[Any, str]:
    catcher = catcher_of(state, failed)
    if catcher is None:
        raise failed
    told = {"Error": failed.error, "Cause": failed.cause or ""}
    output = data_flow.combined(catcher, line.value, told)
    data_flow.check_size(output, line.state)
    return output, catcher["Next"]


def _passed(line: Line, state: dict[str, Any]) -> tuple[Any, str | None]:
    context = line.execution.context(line)
    result = data_flow.effective_input(state, line.value, context)
    result = state.get("Result", result)
    found = data_flow.combined(state, line.value, result)
    return data_flow.shown(state, found, context), state.get("Next")


def _chosen(line: Line, state: dict[str, Any]) -> tuple[Any, str | None]:
    context = line.execution.context(line)
    value = data_flow.read(state, line.value, context)
    for rule in state["Choices"]:
        if choice_rules.holds(rule, value, context):
            return data_flow.shown(state, value, context), rule["Next"]
    if "Default" not in state:
        raise StateError(NO_CHOICE_MATCHED, "No choice rule matched, and there is no Default.")
    return data_flow.shown(state, value, context), state["Default"]


def _waited(line: Line, state: dict[str, Any]) -> tuple[Any, str | None]:
    context = line.execution.context(line)
    value = data_flow.read(state, line.value, context)
    if "TimestampPath" in state or "Timestamp" in state:
        given = state.get("Timestamp")
        if given is None:
            given = data_flow.at_path(state["TimestampPath"], value, context)
        until = choice_rules.moment(given)
        if until is None:
            raise StateError(RUNTIME, f"The TimestampPath parameter is no timestamp: {given!r}")
        line.pause(max(0.0, (until - datetime.now(UTC)).total_seconds()))
    else:
        seconds = state.get("Seconds")
        if seconds is None:
            seconds = data_flow.at_path(state["SecondsPath"], value, context)
        if not choice_rules.is_number(seconds) or not 0 <= seconds <= 99_999_999:
            raise StateError(
                RUNTIME, f"The SecondsPath parameter is no number from 0 to 99999999: {seconds!r}"
            )
        line.pause(float(seconds))
    return data_flow.shown(state, value, context), state.get("Next")


def _succeeded(line: Line, state: dict[str, Any]) -> tuple[Any, str | None]:
    context = line.execution.context(line)
    value = data_flow.read(state, line.value, context)
    return data_flow.shown(state, value, context), None


def _failed(line: Line, state: dict[str, Any]) -> tuple[Any, str | None]:
    context = line.execution.context(line)
    told = {}
    for name in ("Error", "Cause"):
        told[name] = state.get(name)
        if f"{name}Path" in state:
            told[name] = str(data_flow.at_path(state[f"{name}Path"], line.value, context))
    raise StateError(told["Error"], told["Cause"])


def _task(line: Line, state: dict[str, Any]) -> tuple[Any, str | None]:
    context = line.execution.context(line)
    result = run_task(line, state, context)
    return data_flow.output(state, line.value, result, context), state.get("Next")


def _parallel(line: Line, state: dict[str, Any]) -> tuple[Any, str | None]:
    context = line.execution.context(line)
    result = run_parallel(line, state, context, run)
    return data_flow.output(state, line.value, result, context), state.get("Next")


def _map(line: Line, state: dict[str, Any]) -> tuple[Any, str | None]:
    context = line.execution.context(line)
    result = run_map(line, state, context, run)
    return data_flow.output(state, line.value, result, context), state.get("Next")


_KINDS: dict[str, Callable[[Line, dict[str, Any]], tuple[Any, str | None]]] = {
    "Choice": _chosen,
    "Fail": _failed,
    "Map": _map,
    "Parallel": _parallel,
    "Pass": _passed,
    "Succeed": _succeeded,
    "Task": _task,
    "Wait": _waited,
}
