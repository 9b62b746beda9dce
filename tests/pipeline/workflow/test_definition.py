"""The state machine as Step Functions gets it (R-E4)."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from operations.toolchain import bin_folder
from pipeline.workflow.definition import DefinitionProps, Step, definition

ROOT = Path(__file__).resolve().parents[3]
FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:serverless-{}-dev:live"
PROPS = DefinitionProps(
    partition="aws",
    region="us-east-1",
    ledger="serverless-object-ledger-dev",
    validator=Step(FUNCTION.format("request-validator"), 30),
    processor=Step(FUNCTION.format("request-processor"), 60),
    notifier=Step(FUNCTION.format("request-notifier"), 30),
)
STEPS = ("ValidateInput", "ProcessData", "SendNotification")


@pytest.fixture(scope="module")
def machine() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(definition(PROPS))
    return found


@pytest.fixture(scope="module")
def states(machine: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = machine["States"]
    return found


def retriers(states: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    """Error -> its retrier."""
    return {error: each for each in states[name]["Retry"] for error in each["ErrorEquals"]}


def judged(machine: Any) -> dict[str, Any]:
    """What asl-validator says; it finds its package in the project's node_modules."""
    script = Path(__file__).with_name("asl.cjs").read_text()
    done = subprocess.run(
        [str(bin_folder() / "node"), "-e", script],
        input=json.dumps(machine),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_it_is_amazon_states_language(machine: dict[str, Any]) -> None:
    """R-E4: by a validator that is not ours; it finds a planted error."""
    assert judged(machine) == {"isValid": True, "errors": []}

    broken = json.loads(json.dumps(machine))
    broken["States"]["ProcessData"]["Next"] = "Nowhere"
    assert not judged(broken)["isValid"]


def test_the_same_properties_give_the_same_text() -> None:
    """R-C4: an apply without a change changes nothing."""
    assert definition(PROPS) == definition(PROPS)


def test_the_steps_follow_each_other(machine: dict[str, Any], states: dict[str, Any]) -> None:
    """R-E4: validate, choice, process, notify; results stay beside the input."""
    assert machine["StartAt"] == "ValidateInput"
    path, name = [], "ValidateInput"
    while name != "Done":
        path.append(name)
        state = states[name]
        name = state.get("Next") or state["Choices"][0]["Next"]
    assert path == [
        *("ValidateInput", "CheckValidation", "Begin"),
        *("ProcessData", "CheckProcessing", "SendNotification"),
    ]
    results = [states[step]["ResultPath"] for step in STEPS]
    assert results == ["$.validation", "$.processing", "$.notification"]
    assert states["Done"] == {"Type": "Succeed"}
    functions = [states[step]["Parameters"]["FunctionName"] for step in STEPS]
    assert functions == [
        props.function for props in (PROPS.validator, PROPS.processor, PROPS.notifier)
    ]


@pytest.mark.parametrize(
    ("step", "seconds", "attempts"),
    [("ValidateInput", 2, 3), ("ProcessData", 2, 3), ("SendNotification", 5, 2)],
)
def test_a_step_is_tried_again(
    states: dict[str, Any], step: str, seconds: int, attempts: int
) -> None:
    """R-E4: whatever fails; what Lambda asks callers to try again more often."""
    found = retriers(states, step)
    anything = found["States.ALL"]
    assert (anything["IntervalSeconds"], anything["MaxAttempts"]) == (seconds, attempts)
    assert anything["BackoffRate"] == 2
    assert states[step]["Retry"][-1] == anything  # States.ALL has to be the last one
    for error in ("TooManyRequestsException", "ServiceException", "SdkClientException"):
        assert found[f"Lambda.{error}"]["MaxAttempts"] == 6


FINAL = {
    "ValidateInput": {"InvalidRequestError"},
    "ProcessData": {"InvalidRequestError", "ProcessingFailedError"},
    "SendNotification": {"InvalidNotificationError", "InvalidRequestError"},
}


@pytest.mark.parametrize("step", STEPS)
def test_what_would_fail_again_is_not_tried_again(states: dict[str, Any], step: str) -> None:
    """R-E4: errors of what was asked for, by the names of the functions' exceptions."""
    found = retriers(states, step)
    assert {error for error, each in found.items() if each["MaxAttempts"] == 0} == FINAL[step]
    sources = [path.read_text() for path in (ROOT / "lambdas").rglob("*.py")]
    for error in FINAL[step]:
        assert any(f"class {error}(Exception)" in source for source in sources)


def waits(states: dict[str, Any]) -> Iterator[int]:
    """How long is waited, time after time, until it is given up."""
    longer = states["WaitLonger"]["Parameters"]["seconds.$"]
    found = re.fullmatch(r"States\.MathAdd\(\$\.waiting\.seconds, (\d+)\)", longer)
    assert found is not None
    limit = states["CheckProcessing"]["Choices"][1]["NumericLessThan"]
    seconds = states["Begin"]["Result"]["seconds"]
    while seconds < limit:
        seconds += int(found[1])
        yield seconds


def test_what_is_under_way_is_asked_for_again_and_the_execution_outlives_it(
    machine: dict[str, Any], states: dict[str, Any]
) -> None:
    """R-E4: bounded; what times out as a whole would be caught by nothing."""
    waited, times = sum(waits(states)), len([*waits(states)])
    assert 20 * 60 < waited < 30 * 60
    assert states["WaitForIt"]["SecondsPath"] == "$.waiting.seconds"
    assert states["WaitForIt"]["Next"] == "ProcessData"
    assert states["CheckProcessing"]["Default"] == "NotDoneInTime"
    assert states["NotDoneInTime"]["Next"] == "RecordFailedProcessing"
    attempts = 1 + times + 3 + 6
    whole = waited + attempts * states["ProcessData"]["TimeoutSeconds"]
    assert whole < machine["TimeoutSeconds"]


@pytest.mark.parametrize(
    ("step", "props"),
    [
        ("ValidateInput", "validator"),
        ("ProcessData", "processor"),
        ("SendNotification", "notifier"),
    ],
)
def test_a_task_waits_longer_than_its_function_runs(
    states: dict[str, Any], step: str, props: str
) -> None:
    """R-E4: so that the function's own time-out is what is told."""
    assert states[step]["TimeoutSeconds"] > getattr(PROPS, props).timeout_seconds


def test_the_first_two_steps_are_caught(states: dict[str, Any]) -> None:
    """R-E4: each records its failure and ends in its own Fail state; nothing else is caught."""
    for step, first, record, end in (
        ("ValidateInput", "HasRequest", "RecordInvalidRequest", "ValidationError"),
        ("ProcessData", "RecordFailedProcessing", "RecordFailedProcessing", "ProcessingError"),
    ):
        (catcher,) = states[step]["Catch"]
        assert catcher == {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": first}
        assert states[record]["Next"] == end
        assert states[end]["Type"] == "Fail"
        assert states[end]["Error"] == end
    assert "Catch" not in states["SendNotification"]
    assert states["CheckValidation"]["Default"] == "InvalidRecords"
    assert states["InvalidRecords"]["Next"] == "RecordInvalidRequest"


@pytest.mark.parametrize("record", ["RecordInvalidRequest", "RecordFailedProcessing"])
def test_a_failure_goes_into_the_regions_own_item(states: dict[str, Any], record: str) -> None:
    """R-E4, R-A7: unless the request is done; what cannot be recorded still fails as it did."""
    state = states[record]
    parameters = state["Parameters"]
    assert state["Resource"] == "arn:aws:states:::dynamodb:updateItem"
    assert parameters["TableName"] == "serverless-object-ledger-dev"
    assert parameters["Key"] == {
        "objectId": {"S.$": "States.Format('request/{}', $.request.id)"},
        "region": {"S": "us-east-1"},
    }
    assert "#status <> :completed" in parameters["ConditionExpression"]
    assert "executionArn = :execution" in parameters["ConditionExpression"]
    (catcher,) = state["Catch"]
    assert catcher["Next"] == state["Next"]
    retried = retriers(states, record)
    assert retried["DynamoDB.ConditionalCheckFailedException"]["MaxAttempts"] == 0


def test_another_partition_has_its_own_arns() -> None:
    """R-A13: such as AWS in China."""
    china = DefinitionProps(**{**vars(PROPS), "partition": "aws-cn"})

    assert "arn:aws:states" not in definition(china)
    assert "arn:aws-cn:states:::lambda:invoke" in definition(china)
