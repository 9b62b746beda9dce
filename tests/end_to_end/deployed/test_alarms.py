"""Alarms of the deployed region: they see trouble, and tell the encrypted topic."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end.deployed.conftest import PRIMARY, Deployment

MALFORMED = "nobody can read this"


@pytest.fixture
def told(deployed: Deployment) -> Iterator[str]:
    """The URL of a queue that hears of all alarms."""
    sqs, sns = deployed.aws.client("sqs", PRIMARY), deployed.aws.client("sns", PRIMARY)
    topic = deployed.names.topic_arn("alerts", PRIMARY)
    url = sqs.create_queue(QueueName="heard-of-alarms")["QueueUrl"]
    wanted = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = wanted["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
    yield url
    sns.unsubscribe(SubscriptionArn=subscription)
    sqs.delete_queue(QueueUrl=url)


def states(deployed: Deployment, *alarms: str) -> dict[str, str]:
    cloudwatch = deployed.aws.client("cloudwatch", PRIMARY)
    names = {deployed.names.alarm(each): each for each in alarms}
    kinds = ["MetricAlarm", "CompositeAlarm"]
    found = cloudwatch.describe_alarms(AlarmNames=list(names), AlarmTypes=kinds)
    every = [*found["MetricAlarms"], *found["CompositeAlarms"]]
    return {names[each["AlarmName"]]: each["StateValue"] for each in every}


def messages(deployed: Deployment, url: str) -> list[dict[str, Any]]:
    answer = deployed.aws.client("sqs", PRIMARY).receive_message(
        QueueUrl=url, MaxNumberOfMessages=10
    )
    return [json.loads(json.loads(each["Body"])["Message"]) for each in answer.get("Messages", [])]


def test_dead_letters_set_off_their_alarm_and_the_regions(deployed: Deployment, told: str) -> None:
    """R-A12 R-B10 R-A8: through the topic's policy and the customer key, in one region alone."""
    alarms = ("data-processing-dead-letters", "data-processor-malformed-events", "pipeline")
    sqs = deployed.aws.client("sqs", PRIMARY)
    url = sqs.get_queue_url(QueueName=deployed.names.queue("data-processing"))["QueueUrl"]

    sqs.send_message(QueueUrl=url, MessageBody=MALFORMED)

    heard: list[dict[str, Any]] = []
    wanted = {deployed.names.alarm(each) for each in alarms[:2]}
    deadline = time.monotonic() + 120
    while not wanted <= {each["AlarmName"] for each in heard if each["NewStateValue"] == "ALARM"}:
        assert time.monotonic() < deadline, (heard, states(deployed, *alarms))
        heard += messages(deployed, told)
        time.sleep(0.5)
    while states(deployed, "pipeline") != {"pipeline": "ALARM"}:
        assert time.monotonic() < deadline
        time.sleep(0.5)

    letters = next(each for each in heard if each["AlarmName"].endswith("letters-dev"))
    assert "make redrive" in letters["AlarmDescription"]
    assert letters["Trigger"]["MetricName"] == "ApproximateNumberOfMessagesVisible"
    dead = sqs.get_queue_url(QueueName=deployed.names.queue("data-processing-dlq"))["QueueUrl"]
    sqs.purge_queue(QueueUrl=dead)
