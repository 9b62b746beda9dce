"""Requests through the state machine of a deployed environment."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.deployed.conftest import PRIMARY, Deployment
from tests.end_to_end.deployed.requesting import (
    REGION,
    Requests,
    counts,
    mixed,
    order,
    wait_for_higher_rank,
)

_DELIVERED_SECONDS = 60
STEPS = ("request-validator", "request-processor", "request-notifier")


@pytest.fixture
def requests(deployed: Deployment) -> Requests:
    return Requests(deployed)


@pytest.fixture
def fault(deployed: Deployment) -> Iterator[Callable[..., None]]:
    """Injects faults; called without any, and at the end, takes all back."""

    def inject(**fields: Any) -> None:
        if fields:
            deployed.ask("faults", region=REGION, **fields)
            return
        request = urllib.request.Request(  # noqa: S310
            f"{deployed.aws.endpoint}/_embedded/faults", method="DELETE"
        )
        urllib.request.urlopen(request).close()  # noqa: S310

    yield inject
    inject()


def test_records_of_a_request_end_as_those_of_a_file(requests: Requests, tmp_path: Path) -> None:
    """R-E4, R-F3: the same items, quarantine, accounts and invocation log."""
    records = mixed()
    started = requests.start(records, "quarantine")

    told = requests.end(started.execution)

    assert told["status"] == "SUCCEEDED", told
    output = json.loads(told["output"])
    assert output["validation"]["invalid"] == 2
    accounts = {"read": 5, "stored": 2, "superseded": 1, "rejected": 2}
    assert output["processing"] == {"isDone": True, "reason": None, **accounts}
    assert output["notification"]["sent"] is False
    state, entry = requests.state(started), requests.entry(started.object_id)
    assert (state["status"], entry["status"]) == ("COMPLETED", "COMPLETED")
    assert counts(state) == counts(entry) == (5, 2, 1, 2)
    by_request = requests.items(started.object_id)
    assert len(by_request) == 4
    deployed = requests.deployed
    path = tmp_path / f"{started.id}.json"
    path.write_text(json.dumps(records))
    wait_for_higher_rank()
    (upload,) = deployed.upload([deployed.sample("orders", path, REGION)])
    (ended,) = deployed.wait([upload]).values()
    assert tuple(ended.counts.values()) == counts(state)
    assert requests.items(upload.object_id) == by_request
    assert requests.quarantined(upload.object_id) == requests.quarantined(started.object_id)


def test_records_that_are_not_valid_end_the_execution_and_nothing_is_stored(
    requests: Requests,
) -> None:
    """R-E4: ValidationError; the ledger tells the reason to a person."""
    started = requests.start(mixed())

    told = requests.end(started.execution)

    assert (told["status"], told["error"]) == ("FAILED", "ValidationError")
    assert "2 of 5 records not valid; record 1, /Units Sold: " in told["cause"]
    state = requests.state(started)
    assert state["status"] == "FAILED"
    assert "InvalidRecordsError" in state["reason"]
    assert requests.items(started.object_id) == []


def test_an_input_that_is_no_request_fails_clearly(requests: Requests) -> None:
    """R-E4: there is nothing to record."""
    execution = requests.client("stepfunctions").start_execution(
        stateMachineArn=requests.machine, input='{"order": 1}'
    )["executionArn"]

    told = requests.end(execution)

    assert (told["status"], told["error"]) == ("FAILED", "ValidationError")
    assert "the input has no member request" in told["cause"]


REFUSED = {"status": 400, "code": "AccessDeniedException", "message": "not now"}


def test_a_fault_that_passes_is_met_by_trying_again(
    requests: Requests, fault: Callable[..., None]
) -> None:
    """R-E4, R-A8: of the table, and of the ledger."""
    fault(operation="dynamodb:BatchWriteItem", principal="*request-processor*", count=2, **REFUSED)
    fault(operation="dynamodb:UpdateItem", principal="*request-validator*", **REFUSED)
    records = [order(), order()]
    started = requests.start(records)

    told = requests.end(started.execution)

    assert told["status"] == "SUCCEEDED", told
    assert len(requests.events(started.execution, "TaskFailed")) == 3
    assert counts(requests.state(started)) == (2, 2, 0, 0)


def test_what_is_not_done_yet_is_asked_for_again_and_is_no_error(
    requests: Requests, fault: Callable[..., None]
) -> None:
    """R-E4, R-A8, R-C7: the table is out for a while; Lambda counts no invocation that failed."""
    out = {"status": 500, "code": "InternalServerError", "message": "out"}
    fault(operation="dynamodb:BatchWriteItem", principal="*request-processor*", count=None, **out)
    started = requests.start([order()])
    deadline = time.monotonic() + 90
    while len(requests.events(started.execution, "WaitStateEntered")) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    fault()

    told = requests.end(started.execution)

    assert told["status"] == "SUCCEEDED", told
    assert requests.events(started.execution, "TaskFailed") == []
    assert counts(requests.state(started)) == (1, 1, 0, 0)


@dataclass(frozen=True)
class Redrive:
    """`make redrive` of one region, and what it says."""

    deployed: Deployment

    def __call__(self, *words: str) -> dict[str, Any]:
        done = self.deployed.user("make", "redrive", "ENV=dev", f"REGION={REGION}", *words)
        assert done.code == 0, done.text
        text = (self.deployed.project.folder / "build" / "redrive.json").read_text()
        found: dict[str, Any] = json.loads(text)["regions"][REGION]
        return found


def test_a_fault_that_stays_fails_the_request_until_it_is_redriven(
    requests: Requests, fault: Callable[..., None]
) -> None:
    """R-E4, R-A8: ProcessingError; shown with its cause; the next attempt goes through, once."""
    denied = {"operation": "dynamodb:BatchWriteItem", "principal": "*request-processor*"}
    fault(**denied, count=None, **REFUSED)
    started = requests.start([order()])
    told = requests.end(started.execution)
    assert (told["status"], told["error"]) == ("FAILED", "ProcessingError")
    assert "not now" in told["cause"]
    assert requests.state(started)["status"] == "FAILED"
    assert requests.entry(started.object_id)["status"] == "FAILED"  # retryable
    fault()
    redrive = Redrive(requests.deployed)

    shown = redrive("DRY=1")
    assert requests.state(started)["attempt"] == "1"
    begun = redrive()

    (cause,) = [each for each in shown["failed_executions"]["causes"] if "not now" in each]
    assert cause in begun["failed_executions"]["causes"]
    assert begun["sent_back"]["begun"] == 1
    second = started.execution.removesuffix("-1") + "-2"
    assert requests.end(second)["status"] == "SUCCEEDED"
    state = requests.state(started)
    assert (state["status"], state["attempt"], counts(state)) == ("COMPLETED", "2", (1, 1, 0, 0))
    assert "reason" not in state
    assert redrive()["sent_back"]["begun"] == 0


@pytest.fixture
def subscriber(requests: Requests) -> Iterator[str]:
    """A queue that is told of notifications of one type; its URL."""
    sqs, sns = requests.client("sqs"), requests.client("sns")
    url = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    queue = arn["Attributes"]["QueueArn"]
    topic = requests.deployed.names.topic_arn("notifications", REGION)
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    subscription = sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=queue,
        Attributes={"FilterPolicy": json.dumps({"type": ["done"]})},
    )["SubscriptionArn"]
    yield url
    sns.unsubscribe(SubscriptionArn=subscription)
    sqs.delete_queue(QueueUrl=url)


def messages(requests: Requests, url: str) -> list[dict[str, Any]]:
    answer = requests.client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0, WaitTimeSeconds=1
    )
    return [json.loads(json.loads(one["Body"])["Message"]) for one in answer.get("Messages", [])]


def test_subscribers_are_told_of_a_request_that_is_done(
    requests: Requests, subscriber: str
) -> None:
    """R-E3, R-E4: those whose filter matches."""
    notify = {"type": "done", "recipient": "ops@example.com", "message": "Orders are in."}
    started = requests.start([order()], notify=notify)
    other = requests.start([order()], notify={**notify, "type": "other"})
    for each in (started, other):
        assert requests.end(each.execution)["status"] == "SUCCEEDED"

    (told,) = messages(requests, subscriber)

    assert (told["id"], told["type"], told["message"]) == (started.id, "done", "Orders are in.")
    assert told["counts"] == {"read": 1, "stored": 1, "superseded": 0, "rejected": 0}


def test_a_notification_that_was_not_sent_is_sent_by_a_redrive(
    requests: Requests, subscriber: str, fault: Callable[..., None]
) -> None:
    """R-E4: it fails the execution and not the request; nothing else is repeated."""
    fault(operation="sns:Publish", count=None, status=403, code="AuthorizationError")
    notify = {"type": "done", "recipient": "ops@example.com", "message": "Late."}
    started = requests.start([order()], notify=notify)
    told = requests.end(started.execution)
    assert told["status"] == "FAILED"
    assert requests.state(started)["status"] == "COMPLETED"
    fault()

    assert Redrive(requests.deployed)()["sent_back"]["begun"] == 1

    again = requests.end(started.execution)
    assert (again["status"], again["redriveCount"]) == ("SUCCEEDED", 1)
    (message,) = messages(requests, subscriber)
    assert (message["id"], message["message"]) == (started.id, "Late.")
    assert len(requests.events(started.execution, "TaskSucceeded")) == 3


def logged_kinds(requests: Requests, request_id: str) -> set[str]:
    """The kinds of events that the log has so far of a request's execution."""
    pages = (
        requests.client("logs")
        .get_paginator("filter_log_events")
        .paginate(
            logGroupName=requests.deployed.names.state_machine_log_group(),
            filterPattern=f'"{request_id}"',
        )
    )
    return {json.loads(each["message"])["type"] for page in pages for each in page["events"]}


def test_executions_are_logged(requests: Requests) -> None:
    """R-E4, R-B9: with their input and output, into the group of the state machine."""
    started = requests.start([order()])
    requests.end(started.execution)

    # Logs are delivered behind the execution, which does not wait for them.
    wanted = {"ExecutionStarted", "TaskStateEntered", "ExecutionSucceeded"}
    deadline = time.monotonic() + _DELIVERED_SECONDS
    while not wanted <= (kinds := logged_kinds(requests, started.id)):
        assert time.monotonic() < deadline, kinds
        time.sleep(0.2)


FOR_TROUBLE = {
    "request-validator": {
        "s3:ListBucket": "tells a deleted object (404) from a forbidden one (403)",
    },
    "request-processor": {
        "s3:AbortMultipartUpload": "removes a quarantine file whose upload failed half-way",
        "s3:GetObject": "reads the keys that a long object has had so far",
        "s3:ListBucket": "tells a deleted object (404) from a forbidden one (403)",
        "sqs:SendMessage": "what is left of a long object",
        "dynamodb:Query": "the accounts of an object that was done before",
    },
    "request-notifier": {},
}
BY_LAMBDA_ITSELF = {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}


def test_what_the_steps_may_do_they_do(requests: Requests) -> None:
    """R-F2, R-A11: and nothing was denied to them or to the state machine."""
    notify = {"type": "done", "recipient": "ops@example.com", "message": "Orders are in."}
    assert requests.end(requests.start(mixed(), "quarantine", notify).execution)["status"]
    report, names = requests.deployed.aws.report(), requests.deployed.names
    iam = requests.client("iam")
    for step in (*STEPS, "process-records"):
        role = names.role(step, REGION)
        document = iam.get_role_policy(RoleName=role, PolicyName=role)["PolicyDocument"]
        actions = [each["Action"] for each in document["Statement"]]
        granted = {one for each in actions for one in ([each] if isinstance(each, str) else each)}
        used = {action for who, action, _ in report["allowed"] if who == role}
        assert [each for each in report["denied"] if each["principal"] == role] == []
        if step in FOR_TROUBLE:
            unused = granted - used - FOR_TROUBLE[step].keys()
            assert unused == BY_LAMBDA_ITSELF
        else:
            assert {"lambda:InvokeFunction", "dynamodb:UpdateItem"} <= used


def test_the_other_region_works_by_itself(deployed: Deployment) -> None:
    """R-A10: each has its own state machine, and writes its own item."""
    requests = Requests(deployed, PRIMARY)
    started = requests.start([order()])

    assert requests.end(started.execution)["status"] == "SUCCEEDED"

    assert requests.state(started)["region"] == PRIMARY
