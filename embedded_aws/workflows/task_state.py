"""A Task state: its call with a time-out, and the events of it.

Source: Step Functions Developer Guide, "Task workflow state".
"""

from __future__ import annotations

import threading
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from embedded_aws.functions import pool
from embedded_aws.state import RUN
from embedded_aws.workflows import data_flow, tasks
from embedded_aws.workflows.errors import RUNTIME, TIMEOUT, StateError
from embedded_aws.workflows.intrinsic_functions import text_of
from embedded_aws.workflows.resources import Resource, resource_of

if TYPE_CHECKING:
    from embedded_aws.workflows.line import Line

NO_TIMEOUT = 99_999_999
# Invocations wait for a place on this machine, and on AWS they do not: the time of a task must not
# be spent there. A function may wait for an express workflow, whose calls therefore need no place.
_functions = threading.BoundedSemaphore(pool.machine_concurrency())


def run_task(line: Line, state: dict[str, Any], context: Any) -> Any:
    """Make the call of a Task state and return its result.

    Raises
    ------
    StateError
        The call failed, or took too long.
    """
    resource = resource_of(state["Resource"])
    parameters = data_flow.effective_input(state, line.value, context)
    data_flow.check_size(parameters, line.state)
    seconds = state.get("TimeoutSeconds")
    if "TimeoutSecondsPath" in state:
        seconds = data_flow.at_path(state["TimeoutSecondsPath"], line.value, context)
        if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds < 1:
            raise StateError(RUNTIME, f"TimeoutSecondsPath is no whole number: {seconds!r}")
    events = _Events(line, resource)
    events.scheduled(parameters, seconds)
    try:
        result = _called(line, resource, parameters, float(seconds or NO_TIMEOUT))
    except TimeoutError:
        events.ended("TimedOut", error=TIMEOUT)
        raise StateError(TIMEOUT, None) from None
    except StateError as failed:
        events.ended("Failed", **failed.details())
        raise
    try:
        data_flow.check_size(result, line.state)
    except StateError as failed:
        events.ended("Failed", **failed.details())
        raise
    events.ended("Succeeded", output=text_of(result))
    return result


def _called(line: Line, resource: Resource, parameters: Any, seconds: float) -> Any:
    execution = line.execution
    is_standard = not execution.machine.express
    while True:
        try:
            return line.call(
                lambda: tasks.run(
                    resource,
                    parameters,
                    execution.role_arn,
                    execution.region,
                    execution.machine_arn,
                ),
                seconds,
                _functions if resource.service == "lambda" and is_standard else nullcontext(),
            )
        except StateError:
            # Step Functions and what it calls are lost together: there is nobody to see a failure.
            if not RUN.is_down(execution.region):
                raise
            line.await_region()


class _Events:
    """The events of one call: functions have their own kinds."""

    def __init__(self, line: Line, resource: Resource) -> None:
        self._line, self._resource = line, resource
        self._plain = resource.kind == "function"
        self._begin = "LambdaFunction" if self._plain else "Task"
        self._named = (
            {}
            if self._plain
            else {"resourceType": resource.resource_type, "resource": resource.action}
        )

    def scheduled(self, parameters: Any, seconds: int | None) -> None:
        limit = {} if seconds is None else {"timeoutInSeconds": seconds}
        if self._plain:
            given = {"resource": self._resource.arn, "input": text_of(parameters), **limit}
        else:
            region = self._line.execution.region
            given = {
                **self._named,
                "region": region,
                "parameters": text_of(parameters),
                **limit,
            }
        self._line.note(f"{self._begin}Scheduled", **given)
        self._line.note(f"{self._begin}Started", **self._named)

    def ended(self, how: str, **details: Any) -> None:
        self._line.note(f"{self._begin}{how}", **self._named, **details)
