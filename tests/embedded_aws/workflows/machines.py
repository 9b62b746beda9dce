"""State machines that the tests make, with roles of their own, and their executions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from embedded_aws.state import RUN
from tests.embedded_aws.functions.making import eventually, make_role, unique

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws

INVOKE = ("lambda:InvokeFunction", "*")


def trusting(aws: EmbeddedAws, *allowed: tuple[Any, Any], service: str = "states") -> str:
    """Return the ARN of a role that a service may assume, and that may do (actions, resources)."""
    role = make_role(aws, *allowed)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    aws.client("iam").update_assume_role_policy(
        RoleName=role.rpartition("/")[2],
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    return role


def states(aws: EmbeddedAws, region: str = "us-east-1") -> Any:
    """Return a client that leaves the host as it is, also for synchronous executions."""
    return aws.client("stepfunctions", region, config=Config(inject_host_prefix=False))


def chain(**named: dict[str, Any]) -> dict[str, Any]:
    """Return a definition in which each state that does not say what follows leads to the next."""
    names = list(named)
    found = {}
    for at, (name, state) in enumerate(named.items()):
        plain = state.get("Type") not in ("Choice", "Fail", "Succeed")
        going: dict[str, Any] = (
            {} if "Next" in state or "End" in state or not plain else {"End": True}
        )
        if going and at + 1 < len(names):
            going = {"Next": names[at + 1]}
        found[name] = {**state, **going}
    return {"StartAt": names[0], "States": found}


def make_machine(
    aws: EmbeddedAws,
    definition: dict[str, Any],
    *allowed: tuple[Any, Any],
    region: str = "us-east-1",
    **more: Any,
) -> str:
    """Return the ARN of a new state machine whose role may do (actions, resources)."""
    settings = {
        "name": unique("machine"),
        "definition": json.dumps(definition),
        "roleArn": more.pop("role", None) or trusting(aws, *allowed),
        **more,
    }
    arn: str = states(aws, region).create_state_machine(**settings)["stateMachineArn"]
    return arn


def start(aws: EmbeddedAws, machine: str, value: Any = None, **more: Any) -> str:
    """Start an execution and return its ARN."""
    given = json.dumps({} if value is None else value)
    client = states(aws, machine.split(":")[3])
    arn: str = client.start_execution(stateMachineArn=machine, input=given, **more)["executionArn"]
    return arn


def ended(aws: EmbeddedAws, execution: str, seconds: float = 30.0) -> dict[str, Any]:
    """Wait for the end of an execution and describe it."""
    client = states(aws, execution.split(":")[3])

    def look() -> Any:
        found = client.describe_execution(executionArn=execution)
        return found if found["status"] != "RUNNING" else None

    found: dict[str, Any] = eventually(look, seconds)
    return found


def run(aws: EmbeddedAws, machine: str, value: Any = None) -> Any:
    """Run an execution that succeeds, and return its output."""
    found = ended(aws, start(aws, machine, value))
    assert found["status"] == "SUCCEEDED", (found.get("error"), found.get("cause"))
    return json.loads(found["output"])


def result(aws: EmbeddedAws, definition: dict[str, Any], value: Any = None) -> Any:
    """Return what a definition that calls nothing makes of an input."""
    return run(aws, make_machine(aws, definition), value)


def failure(aws: EmbeddedAws, machine: str, value: Any = None) -> tuple[str, str]:
    """Run an execution that fails, and return its error and cause."""
    found = ended(aws, start(aws, machine, value))
    assert found["status"] == "FAILED", found
    return found.get("error", ""), found.get("cause", "")


def history(aws: EmbeddedAws, execution: str) -> list[dict[str, Any]]:
    """Return all events of an execution."""
    client = states(aws, execution.split(":")[3])
    pages = client.get_paginator("get_execution_history").paginate(executionArn=execution)
    return [event for page in pages for event in page["events"]]


def kinds(aws: EmbeddedAws, execution: str) -> list[str]:
    """Return the types of an execution's events."""
    return [event["type"] for event in history(aws, execution)]


def at_rest() -> None:
    """Wait until no execution runs and nothing of them waits to be written."""
    eventually(lambda: not RUN.pending())
