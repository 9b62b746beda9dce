"""R-E4: Parallel and Map states, and redrives that go on where an execution failed."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.functions.making import make_function
from tests.embedded_aws.workflows.machines import (
    INVOKE,
    chain,
    ended,
    failure,
    history,
    kinds,
    make_machine,
    result,
    run,
    start,
    states,
)
from tests.embedded_aws.workflows.test_tasks import FLAKY, invoke, make_table

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws

FAIL = chain(Bad={"Type": "Fail", "Error": "Broken", "Cause": "on purpose"})


def test_branches_run_at_once_and_give_their_outputs_in_order(aws: EmbeddedAws) -> None:
    rest = {"Type": "Wait", "Seconds": 60}
    definition = chain(
        Both={
            "Type": "Parallel",
            "Branches": [
                chain(A={**rest}, A2={"Type": "Pass", "Result": "slow"}),
                chain(B={"Type": "Pass", "InputPath": "$.n"}),
                chain(C={**rest}),
            ],
            "Parameters": {"n.$": "$.number"},
            "ResultPath": "$.found",
        }
    )
    execution = start(aws, make_machine(aws, definition), {"number": 7})

    found = ended(aws, execution)

    assert json.loads(found["output"]) == {"number": 7, "found": ["slow", 7, {"n": 7}]}
    assert (found["stopDate"] - found["startDate"]).total_seconds() >= 0.6
    assert kinds(aws, execution)[1:3] == ["ParallelStateEntered", "ParallelStateStarted"]
    assert kinds(aws, execution)[-3:-1] == ["ParallelStateSucceeded", "ParallelStateExited"]


def test_a_failing_branch_stops_the_others_and_is_caught(aws: EmbeddedAws) -> None:
    waiting = chain(Rest={"Type": "Wait", "Seconds": 86_400})
    catch = [{"ErrorEquals": ["Broken"], "ResultPath": "$.why", "Next": "Caught"}]
    definition = chain(
        Both={"Type": "Parallel", "Branches": [waiting, FAIL], "Catch": catch, "End": True},
        Caught={"Type": "Succeed"},
    )
    execution = start(aws, make_machine(aws, definition), {"a": 1})

    output = json.loads(ended(aws, execution)["output"])

    assert output == {"a": 1, "why": {"Error": "Broken", "Cause": "on purpose"}}
    assert {"WaitStateAborted", "ParallelStateFailed"} <= set(kinds(aws, execution))


def most_at_once(events: list[str]) -> int:
    """Return how many iterations ran at once."""
    running = most = 0
    for kind in events:
        running += {"MapIterationStarted": 1, "MapIterationSucceeded": -1}.get(kind, 0)
        most = max(most, running)
    return most


def test_a_map_runs_its_processor_for_every_item(aws: EmbeddedAws) -> None:
    definition = chain(
        Each={
            "Type": "Map",
            "ItemsPath": "$.items",
            "ItemSelector": {
                "item.$": "$$.Map.Item.Value",
                "at.$": "$$.Map.Item.Index",
                "all.$": "$.name",
            },
            "MaxConcurrency": 2,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                **chain(
                    Rest={"Type": "Wait", "Seconds": 20},
                    Show={
                        "Type": "Pass",
                        "Parameters": {
                            "text.$": "States.Format('{}{}{}', $.all, $.item, $$.Map.Item.Index)"
                        },
                        "OutputPath": "$.text",
                    },
                ),
            },
        }
    )
    machine = make_machine(aws, definition)

    execution = start(aws, machine, {"name": "n", "items": ["a", "b", "c"]})

    assert json.loads(ended(aws, execution)["output"]) == ["na0", "nb1", "nc2"]
    counted = Counter(kinds(aws, execution))
    assert counted["MapIterationStarted"] == counted["MapIterationSucceeded"] == 3
    assert most_at_once(kinds(aws, execution)) == 2
    started = next(each for each in history(aws, execution) if each["type"] == "MapStateStarted")
    assert started["mapStateStartedEventDetails"] == {"length": 3}
    assert run(aws, machine, {"name": "n", "items": []}) == []
    error, cause = failure(aws, machine, {"name": "n", "items": {}})
    assert error == "States.Runtime"
    assert "must point to array" in cause


def test_maps_and_parallels_stand_inside_of_each_other(aws: EmbeddedAws) -> None:
    inner = chain(In={"Type": "Map", "ItemProcessor": chain(Same={"Type": "Pass"})})
    double = chain(
        Two={
            "Type": "Parallel",
            "Branches": [
                inner,
                chain(Len={"Type": "Pass", "Parameters": {"n.$": "States.ArrayLength($)"}}),
            ],
        }
    )
    definition = chain(Out={"Type": "Map", "ItemProcessor": double})

    found = result(aws, definition, [[1], [2, 3]])

    assert found == [[[1], {"n": 1}], [[2, 3], {"n": 2}]]


def test_a_redrive_goes_on_at_the_state_that_failed(aws: EmbeddedAws) -> None:
    table = make_table(aws)
    name = make_function(aws, FLAKY, ("dynamodb:UpdateItem", "*"))
    definition = chain(
        First={"Type": "Pass", "Result": "done", "ResultPath": "$.first"},
        Call=invoke(name, OutputPath="$.Payload"),
    )
    execution = start(aws, make_machine(aws, definition, INVOKE), {"table": table, "failures": 1})
    client = states(aws)
    failed = ended(aws, execution)
    assert (failed["status"], failed["redriveStatus"]) == ("FAILED", "REDRIVABLE")

    client.redrive_execution(executionArn=execution)
    found = ended(aws, execution)

    assert (found["status"], found["output"], found["redriveCount"]) == ("SUCCEEDED", "2", 1)
    assert found["redriveStatus"] == "NOT_REDRIVABLE"
    assert kinds(aws, execution) == [
        *("ExecutionStarted", "PassStateEntered", "PassStateExited", "TaskStateEntered"),
        *("TaskScheduled", "TaskStarted", "TaskFailed", "ExecutionFailed"),
        *("ExecutionRedriven", "TaskScheduled", "TaskStarted", "TaskSucceeded"),
        *("TaskStateExited", "ExecutionSucceeded"),
    ]
    with pytest.raises(ClientError, match="ExecutionNotRedrivable"):
        client.redrive_execution(executionArn=execution)


def test_a_redrive_runs_only_those_iterations_again_that_did_not_succeed(aws: EmbeddedAws) -> None:
    table = make_table(aws)
    name = make_function(aws, FLAKY, ("dynamodb:UpdateItem", "*"))
    choose: dict[str, Any] = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.call", "BooleanEquals": True, "Next": "Call"}],
        "Default": "Skip",
    }
    call = invoke(name, End=True)
    processor = chain(Ask=choose, Call=call, Skip={"Type": "Pass", "OutputPath": "$.call"})
    definition = chain(Each={"Type": "Map", "ItemProcessor": processor, "MaxConcurrency": 1})
    # one that succeeds, one that fails, one that is not even begun
    items = [{"call": flag, "table": table, "failures": 1} for flag in (False, True, False)]
    execution = start(aws, make_machine(aws, definition, INVOKE), items)
    assert ended(aws, execution)["status"] == "FAILED"

    states(aws).redrive_execution(executionArn=execution)
    output = json.loads(ended(aws, execution)["output"])

    assert [output[0], output[1]["Payload"], output[2]] == [False, 2, False]
    counted = Counter(kinds(aws, execution))
    assert (counted["PassStateEntered"], counted["MapIterationSucceeded"]) == (2, 3)
    assert (counted["ChoiceStateEntered"], counted["MapIterationStarted"]) == (3, 3)


def test_a_stopped_execution_is_redriven(aws: EmbeddedAws) -> None:
    definition = chain(Rest={"Type": "Wait", "Seconds": 100}, Done={"Type": "Succeed"})
    execution = start(aws, make_machine(aws, definition), {"a": 1})
    client = states(aws)
    client.stop_execution(executionArn=execution)

    client.redrive_execution(executionArn=execution)

    found = ended(aws, execution)
    assert (found["status"], json.loads(found["output"])) == ("SUCCEEDED", {"a": 1})
