"""Executions of Step Functions: starting, describing, stopping and redriving them.

Stands in for the same operations of `moto.stepfunctions.responses.StepFunctionResponse`, which
start executions and run nothing, and adds those that moto lacks.

Source: AWS Step Functions API Reference.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.responses import StepFunctionResponse

from embedded_aws import workflows
from embedded_aws.services import stepfunctions_machines as machines
from embedded_aws.services.stepfunctions_errors import (
    ExecutionNotRedrivable,
    StateMachineTypeNotSupported,
    page,
)
from embedded_aws.workflows.execution import REDRIVABLE
from embedded_aws.workflows.history import without_data

if TYPE_CHECKING:
    from embedded_aws.workflows.execution import Execution

REDRIVE_SECONDS = 14 * 24 * 3600


def _start_execution(self: Any) -> ActionResult:
    machine, snapshot = machines.resolve(self, self._get_param("stateMachineArn"))
    execution = workflows.start(
        machine, snapshot, self._get_param("name"), self._get_param("input", if_none="{}")
    )
    return ActionResult(
        {"executionArn": execution.execution_arn, "startDate": execution.start_date}
    )


def _start_sync_execution(self: Any) -> ActionResult:
    """Run an express workflow and answer when it is over."""
    machine, snapshot = machines.resolve(self, self._get_param("stateMachineArn"))
    if not snapshot.express:
        raise StateMachineTypeNotSupported(
            "This operation is not supported by this type of state machine"
        )
    began = time.monotonic()
    execution = workflows.start(
        machine, snapshot, self._get_param("name"), self._get_param("input", if_none="{}")
    )
    execution.wait()
    taken = max(1, int((time.monotonic() - began) * 1000))
    billing = {
        "billedMemoryUsedInMB": 64,
        "billedDurationInMilliseconds": -(-taken // 100) * 100,
    }
    found = _told(execution)
    for missing in ("stateMachineVersionArn", "stateMachineAliasArn", "redriveStatus"):
        found.pop(missing, None)
    return ActionResult({**found, "billingDetails": billing})


def _told(execution: Execution) -> dict[str, Any]:
    found = {
        "executionArn": execution.execution_arn,
        "stateMachineArn": execution.machine_arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": execution.start_date,
        "stopDate": execution.stop_date,
        "input": execution.input,
        "inputDetails": {"included": True},
        "output": execution.output,
        "outputDetails": {"included": True} if execution.output is not None else None,
        "error": execution.error,
        "cause": execution.cause,
        "stateMachineVersionArn": execution.machine.version_arn,
        "stateMachineAliasArn": execution.machine.alias_arn,
    }
    return {key: value for key, value in found.items() if value is not None}


def _describe_execution(self: Any) -> ActionResult:
    execution = machines.find_execution(self, self._get_param("executionArn"))
    found = _told(execution) | {"redriveCount": execution.redrive_count}
    if execution.redrive_date is not None:
        found["redriveDate"] = execution.redrive_date
    reason = _why_not_redrivable(execution)
    found["redriveStatus"] = "NOT_REDRIVABLE" if reason else "REDRIVABLE"
    if reason:
        found["redriveStatusReason"] = reason
    return ActionResult(found)


def _list_executions(self: Any) -> ActionResult:
    machine, snapshot = machines.resolve(self, self._get_param("stateMachineArn"))
    if snapshot.express:
        raise StateMachineTypeNotSupported(
            "This operation is not supported by this type of state machine"
        )
    status, redriven = self._get_param("statusFilter"), self._get_param("redriveFilter")
    found = []
    for number, execution in reversed(list(enumerate(list(machine.executions)))):
        of_version = snapshot.version_arn in (None, execution.machine.version_arn)
        of_alias = snapshot.alias_arn in (None, execution.machine.alias_arn)
        fits = status in (None, execution.status) and of_version and of_alias
        if redriven is not None:
            fits = fits and (redriven == "REDRIVEN") == (execution.redrive_count > 0)
        if fits:
            found.append((number, execution))
    shown, token = page(found, self._get_param("maxResults"), self._get_param("nextToken"))
    keys = (
        *("executionArn", "stateMachineArn", "name", "status", "startDate", "stopDate"),
        *("stateMachineVersionArn", "stateMachineAliasArn"),
    )
    listed = []
    for execution in shown:
        told = _told(execution)
        item = {key: told[key] for key in keys if key in told}
        item["redriveCount"] = execution.redrive_count
        if execution.redrive_date is not None:
            item["redriveDate"] = execution.redrive_date
        listed.append(item)
    return ActionResult({"executions": listed, "nextToken": token})


def _stop_execution(self: Any) -> ActionResult:
    execution = machines.find_execution(self, self._get_param("executionArn"))
    execution.stop(self._get_param("error"), self._get_param("cause"))
    return ActionResult({"stopDate": execution.stop_date})


def _get_execution_history(self: Any) -> ActionResult:
    execution = machines.find_execution(self, self._get_param("executionArn"))
    events = [(event["id"], event) for event in execution.history.events()]
    if self._get_param("reverseOrder"):
        events.reverse()
    shown, token = page(events, self._get_param("maxResults"), self._get_param("nextToken"))
    if self._get_param("includeExecutionData") is False:
        shown = [without_data(event) for event in shown]
    return ActionResult({"events": shown, "nextToken": token})


def _redrive_execution(self: Any) -> ActionResult:
    execution = machines.find_execution(self, self._get_param("executionArn"))
    token = self._get_param("clientToken")
    with execution.redriving:
        if token is None or token != execution.redrive_token:
            reason = _why_not_redrivable(execution)
            if reason:
                raise ExecutionNotRedrivable(reason)
            execution.redrive_token = token
            execution.redrive()
    return ActionResult({"redriveDate": execution.redrive_date})


def _why_not_redrivable(execution: Execution) -> str:
    if execution.status not in REDRIVABLE or execution.stop_date is None:
        return f"Execution is {execution.status} and cannot be redriven"
    if (datetime.now(UTC) - execution.stop_date).total_seconds() > REDRIVE_SECONDS:
        return "Execution was closed more than 14 days ago and cannot be redriven"
    return ""


def _describe_state_machine_for_execution(self: Any) -> ActionResult:
    execution = machines.find_execution(self, self._get_param("executionArn"))
    machine = execution.machine
    return ActionResult(
        {
            "stateMachineArn": machine.version_arn or machine.arn,
            "name": machine.arn.split(":")[6],
            "definition": machine.text,
            "roleArn": machine.role_arn,
            "updateDate": machine.updated,
            "loggingConfiguration": machine.logging,
            "tracingConfiguration": machine.tracing,
        }
    )


def _validate_state_machine_definition(self: Any) -> ActionResult:
    problem = machines.problem_of(self._get_param("definition"))
    found = {"result": "OK", "diagnostics": [], "truncated": False}
    if problem is not None:
        code, _, message = problem.partition(": ")
        told = {"severity": "ERROR", "code": code, "message": message}
        found |= {"result": "FAIL", "diagnostics": [told]}
    return ActionResult(found)


def _moto_starts(
    self: StateMachine, region_name: str, account_id: str, execution_name: str, execution_input: str
) -> Any:
    """Start an execution for one of moto's own services."""
    return workflows.start(self, machines.snapshot_of(self), execution_name, execution_input)


def install() -> None:
    """Let executions run."""
    workflows.install()
    machines.install()
    StateMachine.start_execution = _moto_starts
    for name, answer in {
        "describe_execution": _describe_execution,
        "describe_state_machine_for_execution": _describe_state_machine_for_execution,
        "get_execution_history": _get_execution_history,
        "list_executions": _list_executions,
        "list_state_machine_versions": machines.list_versions,
        "redrive_execution": _redrive_execution,
        "start_execution": _start_execution,
        "start_sync_execution": _start_sync_execution,
        "stop_execution": _stop_execution,
        "validate_state_machine_definition": _validate_state_machine_definition,
    }.items():
        setattr(StepFunctionResponse, name, answer)


def close() -> None:
    """Stop what runs."""
    workflows.close()
