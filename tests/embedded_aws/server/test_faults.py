"""R-F3: faults that leave a caller in doubt, kill it, or disturb what is delivered."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)

from embedded_aws.functions.sandbox import Sandbox
from tests.embedded_aws.functions.making import (
    call,
    eventually,
    make_function,
    make_queue,
    take,
    unique,
)
from tests.embedded_aws.server.test_admin import ONCE, admin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from embedded_aws.server import EmbeddedAws

EAST = "us-east-1"


@pytest.fixture
def fault(aws: EmbeddedAws) -> Iterator[Callable[..., None]]:
    """Injects faults by the admin API, and takes them back."""

    def inject(**fields: Any) -> None:
        status, answer = admin(aws, "POST", "faults", fields)
        assert status == 200, answer

    yield inject
    aws.state.faults.clear()


@pytest.fixture
def table(aws: EmbeddedAws) -> str:
    name = unique("table")
    aws.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def puts(*names: str) -> list[dict[str, Any]]:
    return [{"PutRequest": {"Item": {"pk": {"S": name}}}} for name in names]


def stored(aws: EmbeddedAws, table: str) -> set[str]:
    items = aws.client("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"]
    return {item["pk"]["S"] for item in items}


def test_a_part_of_a_batch_comes_back_as_unprocessed(
    aws: EmbeddedAws, table: str, fault: Callable[..., None]
) -> None:
    """What comes back was not written, and everything else was."""
    names = {str(number) for number in range(25)}
    fault(kind="unprocessed", operation="dynamodb:BatchWriteItem", share=0.5)
    dynamodb = aws.client("dynamodb", config=ONCE)

    answer = dynamodb.batch_write_item(RequestItems={table: puts(*names)})

    back = {each["PutRequest"]["Item"]["pk"]["S"] for each in answer["UnprocessedItems"][table]}
    assert 0 < len(back) < 25
    assert stored(aws, table) == names - back
    again = dynamodb.batch_write_item(RequestItems=answer["UnprocessedItems"])
    assert again["UnprocessedItems"] == {}
    assert stored(aws, table) == names


def test_a_batch_of_which_nothing_is_processed_is_refused(
    aws: EmbeddedAws, table: str, fault: Callable[..., None]
) -> None:
    """ "BatchWriteItem", Amazon DynamoDB API reference."""
    fault(kind="unprocessed", share=1.0)
    dynamodb = aws.client("dynamodb", config=ONCE)

    with pytest.raises(ClientError, match="ProvisionedThroughputExceeded"):
        dynamodb.batch_write_item(RequestItems={table: puts("a", "b")})

    assert stored(aws, table) == set()


@pytest.mark.parametrize(("when", "written"), [("before", set()), ("after", {"a"})])
@pytest.mark.parametrize("kind", ["error", "reset"])
def test_a_caller_that_learns_nothing_may_have_written(
    aws: EmbeddedAws,
    table: str,
    fault: Callable[..., None],
    kind: str,
    when: str,
    written: set[str],
) -> None:
    fault(kind=kind, when=when, operation="dynamodb:PutItem")
    dynamodb = aws.client("dynamodb", config=ONCE)

    with pytest.raises((ClientError, BotoCoreError)):
        dynamodb.put_item(TableName=table, Item={"pk": {"S": "a"}})

    assert stored(aws, table) == written


def test_a_connection_breaks_in_the_middle_of_an_answer(
    aws: EmbeddedAws, fault: Callable[..., None]
) -> None:
    """Half of an object arrives, and the reader can tell."""
    s3, bucket = aws.client("s3", config=ONCE), unique("half")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 100_000)
    fault(kind="reset", when="during", operation="s3:GetObject")

    body = s3.get_object(Bucket=bucket, Key="k")["Body"]
    arrived = body.read(50_000)
    with pytest.raises((IncompleteReadError, ResponseStreamingError)):
        body.read()

    assert arrived == b"x" * 50_000
    assert len(s3.get_object(Bucket=bucket, Key="k")["Body"].read()) == 100_000


def test_a_call_takes_longer_than_its_caller_waits(
    aws: EmbeddedAws, table: str, fault: Callable[..., None]
) -> None:
    fault(operation="dynamodb:PutItem", status=0, delay=1)
    dynamodb = aws.client(
        "dynamodb", config=ONCE.merge(type(ONCE)(read_timeout=0.2, connect_timeout=1))
    )

    with pytest.raises(ReadTimeoutError):
        dynamodb.put_item(TableName=table, Item={"pk": {"S": "late"}})

    assert eventually(lambda: stored(aws, table)) == {"late"}


WRITER = """
import os, boto3
client = boto3.client("dynamodb")
def handler(event, context):
    for name in "abc":
        client.put_item(TableName=event["table"], Item={"pk": {"S": name}})
    return os.getpid()
"""


@pytest.mark.parametrize(("when", "written"), [("before", {"a"}), ("after", {"a", "b"})])
def test_a_function_is_killed_at_its_nth_call(
    aws: EmbeddedAws,
    table: str,
    fault: Callable[..., None],
    when: str,
    written: set[str],
) -> None:
    """Right before or right after its second write; others' sandboxes live on."""
    name = make_function(aws, WRITER, ("dynamodb:PutItem", "*"))
    other = make_function(aws, "import os\ndef handler(e, c): return os.getpid()")
    alive, _ = call(aws, other)
    fault(kind="kill", when=when, operation="dynamodb:PutItem", skip=1)

    payload, error = call(aws, name, {"table": table})

    assert error == "Unhandled"
    assert payload["errorType"] == "Runtime.ExitError"
    assert stored(aws, table) == written
    assert call(aws, other) == (alive, None)
    assert call(aws, name, {"table": table})[1] is None
    assert stored(aws, table) == {"a", "b", "c"}


def test_nobody_but_a_function_is_killed(
    aws: EmbeddedAws, table: str, fault: Callable[..., None]
) -> None:
    fault(kind="kill", operation="dynamodb:PutItem")

    aws.client("dynamodb", config=ONCE).put_item(TableName=table, Item={"pk": {"S": "a"}})

    assert stored(aws, table) == {"a"}


def test_a_message_is_delivered_twice(aws: EmbeddedAws, fault: Callable[..., None]) -> None:
    """ "At-least-once delivery", Amazon SQS Developer Guide: the same message, by its id."""
    url, arn = make_queue(aws)
    fault(kind="delivery", operation=f"sqs:{arn.rpartition(':')[2]}")

    sent = aws.client("sqs").send_message(QueueUrl=url, MessageBody="x")["MessageId"]

    received = take(aws, url)
    assert [each["MessageId"] for each in received] == [sent, sent]
    assert len({each["ReceiptHandle"] for each in received}) == 2
    sqs = aws.client("sqs")
    sqs.delete_message(QueueUrl=url, ReceiptHandle=received[0]["ReceiptHandle"])
    sqs.change_message_visibility(
        QueueUrl=url, ReceiptHandle=received[1]["ReceiptHandle"], VisibilityTimeout=0
    )
    assert len(take(aws, url)) == 1


def test_messages_come_late_and_out_of_order(aws: EmbeddedAws, fault: Callable[..., None]) -> None:
    url, arn = make_queue(aws)
    fault(kind="delivery", operation=f"sqs:{arn.rpartition(':')[2]}", times=1, delay=1, count=None)
    sqs, sent = aws.client("sqs"), [str(number) for number in range(20)]

    for body in sent:
        sqs.send_message(QueueUrl=url, MessageBody=body)

    received: list[str] = []

    def all_there() -> bool:
        received.extend(each["Body"] for each in take(aws, url))
        return len(received) >= len(sent)

    eventually(all_there)
    assert sorted(received, key=int) == sent
    assert received != sent


def test_a_message_that_comes_twice_into_one_batch_is_done_with_twice(
    aws: EmbeddedAws, fault: Callable[..., None]
) -> None:
    url, arn = make_queue(aws, VisibilityTimeout="60")
    results, _ = make_queue(aws)
    name = make_function(
        aws,
        "import boto3\n"
        f"def handler(e, c): boto3.client('sqs').send_message(QueueUrl='{results}', "
        "MessageBody=' '.join(r['body'] for r in e['Records']))\n",
        ("sqs:*", "*"),
    )
    fault(kind="delivery", operation=f"sqs:{arn.rpartition(':')[2]}")
    aws.client("sqs").send_message(QueueUrl=url, MessageBody="x")
    mapping = aws.client("lambda").create_event_source_mapping(
        EventSourceArn=arn, FunctionName=name, BatchSize=10
    )["UUID"]

    assert eventually(lambda: take(aws, results))[0]["Body"] == "x x"

    def left() -> list[str]:
        counts = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        return [value for key, value in counts["Attributes"].items() if "NumberOfMess" in key]

    eventually(lambda: set(left()) == {"0"})
    aws.client("lambda").delete_event_source_mapping(UUID=mapping)


def policy(arn: str, service: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize("times", [0, 2])
def test_eventbridge_delivers_an_event_never_or_twice(
    aws: EmbeddedAws, fault: Callable[..., None], times: int
) -> None:
    """The same event, by its id."""
    events, source = aws.client("events"), unique("source")
    url, arn = make_queue(aws)
    aws.client("sqs").set_queue_attributes(
        QueueUrl=url, Attributes={"Policy": policy(arn, "events.amazonaws.com")}
    )
    events.put_rule(Name=source, EventPattern=json.dumps({"source": [source]}))
    events.put_targets(Rule=source, Targets=[{"Id": "queue", "Arn": arn}])
    fault(kind="delivery", operation=f"events:{arn.rpartition(':')[2]}", times=times)

    for number in range(2):
        entry = {"Source": source, "DetailType": "t", "Detail": json.dumps({"n": number})}
        events.put_events(Entries=[entry])

    received: list[dict[str, Any]] = []

    def all_there() -> bool:
        received.extend(json.loads(each["Body"]) for each in take(aws, url))
        return len(received) >= times + 1

    eventually(all_there)
    time.sleep(0.1)
    assert take(aws, url) == []
    assert sorted(each["detail"]["n"] for each in received) == [0] * times + [1]
    assert len({each["id"] for each in received}) == (2 if times else 1)


def test_a_bucket_notifies_twice(aws: EmbeddedAws, fault: Callable[..., None]) -> None:
    s3, bucket = aws.client("s3"), unique("twice")
    url, arn = make_queue(aws)
    aws.client("sqs").set_queue_attributes(
        QueueUrl=url, Attributes={"Policy": policy(arn, "s3.amazonaws.com")}
    )
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={
            "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]
        },
    )
    eventually(lambda: take(aws, url))  # the test event
    fault(kind="delivery", operation=f"s3:{arn.rpartition(':')[2]}")

    s3.put_object(Bucket=bucket, Key="k", Body=b"")

    received: list[str] = []

    def both_there() -> bool:
        received.extend(each["Body"] for each in take(aws, url))
        return len(received) == 2

    eventually(both_there)
    assert received[0] == received[1]


def test_an_asynchronous_event_is_delivered_twice(
    aws: EmbeddedAws, fault: Callable[..., None]
) -> None:
    """Lambda, "How Lambda handles errors and retries with asynchronous invocation"."""
    url, _ = make_queue(aws)
    name = make_function(
        aws,
        "import boto3\n"
        f"def handler(e, c): boto3.client('sqs').send_message(QueueUrl='{url}', MessageBody='x')\n",
        ("sqs:SendMessage", "*"),
    )
    fault(kind="delivery", operation=f"lambda:{name}")

    aws.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")

    received: list[dict[str, Any]] = []

    def both_there() -> bool:
        received.extend(take(aws, url))
        return len(received) == 2

    eventually(both_there)


def test_an_event_waits_until_a_sandbox_can_be_started(
    aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-F3: given a machine without processes for a while; the event is not lost."""
    url, _ = make_queue(aws)
    name = make_function(
        aws,
        "import boto3\n"
        f"def handler(e, c): boto3.client('sqs').send_message(QueueUrl='{url}', MessageBody='x')\n",
        ("sqs:SendMessage", "*"),
    )
    refused: list[int] = []

    begin = Sandbox._begin

    def exhausted(*arguments: Any) -> Any:
        if len(refused) < 3:
            refused.append(1)
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return begin(*arguments)

    monkeypatch.setattr(Sandbox, "_begin", exhausted)
    aws.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")

    eventually(lambda: take(aws, url))
    assert len(refused) == 3
    assert any(name in notice and "no sandbox" in notice for notice in aws.state.notices)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "flood"}, "one of error, reset, kill, unprocessed, delivery"),
        ({"kind": "kill", "when": "during"}, "must be before or after"),
        ({"when": "during"}, "must be before or after"),
        ({"share": 1.5}, "share = 1.5 must be from 0 to 1"),
        ({"skip": -1}, "skip = -1 must be 0 or more"),
        ({"times": "twice"}, "times = 'twice' must be of type int"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(
    aws: EmbeddedAws, fields: dict[str, Any], message: str
) -> None:
    status, answer = admin(aws, "POST", "faults", fields)

    assert status == 400
    assert message in answer["error"]
    assert aws.state.faults == []
