"""R-C4 R-C7: the workflow's definition comes into use with the functions, and goes with them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from operations.release.plan import TroubleError
from operations.release.record import TakenOverError
from operations.release.rolling_back import undo
from pipeline.naming import LIVE
from tests.operations.release.conftest import EAST, NAMES, ORDER, WEST, World

NAME = NAMES.state_machine()


def definition(number: int) -> str:
    return json.dumps(
        {"StartAt": "A", "States": {"A": {"Type": "Succeed", "Comment": f"{number}"}}}
    )


@pytest.fixture
def workflow(world: World) -> Iterator[World]:
    """A state machine in each region, at its first version; the second one is published."""
    iam = world.aws.client("iam", EAST)
    trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}}
    document = {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
    role = iam.create_role(RoleName="workflow", AssumeRolePolicyDocument=json.dumps(document))
    for region in ORDER:
        states = world.aws.client("stepfunctions", region)
        made = states.create_state_machine(
            name=NAME, definition=definition(1), roleArn=role["Role"]["Arn"], publish=True
        )
        first = {"stateMachineVersionArn": made["stateMachineVersionArn"], "weight": 100}
        states.create_state_machine_alias(name=LIVE, routingConfiguration=[first])
        states.update_state_machine(
            stateMachineArn=made["stateMachineArn"], definition=definition(2), publish=True
        )
    yield world
    for region in ORDER:
        states = world.aws.client("stepfunctions", region)
        alias = NAMES.live_state_machine_arn(region)
        states.delete_state_machine_alias(stateMachineAliasArn=alias)
        states.delete_state_machine(stateMachineArn=NAMES.state_machine_arn(region))
    iam.delete_role(RoleName="workflow")


def at(world: World, region: str) -> dict[str, int]:
    found = world.aws.client("stepfunctions", region).describe_state_machine_alias(
        stateMachineAliasArn=NAMES.live_state_machine_arn(region)
    )["routingConfiguration"]
    return {each["stateMachineVersionArn"].rpartition(":")[2]: each["weight"] for each in found}


def test_it_goes_step_by_step_and_back(workflow: World) -> None:
    seen: list[tuple[str, dict[str, int]]] = []

    def look(region: str, operation: str, _parameters: Any) -> None:
        if operation == "GetMetricData" and (region, at(workflow, region)) not in seen:
            seen.append((region, at(workflow, region)))

    assert workflow.make_release(before=look)

    assert seen == [
        (each, steps) for each in ORDER for steps in ({"1": 90, "2": 10}, {"1": 50, "2": 50})
    ]
    assert at(workflow, EAST) == at(workflow, WEST) == {"2": 100}
    assert not workflow.make_release(), "the second one has nothing to do"

    assert undo(workflow.sides(), "staging") == []

    assert at(workflow, EAST) == at(workflow, WEST) == {"1": 100}
    assert workflow.all_at(workflow.blue)


def test_trouble_of_a_function_takes_it_back(workflow: World) -> None:
    def alarm(region: str, operation: str, _parameters: Any) -> None:
        if operation == "GetMetricData" and region == EAST:
            workflow.set_alarm(EAST, NAMES.resource("alarm", "process-records-failed"))

    with pytest.raises(TroubleError):
        workflow.make_release(before=alarm)

    assert at(workflow, EAST) == at(workflow, WEST) == {"1": 100}


@pytest.mark.parametrize("percents", [(), (10, 50)])
def test_a_rollback_wins_although_the_alias_has_no_revision(
    workflow: World, percents: tuple[int, ...]
) -> None:
    """R-C7: it ends between the release's look at the alias and its move."""
    undone: list[list[str]] = []

    def roll_back(_region: str, operation: str, _parameters: Any) -> None:
        if operation == "UpdateStateMachineAlias" and not undone:
            undone.append([])
            undone[0] = undo(workflow.sides(), "staging")

    with pytest.raises(TakenOverError, match="rolled back"):
        workflow.make_release(before=roll_back, percents=percents)

    assert undone == [[]]
    assert at(workflow, EAST) == at(workflow, WEST) == {"1": 100}
    assert workflow.all_at(workflow.blue)
    assert {each.status for each in workflow.records().values()} == {"rolled back"}


def test_somebody_elses_version_is_left_alone(workflow: World) -> None:
    """What no release has put there is told, and everything else is rolled back."""
    states = workflow.aws.client("stepfunctions", WEST)
    arn = NAMES.state_machine_arn(WEST)
    assert workflow.make_release()
    other = states.update_state_machine(
        stateMachineArn=arn, definition=definition(3), publish=True
    )["stateMachineVersionArn"]
    states.update_state_machine_alias(
        stateMachineAliasArn=NAMES.live_state_machine_arn(WEST),
        routingConfiguration=[{"stateMachineVersionArn": other, "weight": 100}],
    )

    (problem,) = undo(workflow.sides(), "staging")

    assert f"the alias live of {NAME} is at version 3" in problem
    assert at(workflow, WEST) == {"3": 100}
    assert workflow.all_at(workflow.blue)
