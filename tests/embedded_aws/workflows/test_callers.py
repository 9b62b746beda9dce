"""R-E5: EventBridge starts state machines, and hears of their executions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.embedded_aws.functions.making import eventually, make_queue, take, unique
from tests.embedded_aws.workflows.machines import chain, make_machine, states, trusting

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws


def test_a_rule_starts_an_execution_and_another_hears_of_its_end(aws: EmbeddedAws) -> None:
    """R-E5: the event becomes the input; the status is announced on the default bus."""
    url, queue = make_queue(aws)
    machine = make_machine(aws, chain(Show={"Type": "Pass", "InputPath": "$.detail"}))
    source = unique("own")
    events = aws.client("events")
    for pattern, target in (
        ({"source": [source]}, {"Arn": machine}),
        (
            {"source": ["aws.states"], "detail": {"stateMachineArn": [machine]}},
            {"Arn": queue},
        ),
    ):
        name = unique("rule")
        rule = events.put_rule(Name=name, EventPattern=json.dumps(pattern))["RuleArn"]
        if target["Arn"] == machine:
            role = trusting(aws, ("states:StartExecution", machine), service="events")
            target["RoleArn"] = role
        else:
            _permit(aws, url, queue, rule)
        events.put_targets(Rule=name, Targets=[{"Id": "1", **target}])

    events.put_events(Entries=[{"Source": source, "DetailType": "d", "Detail": '{"a": 1}'}])

    told: list[dict[str, Any]] = []

    def both() -> bool:
        told.extend(json.loads(each["Body"])["detail"] for each in take(aws, url))
        return len(told) == 2

    eventually(both)
    by_status = {each["status"]: each for each in told}
    assert set(by_status) == {"RUNNING", "SUCCEEDED"}
    assert json.loads(by_status["SUCCEEDED"]["output"]) == {"a": 1}
    listed = states(aws).list_executions(stateMachineArn=machine)["executions"]
    assert [each["executionArn"] for each in listed] == [by_status["RUNNING"]["executionArn"]]


def _permit(aws: EmbeddedAws, url: str, queue: str, rule: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
