"""State machines of Step Functions: what may be created, and what an execution finds.

Stands in for `create_state_machine` and `update_state_machine` of
`moto.stepfunctions.models.StepFunctionBackend`, which take every definition.

Source: AWS Step Functions API Reference, "CreateStateMachine", "UpdateStateMachine".
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.stepfunctions.exceptions import (
    ExecutionDoesNotExist,
    InvalidArn,
    StateMachineDoesNotExist,
)
from moto.stepfunctions.models import StepFunctionBackend

from embedded_aws.services import stepfunctions_logging
from embedded_aws.services.seams import stand_in
from embedded_aws.services.stepfunctions_errors import (
    InvalidDefinition,
    StateMachineAlreadyExists,
    page,
)
from embedded_aws.workflows.definition import parse
from embedded_aws.workflows.errors import InvalidDefinitionError
from embedded_aws.workflows.execution import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedded_aws.workflows.execution import Execution


def problem_of(text: str) -> str | None:
    """Return what is wrong with a definition."""
    try:
        parse(text)
    except InvalidDefinitionError as wrong:
        return str(wrong)
    return None


def _check_definition(text: str) -> None:
    problem = problem_of(text)
    if problem is not None:
        raise InvalidDefinition(f"Invalid State Machine Definition: '{problem}'")


def _create(original: Callable[..., Any], self: Any, *arguments: Any, **named: Any) -> Any:
    name, text = named.get("name") or arguments[0], named.get("definition") or arguments[1]
    _check_definition(text)
    stepfunctions_logging.check(
        named.get("loggingConfiguration"), named.get("roleArn") or arguments[2]
    )
    existing = next((each for each in self.state_machines if each.name == name), None)
    kind = named.get("sm_type") or "STANDARD"
    if existing is not None and (existing.definition, existing.type) != (text, kind):
        message = f"State Machine Already Exists: '{existing.arn}'"
        raise StateMachineAlreadyExists(message)
    return original(self, *arguments, **named)


def _update(original: Callable[..., Any], self: Any, *arguments: Any, **named: Any) -> Any:
    if named.get("definition"):
        _check_definition(named["definition"])
    machine = self.describe_state_machine(named.get("arn") or arguments[0])
    stepfunctions_logging.check(
        named.get("logging_configuration") or machine.loggingConfiguration,
        named.get("role_arn") or machine.roleArn,
    )
    return original(self, *arguments, **named)


def snapshot_of(machine: Any, **more: str) -> Snapshot:
    """Return what an execution of a state machine, or of a version of it, takes from it now."""
    return Snapshot(
        getattr(machine, "source_arn", machine.arn),
        parse(machine.definition),
        machine.definition,
        machine.roleArn,
        machine.type == "EXPRESS",
        machine.loggingConfiguration,
        machine.tracingConfiguration,
        machine.update_date,
        **more,
    )


def resolve(response: Any, arn: str) -> tuple[Any, Snapshot]:
    """Return moto's state machine of an ARN, and what an execution of it takes from it.

    Parameters
    ----------
    response
        moto's response object of the call.
    arn
        Of a state machine, of a version or of an alias of it.

    Raises
    ------
    StateMachineDoesNotExist
        There is none.
    """
    backend = response.stepfunction_backend
    backend._validate_machine_arn(arn)
    base, qualifier = ":".join(arn.split(":")[:7]), ":".join(arn.split(":")[7:])
    machine = next((each for each in backend.state_machines if each.arn == base), None)
    if machine is not None and not qualifier:
        return machine, snapshot_of(machine)
    if machine is not None and qualifier.isdigit() and int(qualifier) in machine.versions:
        return machine, snapshot_of(machine.versions[int(qualifier)], version_arn=arn)
    if machine is not None and qualifier in machine.aliases:
        routes = machine.aliases[qualifier].routing_configuration
        drawn = random.choices(routes, [route["weight"] for route in routes])[0]  # noqa: S311
        version_arn = drawn["stateMachineVersionArn"]
        version = machine.versions[int(version_arn.rpartition(":")[2])]
        return machine, snapshot_of(version, version_arn=version_arn, alias_arn=arn)
    message = f"State Machine Does Not Exist: '{arn}'"
    raise StateMachineDoesNotExist(message)


def find_execution(response: Any, arn: str) -> Execution:
    """Return an execution of a standard workflow.

    Raises
    ------
    ExecutionDoesNotExist
        There is none.
    InvalidArn
        It is one of an express workflow, which nobody can ask for.
    """
    if ":express:" in arn:
        message = "Invalid Arn: 'Resource type not valid in this context: express'"
        raise InvalidArn(message)
    backend = response.stepfunction_backend
    backend._validate_execution_arn(arn)
    name = arn.split(":")[6]
    machine = next((each for each in backend.state_machines if each.name == name), None)
    by_name = getattr(machine, "executions_by_arn", {})
    if arn not in by_name:
        message = f"Execution Does Not Exist: '{arn}'"
        raise ExecutionDoesNotExist(message)
    found: Execution = by_name[arn]
    return found


def list_versions(response: Any) -> ActionResult:
    """Answer ListStateMachineVersions, which moto lacks: the newest first."""
    machine = response.stepfunction_backend.describe_state_machine(
        response._get_param("stateMachineArn")
    )
    found = [
        (number, {"stateMachineVersionArn": each.arn, "creationDate": each.creation_date})
        for number, each in sorted(machine.versions.items(), reverse=True)
    ]
    shown, token = page(found, response._get_param("maxResults"), response._get_param("nextToken"))
    return ActionResult({"stateMachineVersions": shown, "nextToken": token})


def install() -> None:
    """Refuse definitions that cannot run."""
    stand_in(StepFunctionBackend, "create_state_machine", _create)
    stand_in(StepFunctionBackend, "update_state_machine", _update)
