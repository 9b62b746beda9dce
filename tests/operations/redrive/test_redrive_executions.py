"""Failed executions of the workflow: shown with their cause, and begun again once."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from operations.embedded import EmbeddedAws
from operations.redrive.executions import FailedExecutions
from pipeline.naming import LIVE
from tests.operations.redrive.conftest import EAST, NAMES, run

# What the request asks for decides how its execution ends.
DEFINITION = {
    "StartAt": "Ends",
    "States": {
        "Ends": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.ends", "StringEquals": "processing", "Next": "ProcessingError"},
                {"Variable": "$.ends", "StringEquals": "validation", "Next": "ValidationError"},
                {"Variable": "$.ends", "StringEquals": "wait", "Next": "Waits"},
            ],
            "Default": "Breaks",
        },
        "ProcessingError": {
            "Type": "Fail",
            "Error": "ProcessingError",
            "CausePath": "States.JsonToString($.failure)",
        },
        "ValidationError": {
            "Type": "Fail",
            "Error": "ValidationError",
            "CausePath": "States.JsonToString($.failure)",
        },
        "Waits": {"Type": "Wait", "Seconds": 3600, "End": True},
        "Breaks": {"Type": "Pass", "Parameters": {"value.$": "$.missing"}, "End": True},
    },
}
DENIED = {
    "Error": "ClientError",
    "Cause": json.dumps({"errorMessage": "AccessDenied on the table", "errorType": "ClientError"}),
}
INVALID = {"Error": "InvalidRecordsError", "Cause": "1 of 1 records not valid"}
MACHINE = NAMES.state_machine_arn(EAST)


@dataclass(frozen=True)
class Workflow:
    """The state machine of one region, and the requests that it was started with."""

    aws: EmbeddedAws

    @property
    def states(self) -> Any:
        return self.aws.client("stepfunctions", EAST)

    @property
    def dynamodb(self) -> Any:
        return self.aws.client("dynamodb", EAST)

    def fail(self, request_id: str, ends: str, failure: Any = None) -> str:
        """Let an execution end, and return its ARN."""
        request = {"id": request_id, "versionId": "v1"}
        given = {"request": request, "ends": ends, "failure": failure}
        arn: str = self.states.start_execution(
            stateMachineArn=MACHINE, name=f"{request_id}-1", input=json.dumps(given)
        )["executionArn"]
        self.wait(arn)
        return arn

    def wait(self, arn: str) -> dict[str, Any]:
        deadline = time.monotonic() + 30
        while True:
            told: dict[str, Any] = self.states.describe_execution(executionArn=arn)
            if told["status"] != "RUNNING" or json.loads(told["input"])["ends"] == "wait":
                return told
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def enter(
        self, request_id: str, status: str, attempt: int = 1, arn: str = "", version: str = "v1"
    ) -> None:
        """Put the ledger's item of a request."""
        item = {
            "objectId": {"S": f"request/{request_id}"},
            "region": {"S": EAST},
            "status": {"S": status},
            "attempt": {"N": str(attempt)},
            "versionId": {"S": version},
            "reason": {"S": "it failed"},
            **({"executionArn": {"S": arn}} if arn else {}),
        }
        self.dynamodb.put_item(TableName=NAMES.table("object-ledger"), Item=item)

    def item(self, request_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.dynamodb.get_item(
            TableName=NAMES.table("object-ledger"),
            Key={"objectId": {"S": f"request/{request_id}"}, "region": {"S": EAST}},
        )["Item"]
        return found

    def executions(self) -> set[str]:
        listed = self.states.list_executions(stateMachineArn=MACHINE)["executions"]
        for each in listed:
            self.wait(each["executionArn"])
        return {each["name"] for each in listed}


@pytest.fixture
def workflow(aws: EmbeddedAws) -> Iterator[Workflow]:
    iam, states = aws.client("iam", EAST), aws.client("stepfunctions", EAST)
    trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}}
    document = {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
    role = iam.create_role(RoleName="workflow", AssumeRolePolicyDocument=json.dumps(document))
    version = states.create_state_machine(
        name=NAMES.state_machine(),
        definition=json.dumps(DEFINITION),
        roleArn=role["Role"]["Arn"],
        publish=True,
    )["stateMachineVersionArn"]
    states.create_state_machine_alias(
        name=LIVE, routingConfiguration=[{"stateMachineVersionArn": version, "weight": 100}]
    )
    yield Workflow(aws)
    states.delete_state_machine(stateMachineArn=MACHINE)
    iam.delete_role(RoleName="workflow")
    deadline = time.monotonic() + 30
    while states.list_state_machines()["stateMachines"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def failed(done: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = done["regions"][EAST]["failed_executions"]
    return found


def test_an_execution_that_ended_in_a_fail_state_is_begun_as_the_next_attempt(
    aws: EmbeddedAws, workflow: Workflow, capsys: pytest.CaptureFixture[str]
) -> None:
    """R-E4, R-A8: with the same input, and counted in the ledger; once, however often it is run."""
    arn = workflow.fail("a", "processing", DENIED)
    workflow.enter("a", "FAILED", arn=arn)

    done = run(aws)

    assert failed(done) == {
        "executions": 1,
        "final": 0,
        "causes": {"ClientError: AccessDenied on the table": 1},
    }
    assert done["regions"][EAST]["sent_back"]["begun"] == 1
    assert done["problems"] == []
    shown = capsys.readouterr().out
    assert "us-east-1: 1 failed executions of the workflow" in shown
    assert "1  ClientError: AccessDenied on the table" in shown
    assert workflow.executions() == {"a-1", "a-2"}
    item = workflow.item("a")
    assert (item["status"]["S"], item["attempt"]["N"]) == ("ACCEPTED", "2")
    assert item["executionArn"]["S"] == f"{arn[:-1]}2"
    assert "reason" not in item
    second = workflow.states.describe_execution(executionArn=arn.removesuffix("1") + "2")
    assert json.loads(second["input"])["request"] == {"id": "a", "versionId": "v1"}


def test_an_attempt_that_was_counted_and_not_begun_is_begun(
    aws: EmbeddedAws, workflow: Workflow
) -> None:
    """R-F3: the command, or the API, died between the two."""
    arn = workflow.fail("a", "processing", DENIED)
    workflow.enter("a", "ACCEPTED", attempt=2, arn=f"{arn[:-1]}2")

    run(aws)

    assert workflow.executions() == {"a-1", "a-2"}
    assert workflow.item("a")["attempt"]["N"] == "2"


@pytest.mark.parametrize(("status", "attempt"), [("ACCEPTED", 2), ("FAILED", 1)])
def test_the_records_of_an_earlier_request_are_not_processed_in_place_of_the_new_ones(
    aws: EmbeddedAws, workflow: Workflow, status: str, attempt: int
) -> None:
    """R-E5, R-F3: its id came again long after it failed, with records of its own."""
    arn = workflow.fail("a", "processing", DENIED)
    workflow.enter("a", status, attempt, f"{arn[:-1]}{attempt}", version="v2")
    before = workflow.item("a")

    done = run(aws)

    assert failed(done)["executions"] == 0
    assert workflow.executions() == {"a-1"}
    assert workflow.item("a") == before


def test_a_request_that_is_replaced_while_it_is_redriven_is_left_alone(
    aws: EmbeddedAws, workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-F3: between the look at the item and the count of its next attempt."""
    arn = workflow.fail("a", "processing", DENIED)
    workflow.enter("a", "FAILED", arn=arn)
    begin_again = FailedExecutions.begin_again

    def late(*given: Any) -> Any:
        workflow.enter("a", "FAILED", arn=arn, version="v2")
        return begin_again(*given)

    monkeypatch.setattr(FailedExecutions, "begin_again", late)

    run(aws)

    assert workflow.executions() == {"a-1"}
    assert workflow.item("a")["status"]["S"] == "FAILED"


def test_what_would_fail_again_is_shown_and_stays(
    aws: EmbeddedAws, workflow: Workflow, capsys: pytest.CaptureFixture[str]
) -> None:
    """R-E4: records that are not valid; nobody is asked for nothing."""
    workflow.enter("a", "FAILED", arn=workflow.fail("a", "validation", INVALID))

    done = run(aws)

    assert failed(done)["causes"] == {"InvalidRecordsError: 1 of 1 records not valid": 1}
    assert failed(done)["final"] == 1
    assert done["sent_back"] is False
    assert "; 1 would fail again" in capsys.readouterr().out
    assert workflow.executions() == {"a-1"}


def test_what_is_further_on_is_not_failed(aws: EmbeddedAws, workflow: Workflow) -> None:
    """R-E4: a later attempt, by whomever; a request that was completed."""
    workflow.fail("later", "processing", DENIED)
    workflow.enter("later", "PROCESSING", attempt=2, arn=f"{MACHINE}:later-2")
    workflow.enter("done", "COMPLETED", arn=workflow.fail("done", "processing", DENIED))

    assert failed(run(aws))["executions"] == 0

    assert workflow.executions() == {"later-1", "done-1"}


def test_an_execution_that_failed_in_another_state_goes_on_there(
    aws: EmbeddedAws, workflow: Workflow
) -> None:
    """R-E4: also when the request itself is completed, such as without its notification."""
    arn = workflow.fail("a", "broken")
    workflow.enter("a", "COMPLETED", arn=arn)

    done = run(aws)

    assert done["regions"][EAST]["sent_back"]["begun"] == 1
    assert workflow.wait(arn)["redriveCount"] == 1
    assert workflow.executions() == {"a-1"}


def test_an_execution_that_somebody_stopped_stays_stopped(
    aws: EmbeddedAws, workflow: Workflow
) -> None:
    """R-E4."""
    arn = workflow.fail("a", "wait")
    workflow.states.stop_execution(executionArn=arn)
    workflow.enter("a", "PROCESSING", arn=arn)

    assert failed(run(aws))["executions"] == 0


def test_without_a_workflow_there_are_no_executions(aws: EmbeddedAws) -> None:
    """R-E4: the workflow is a switch."""
    done = run(aws)

    assert failed(done) == {"executions": 0, "final": 0, "causes": {}}
    assert done["problems"] == []
