"""R-B10: what follows from a change of state, and who must allow it.

Oracles: CloudWatch User Guide, "Notifying users on alarm changes", "Invoke a Lambda function from
an alarm", "Alarm events and EventBridge"; SNS Developer Guide, "Enable compatibility between event
sources from AWS services and encrypted topics".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.state import RUN
from tests.embedded_aws.alarms.watching import HOUR, described, evaluate, feed, history, make_alarm
from tests.embedded_aws.functions.making import (
    eventually,
    log_lines,
    make_function,
    make_queue,
    take,
    unique,
)

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws


def make_topic(aws: EmbeddedAws, **attributes: str) -> tuple[str, str]:
    """Return the ARN of a new topic, and the URL of the queue that gets its messages."""
    url, arn = make_queue(aws)
    sns = aws.client("sns")
    topic: str = sns.create_topic(Name=unique("topic"), Attributes=attributes)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return topic, url


def received(aws: EmbeddedAws, url: str) -> dict[str, Any]:
    """Return the next notification in a queue."""
    messages = eventually(lambda: take(aws, url))
    found: dict[str, Any] = json.loads(messages[0]["Body"])
    return found


def test_a_topic_is_told_of_each_change(aws: EmbeddedAws) -> None:
    """R-B10: once for each change, with the message that CloudWatch sends."""
    topic, url = make_topic(aws)
    name = make_alarm(
        aws, AlarmActions=[topic], OKActions=[topic], AlarmDescription="Look at the runbook"
    )
    feed(aws, name, 50)
    evaluate(aws)
    evaluate(aws)

    notification = received(aws, url)
    assert notification["Subject"] == f'ALARM: "{name}" in US East (N. Virginia)'
    message = json.loads(notification["Message"])
    assert message["AlarmName"] == name
    assert message["AlarmDescription"] == "Look at the runbook"
    assert message["AWSAccountId"] == aws.account
    assert (message["OldStateValue"], message["NewStateValue"]) == ("INSUFFICIENT_DATA", "ALARM")
    assert message["NewStateReason"] == described(aws, name)["StateReason"]
    assert message["Region"] == "US East (N. Virginia)"
    assert message["AlarmArn"] == described(aws, name)["AlarmArn"]
    assert message["AlarmActions"] == message["OKActions"] == [topic]
    assert message["Trigger"] == {
        "MetricName": "m",
        "Namespace": name,
        "StatisticType": "Statistic",
        "Statistic": "SUM",
        "Unit": None,
        "Dimensions": [],
        "Period": HOUR,
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": 10.0,
        "TreatMissingData": "",
        "EvaluateLowSampleCountPercentile": "",
    }
    eventually(lambda: history(aws, name, "Action"))
    assert history(aws, name, "Action") == [f"Successfully executed action {topic}"]
    assert take(aws, url) == []


def test_each_state_has_actions_of_its_own(aws: EmbeddedAws) -> None:
    """R-B10: alarm, OK and insufficient data."""
    topics = {state: make_topic(aws) for state in ("ALARM", "OK", "INSUFFICIENT_DATA")}
    name = make_alarm(
        aws,
        AlarmActions=[topics["ALARM"][0]],
        OKActions=[topics["OK"][0]],
        InsufficientDataActions=[topics["INSUFFICIENT_DATA"][0]],
        TreatMissingData="ignore",  # or it would soon be evaluated again
    )
    for state in ("OK", "ALARM", "INSUFFICIENT_DATA"):
        aws.client("cloudwatch").set_alarm_state(
            AlarmName=name,
            StateValue=state,
            StateReason=f"to try {state}",
            StateReasonData='{"tried": true}',
        )
        message = json.loads(received(aws, topics[state][1])["Message"])
        assert (message["NewStateValue"], message["NewStateReason"]) == (state, f"to try {state}")


def test_switched_off_actions_are_not_done(aws: EmbeddedAws) -> None:
    """R-B10: the state changes all the same."""
    topic, url = make_topic(aws)
    name = make_alarm(aws, AlarmActions=[topic], ActionsEnabled=False)
    feed(aws, name, 50)
    assert evaluate(aws)[name] == "ALARM"
    make_alarm(aws, AlarmName=name, AlarmActions=[topic], ActionsEnabled=False, Threshold=99)
    assert evaluate(aws)[name] == "OK"
    aws.client("cloudwatch").enable_alarm_actions(AlarmNames=[name])
    feed(aws, name, 50)
    assert evaluate(aws)[name] == "ALARM"
    reason = json.loads(received(aws, url)["Message"])["NewStateReason"]
    assert "[100.0 (" in reason  # the second change, and no message of the first one
    assert len(eventually(lambda: history(aws, name, "Action"))) == 1


def policy(topic: str, service: str, source: str = "*") -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {"ArnLike": {"aws:SourceArn": source}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    ("service", "source", "arrives"),
    [
        ("cloudwatch.amazonaws.com", "arn:aws:cloudwatch:us-east-1:*:alarm:*", True),
        ("cloudwatch.amazonaws.com", "arn:aws:cloudwatch:us-west-2:*:alarm:*", False),
        ("events.amazonaws.com", "*", False),
    ],
)
def test_the_policy_of_the_topic_decides(
    aws: EmbeddedAws, service: str, source: str, arrives: bool
) -> None:
    """R-B10: CloudWatch publishes for the alarm; what is refused stands in history and report."""
    topic, url = make_topic(aws)
    aws.client("sns").set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=policy(topic, service, source)
    )
    name = make_alarm(aws, AlarmActions=[topic])
    feed(aws, name, 50)
    evaluate(aws)
    (summary,) = eventually(lambda: history(aws, name, "Action"))

    denied = [each for each in RUN.denied if each.resource == topic]
    if arrives:
        assert received(aws, url)["TopicArn"] == topic
        assert denied == []
    else:
        assert summary.startswith(f"Failed to execute action {topic}")
        assert "not authorized to perform: sns:Publish" in summary
        assert [each.principal for each in denied] == ["cloudwatch.amazonaws.com"]
        assert take(aws, url) == []


@pytest.mark.parametrize("key_allows", [True, False])
def test_the_key_of_an_encrypted_topic_decides_too(aws: EmbeddedAws, key_allows: bool) -> None:
    """R-B10: CloudWatch needs Decrypt and GenerateDataKey by the key's policy."""
    statements = [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{aws.account}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ]
    if key_allows:
        statements.append(
            {
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
                "Resource": "*",
            }
        )
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    key = aws.client("kms").create_key(Policy=document)["KeyMetadata"]["Arn"]
    topic, url = make_topic(aws, KmsMasterKeyId=key)
    name = make_alarm(aws, AlarmActions=[topic])
    feed(aws, name, 50)
    evaluate(aws)
    (summary,) = eventually(lambda: history(aws, name, "Action"))

    assert summary.startswith("Successfully") is key_allows
    assert bool(take(aws, url)) is key_allows
    assert any(each.resource == key for each in RUN.denied) is not key_allows


def test_the_key_that_aws_manages_lets_no_alarm_through(aws: EmbeddedAws) -> None:
    """R-B10: alias/aws/sns has no statement for CloudWatch."""
    topic, url = make_topic(aws, KmsMasterKeyId="alias/aws/sns")
    name = make_alarm(aws, AlarmActions=[topic])
    feed(aws, name, 50)
    evaluate(aws)
    (summary,) = eventually(lambda: history(aws, name, "Action"))
    assert "not authorized to perform: kms:Decrypt" in summary
    assert take(aws, url) == []


def test_a_function_is_invoked_that_allows_it(aws: EmbeddedAws) -> None:
    """R-B10, R-E6: by lambda.alarms.cloudwatch.amazonaws.com, for this alarm."""
    function = make_function(aws, "import json\ndef handler(e, c): print('GOT ' + json.dumps(e))")
    arn = f"arn:aws:lambda:us-east-1:{aws.account}:function:{function}"
    name = make_alarm(aws, AlarmActions=[arn], OKActions=[arn])
    feed(aws, name, 1)
    evaluate(aws)
    (summary,) = eventually(lambda: history(aws, name, "Action"))
    assert "not authorized to perform: lambda:InvokeFunction" in summary

    aws.client("lambda").add_permission(
        FunctionName=function,
        StatementId="alarm",
        Action="lambda:InvokeFunction",
        Principal="lambda.alarms.cloudwatch.amazonaws.com",
        SourceAccount=aws.account,
        SourceArn=described(aws, name)["AlarmArn"],
    )
    feed(aws, name, 50)
    evaluate(aws)

    def got() -> list[str]:
        return [line for line in log_lines(aws, function) if line.startswith("GOT ")]

    event = json.loads(eventually(got)[0].removeprefix("GOT "))
    assert event["source"] == "aws.cloudwatch"
    assert event["alarmArn"] == described(aws, name)["AlarmArn"]
    data = event["alarmData"]
    assert (data["previousState"]["value"], data["state"]["value"]) == ("OK", "ALARM")
    (metric,) = data["configuration"]["metrics"]
    assert metric["metricStat"]["stat"] == "Sum"
    assert metric["metricStat"]["metric"] == {"namespace": name, "name": "m", "dimensions": {}}


def test_eventbridge_gets_every_change(aws: EmbeddedAws) -> None:
    """R-B10: on the default bus, whatever actions the alarm has."""
    url, arn = make_queue(aws)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    aws.client("sqs").set_queue_attributes(
        QueueUrl=url,
        Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})},
    )
    name, rule, events = unique("alarm"), unique("rule"), aws.client("events")
    pattern = {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {"alarmName": [name], "state": {"value": ["ALARM"]}},
    }
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": arn}])
    make_alarm(aws, AlarmName=name)
    feed(aws, name, 50)
    evaluate(aws)

    event = received(aws, url)
    assert event["resources"] == [described(aws, name)["AlarmArn"]]
    assert event["region"] == "us-east-1"
    state = event["detail"]["state"]
    assert state["value"] == "ALARM"
    assert json.loads(state["reasonData"])["recentDatapoints"] == [50.0]
    assert event["detail"]["previousState"]["value"] == "INSUFFICIENT_DATA"
    assert event["detail"]["configuration"]["metrics"][0]["returnData"] is True


def test_a_state_that_is_set_is_checked(aws: EmbeddedAws) -> None:
    """R-B10: SetAlarmState: the alarm must be there, the data JSON."""
    client, name = aws.client("cloudwatch"), make_alarm(aws)
    with pytest.raises(client.exceptions.ResourceNotFound):
        client.set_alarm_state(AlarmName=unique("none"), StateValue="OK", StateReason="r")
    with pytest.raises(ClientError, match="InvalidFormat"):
        client.set_alarm_state(
            AlarmName=name, StateValue="OK", StateReason="r", StateReasonData="{no"
        )
