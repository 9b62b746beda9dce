"""SendNotification: subscribers are told that a request is done, once (R-E3, R-E4)."""

import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import boto3
import pytest

from request_notifier.notification import InvalidNotificationError
from request_notifier.settings import Settings
from shared.aws_environment import InvalidEnvironmentError
from shared.ledger_entries import Counts
from shared.requests import Request
from tests.functions.conftest import InvocationContext, cold_start
from tests.functions.requests.making import EXECUTION, event

LEDGER = "serverless-object-ledger-dev"
REQUEST = Request("0123abcd", "orders", "ingestion", "requests/orders/0123abcd.json", "v1")
COUNTS = {"read": 3, "stored": 1, "superseded": 1, "rejected": 1}
NOTIFY = {"type": "done", "recipient": "ops@example.com", "message": "Orders are in.\nThanks"}


@pytest.fixture
def queue_url(aws: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """A queue that is told of notifications of the type ``done``."""
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    topic = sns.create_topic(Name="serverless-notifications-dev")["TopicArn"]
    url: str = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint="arn:aws:sqs:us-east-1:123456789012:subscriber",
        Attributes={"FilterPolicy": json.dumps({"type": ["done"]})},
    )
    boto3.client("dynamodb").create_table(
        TableName=LEDGER,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "objectId", "KeyType": "HASH"},
            {"AttributeName": "region", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("objectId", "region")
        ],
    )
    variables = {
        "LEDGER_TABLE_NAME": LEDGER,
        "TOPIC_ARN": topic,
        "POWERTOOLS_METRICS_NAMESPACE": "serverless",
        "POWERTOOLS_SERVICE_NAME": "request-notifier",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return url


@pytest.fixture
def function(queue_url: str) -> Iterator[ModuleType]:
    with cold_start("request_notifier.handler") as module:
        module.ledger.complete(REQUEST, Counts(3, 1, 1, 1), execution_arn=EXECUTION, at="now")
        yield module


def received(queue_url: str) -> list[dict[str, Any]]:
    messages = boto3.client("sqs").receive_message(
        QueueUrl=queue_url, MaxNumberOfMessages=10, VisibilityTimeout=0
    )
    return [json.loads(one["Body"]) for one in messages.get("Messages", [])]


def notified(function: ModuleType, **members: Any) -> dict[str, Any]:
    told = {"notify": NOTIFY, "processing": COUNTS} | members
    found: dict[str, Any] = function.handler(event(REQUEST, **told), InvocationContext())
    return found


def test_a_notification_has_what_was_asked_for_and_the_counts(
    function: ModuleType, queue_url: str
) -> None:
    """R-E3: type, recipient and message; attributes by which subscribers filter."""
    result = notified(function)

    (message,) = received(queue_url)
    assert result == {"sent": True, "messageId": message["MessageId"]}
    assert json.loads(message["Message"]) == {
        **NOTIFY,
        "id": "0123abcd",
        "dataset": "orders",
        "objectId": REQUEST.object_id,
        "status": "COMPLETED",
        "counts": COUNTS,
    }
    attributes = {name: one["Value"] for name, one in message["MessageAttributes"].items()}
    assert attributes == {"type": "done", "recipient": "ops@example.com", "dataset": "orders"}


def test_subscribers_filter(function: ModuleType, queue_url: str) -> None:
    """R-E3."""
    notified(function, notify=NOTIFY | {"type": "other"})

    assert received(queue_url) == []


def test_a_repeated_step_sends_nothing_more(function: ModuleType, queue_url: str) -> None:
    """R-E4: also a redriven execution, or the next attempt."""
    first = notified(function)

    assert notified(function) == first

    assert len(received(queue_url)) == 1
    (state,) = function.ledger.read(REQUEST.id)
    assert (state.status, state.notification_id) == ("COMPLETED", first["messageId"])


def test_without_a_wish_nothing_is_sent(function: ModuleType, queue_url: str) -> None:
    """R-E3: `notify` is optional."""
    assert notified(function, notify=None) == {"sent": False, "messageId": None}
    assert received(queue_url) == []


WRONG = [
    ({"notify": "me"}, "notify is 'me'; it must be an object or null"),
    (
        {"notify": {"type": 1, "message": ""}},
        "notify.type is 1; it must be a text of 1 to 64 characters, no control characters; "
        "notify.recipient is missing; it must be a text of 1 to 256 characters, no control "
        "characters; notify.message is ''; ",
    ),
    ({"notify": NOTIFY | {"message": "x" * 4097}}, "it must be a text of 1 to 4096 characters"),
    ({"notify": NOTIFY | {"type": "a\0"}}, "no control characters"),
    ({"notify": NOTIFY | {"cc": "a"}}, "notify.cc is 'a'; it is not one of: type, recipient"),
    ({"processing": None}, "processing is None; it must be the request's counts"),
]


@pytest.mark.parametrize(("members", "told"), WRONG)
def test_what_cannot_be_sent_is_refused_with_every_problem(
    function: ModuleType, queue_url: str, members: dict[str, Any], told: str
) -> None:
    """R-E3."""
    with pytest.raises(InvalidNotificationError) as refused:
        notified(function, **members)

    assert told in str(refused.value)
    assert received(queue_url) == []


def test_a_wrong_environment_stops_the_function_at_its_start_and_names_everything() -> None:
    with pytest.raises(InvalidEnvironmentError) as refused:
        Settings.read({})
    for name in ("LEDGER_TABLE_NAME", "TOPIC_ARN", "AWS_REGION"):
        assert name in str(refused.value)
