"""Rules of EventBridge and their targets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from embedded_aws.services.eventbridge_input import input_of
from tests.embedded_aws.services.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT, EAST = "123456789012", "us-east-1"


class Queue:
    """A queue, what arrived in it, and who may send to it."""

    def __init__(self, aws: Any, name: str) -> None:
        self.client = aws.client("sqs", EAST)
        self.url = self.client.create_queue(QueueName=name)["QueueUrl"]
        self.arn = f"arn:aws:sqs:{EAST}:{ACCOUNT}:{name}"

    def allow(self, source_arn: str, service: str = "events.amazonaws.com") -> Queue:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sqs:SendMessage",
            "Resource": self.arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": source_arn}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.client.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": policy})
        return self

    def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages", [])
        return found


@pytest.fixture
def events(aws: Any) -> Any:
    return aws.client("events", EAST)


@pytest.fixture
def rule(events: Any, name: str) -> str:
    arn: str = events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))["RuleArn"]
    return arn


@pytest.fixture
def send(events: Any, name: str) -> Callable[..., None]:
    def put(**detail: Any) -> None:
        entry = {"Source": name, "DetailType": "test", "Detail": json.dumps(detail)}
        assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0

    return put


def _idle(aws: Any) -> bool:
    return eventually(lambda: "deliveries" not in aws.state.pending())


def test_an_event_reaches_a_queue_that_lets_the_rule_send(
    aws: Any, events: Any, name: str, rule: str, send: Callable[..., None]
) -> None:
    """R-B4."""
    queue = Queue(aws, name).allow(rule)
    events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": queue.arn}])
    send(number=1)
    (message,) = eventually(queue.messages)
    event = json.loads(message["Body"])
    assert event["detail"] == {"number": 1}
    assert {"version", "id", "detail-type", "source", "account", "time", "region"} <= set(event)
    assert event["time"].endswith("Z")


def test_a_queue_whose_policy_names_another_rule_gets_nothing(
    aws: Any, events: Any, name: str, rule: str, send: Callable[..., None]
) -> None:
    """R-A11: the refusal is in the report, and the event in the target's dead-letter queue."""
    queue = Queue(aws, name).allow(f"{rule}-other")
    dead = Queue(aws, f"{name}-dead").allow(rule)
    target = {"Id": "q", "Arn": queue.arn, "DeadLetterConfig": {"Arn": dead.arn}}
    events.put_targets(Rule=name, Targets=[target])
    send(number=1)
    (message,) = eventually(dead.messages)
    attributes = {key: held["StringValue"] for key, held in message["MessageAttributes"].items()}
    assert attributes["ERROR_CODE"] == "NO_PERMISSIONS"
    assert attributes["RULE_ARN"] == rule
    assert attributes["TARGET_ARN"] == queue.arn
    assert json.loads(message["Body"])["detail"] == {"number": 1}
    assert queue.messages() == []
    denied = [entry for entry in aws.state.denied if entry.resource == queue.arn]
    assert [(entry.principal, entry.action) for entry in denied] == [
        ("events.amazonaws.com", "sqs:SendMessage")
    ]
    aws.state.denied.clear()


def test_a_disabled_rule_sends_nothing(
    aws: Any, events: Any, name: str, rule: str, send: Callable[..., None]
) -> None:
    queue = Queue(aws, name).allow(rule)
    events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": queue.arn}])
    events.disable_rule(Name=name)
    send(number=1)
    events.enable_rule(Name=name)
    send(number=2)
    (message,) = eventually(queue.messages)
    assert json.loads(message["Body"])["detail"] == {"number": 2}


def test_a_scheduled_rule_does_not_answer_to_events(
    aws: Any, events: Any, name: str, send: Callable[..., None]
) -> None:
    arn = events.put_rule(Name=name, ScheduleExpression="rate(5 minutes)")["RuleArn"]
    queue = Queue(aws, name).allow(arn)
    events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": queue.arn}])
    send(number=1)
    assert _idle(aws)
    assert queue.messages() == []


def test_a_deleted_queue_is_a_dead_letter(
    aws: Any, events: Any, name: str, rule: str, send: Callable[..., None]
) -> None:
    queue, dead = Queue(aws, name).allow(rule), Queue(aws, f"{name}-dead").allow(rule)
    target = {"Id": "q", "Arn": queue.arn, "DeadLetterConfig": {"Arn": dead.arn}}
    events.put_targets(Rule=name, Targets=[target])
    queue.client.delete_queue(QueueUrl=queue.url)
    send(number=1)
    (message,) = eventually(dead.messages)
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "RESOURCE_NOT_FOUND"


def test_rule_and_targets_come_back_as_they_were_put(
    aws: Any, events: Any, name: str, rule: str
) -> None:
    target = {
        "Id": "q",
        "Arn": f"arn:aws:sqs:{EAST}:{ACCOUNT}:{name}",
        "InputTransformer": {"InputPathsMap": {"a": "$.detail"}, "InputTemplate": "<a>"},
        "DeadLetterConfig": {"Arn": f"arn:aws:sqs:{EAST}:{ACCOUNT}:{name}-dead"},
        "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 60},
    }
    assert events.put_targets(Rule=name, Targets=[target])["FailedEntryCount"] == 0
    assert events.list_targets_by_rule(Rule=name)["Targets"] == [target]
    described = events.describe_rule(Name=name)
    assert (described["Arn"], described["State"]) == (rule, "ENABLED")
    assert described["EventBusName"] == "default"
    events.tag_resource(ResourceARN=rule, Tags=[{"Key": "a", "Value": "b"}])
    assert events.list_tags_for_resource(ResourceARN=rule)["Tags"] == [{"Key": "a", "Value": "b"}]


SENT: dict[str, Any] = {
    "source": "s",
    "time": "2026-01-01T00:00:00Z",
    "detail": {"name": 'quote " and \\', "count": 3, "list": ["a"]},
}


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({}, SENT),
        ({"Input": '{"fixed": 1}'}, {"fixed": 1}),
        ({"InputPath": "$.detail.count"}, 3),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"n": "$.detail.name", "c": "$.detail.count"},
                    "InputTemplate": '{"name": <n>, "text": "<n>: <c>", "count": <c>}',
                }
            },
            {"name": 'quote " and \\', "text": 'quote " and \\: 3', "count": 3},
        ),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"l": "$.detail.list", "x": "$.detail.absent"},
                    "InputTemplate": (
                        '{"list": <l>, "absent": "<x>", "rule": "<aws.events.rule-name>"}'
                    ),
                }
            },
            {"list": ["a"], "absent": "", "rule": "my-rule"},
        ),
        (
            {"InputTransformer": {"InputTemplate": "<aws.events.event.json>"}},
            SENT,
        ),
    ],
    ids=["event", "constant", "path", "transformer", "missing and reserved", "whole event"],
)
def test_a_target_gets_what_its_input_says(target: dict[str, Any], expected: Any) -> None:
    assert json.loads(input_of(target, SENT, "my-rule", "arn")) == expected
