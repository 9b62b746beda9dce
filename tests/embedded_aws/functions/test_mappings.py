"""R-A8, R-A9: event source mappings pull with the function's role."""

from __future__ import annotations

import base64
import json
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.functions.making import (
    eventually,
    make_function,
    make_queue,
    take,
    unique,
)

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws

POLL = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
READ = ["dynamodb:DescribeStream", "dynamodb:GetShardIterator", "dynamodb:GetRecords"]
# Reports what it gets into a queue; fails what says so.
QUEUE_CONSUMER = """
import boto3, json, os
def handler(event, context):
    bad = [r for r in event["Records"] if r["body"] == "bad"]
    good = [r["body"] for r in event["Records"] if r["body"] != "bad"]
    boto3.client("sqs").send_message(QueueUrl=os.environ["SEEN"], MessageBody=json.dumps(good))
    return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in bad]}
"""
STREAM_CONSUMER = """
import boto3, json, os
def handler(event, context):
    ids = [r["dynamodb"]["Keys"]["pk"]["S"] for r in event["Records"]]
    if os.environ["REPORT"] and "poison" in ids:
        first = ids.index("poison")
        number = event["Records"][first]["dynamodb"]["SequenceNumber"]
        ids, failures = ids[:first], [{"itemIdentifier": number}]
    elif "poison" in ids:
        raise ValueError("poison")
    else:
        failures = []
    boto3.client("sqs").send_message(QueueUrl=os.environ["SEEN"], MessageBody=json.dumps(ids))
    return {"batchItemFailures": failures}
"""


def seen(aws: EmbeddedAws, url: str, into: list[Any]) -> list[Any]:
    """Collect what a consumer reported."""
    for message in take(aws, url):
        into += json.loads(message["Body"])
        aws.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return into


def make_table(aws: EmbeddedAws) -> tuple[str, str]:
    """Return (name, stream ARN) of a new table."""
    name = unique("table")
    client = aws.client("dynamodb")
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    return name, client.describe_table(TableName=name)["Table"]["LatestStreamArn"]


def put(aws: EmbeddedAws, table: str, *keys: str, **attributes: Any) -> None:
    """Put items with these keys."""
    for key in keys:
        aws.client("dynamodb").put_item(TableName=table, Item={"pk": {"S": key}, **attributes})


def stream_consumer(
    aws: EmbeddedAws, stream: str, report: str = "", **settings: Any
) -> tuple[str, str, str]:
    """Return (queue with what was seen, uuid of the mapping, function) of a new consumer."""
    url, arn = make_queue(aws)
    dead = settings.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", arn)
    allowed = ("s3:PutObject", f"{dead}/*") if ":s3:" in dead else ("sqs:SendMessage", [arn, dead])
    name = make_function(
        aws,
        STREAM_CONSUMER,
        (READ, stream),
        ("sqs:SendMessage", arn),
        allowed,
        Environment={"Variables": {"SEEN": url, "REPORT": report}},
    )
    settings = {"StartingPosition": "TRIM_HORIZON", **settings}
    if report:
        settings["FunctionResponseTypes"] = ["ReportBatchItemFailures"]
    made = aws.client("lambda").create_event_source_mapping(
        FunctionName=name, EventSourceArn=stream, **settings
    )
    return url, made["UUID"], name


def test_a_partly_failed_batch_leaves_only_the_failed_message_for_the_dead_letter_queue(
    aws: EmbeddedAws,
) -> None:
    dead_url, dead_arn = make_queue(aws)
    policy = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
    url, arn = make_queue(aws, VisibilityTimeout="4", RedrivePolicy=policy)
    seen_url, seen_arn = make_queue(aws)
    name = make_function(
        aws,
        QUEUE_CONSUMER,
        (POLL, arn),
        ("sqs:SendMessage", seen_arn),
        Environment={"Variables": {"SEEN": seen_url}},
        Timeout=4,
    )
    for body in ("one", "bad", "two"):
        aws.client("sqs").send_message(QueueUrl=url, MessageBody=body)

    aws.client("lambda").create_event_source_mapping(
        FunctionName=name,
        EventSourceArn=arn,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        ScalingConfig={"MaximumConcurrency": 2},
    )

    assert eventually(lambda: take(aws, dead_url), 60)[0]["Body"] == "bad"
    got: list[Any] = []
    eventually(lambda: len(seen(aws, seen_url, got)) >= 2)
    assert sorted(got) == ["one", "two"]


def test_filtered_messages_are_deleted_unseen_and_a_disabled_mapping_leaves_them(
    aws: EmbeddedAws,
) -> None:
    url, arn = make_queue(aws)
    seen_url, seen_arn = make_queue(aws)
    name = make_function(
        aws,
        QUEUE_CONSUMER,
        (POLL, arn),
        ("sqs:SendMessage", seen_arn),
        Environment={"Variables": {"SEEN": seen_url}},
    )
    client, sqs = aws.client("lambda"), aws.client("sqs")
    uuid = client.create_event_source_mapping(
        FunctionName=name,
        EventSourceArn=arn,
        Enabled=False,
        FilterCriteria={"Filters": [{"Pattern": json.dumps({"body": {"kind": ["wanted"]}})}]},
    )["UUID"]
    for kind in ("other", "wanted"):
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"kind": kind}))
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    assert list(counts.values()) == ["2", "0"]

    client.update_event_source_mapping(UUID=uuid, Enabled=True)

    got: list[Any] = []
    eventually(lambda: seen(aws, seen_url, got))
    assert [json.loads(body)["kind"] for body in got] == ["wanted"]

    def empty() -> bool:
        counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return list(counts.values()) == ["0", "0"]

    eventually(empty)


def test_a_mapping_whose_role_may_not_receive_is_in_the_report(aws: EmbeddedAws) -> None:
    """R-F2."""
    url, arn = make_queue(aws)
    name = make_function(aws, "def handler(e, c): return 1")
    made = aws.client("lambda").create_event_source_mapping(FunctionName=name, EventSourceArn=arn)
    aws.client("sqs").send_message(QueueUrl=url, MessageBody="x")

    eventually(
        lambda: any(
            d.action == "sqs:ReceiveMessage" and d.resource == arn for d in aws.state.denied
        )
    )

    aws.client("lambda").delete_event_source_mapping(UUID=made["UUID"])
    assert [m["Body"] for m in take(aws, url)] == ["x"]


@pytest.mark.parametrize(
    ("queue", "settings", "message"),
    [
        ({"VisibilityTimeout": "5"}, {}, "less than Function timeout"),
        ({}, {"BatchSize": 11}, "Maximum batch window"),
    ],
)
def test_a_mapping_that_lambda_would_refuse_is_refused(
    aws: EmbeddedAws, queue: dict[str, str], settings: dict[str, Any], message: str
) -> None:
    _, arn = make_queue(aws, **queue)
    name = make_function(aws, "", (POLL, arn))
    client = aws.client("lambda")

    with pytest.raises(ClientError, match=message):
        client.create_event_source_mapping(FunctionName=name, EventSourceArn=arn, **settings)

    assert client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"] == []


def test_changes_come_in_order_and_those_that_the_filter_refuses_do_not(aws: EmbeddedAws) -> None:
    table, stream = make_table(aws)
    keys = [f"k{n:02}" for n in range(25)]
    put(aws, table, *keys)
    url, _, _ = stream_consumer(
        aws,
        stream,
        BatchSize=10,
        FilterCriteria={"Filters": [{"Pattern": json.dumps({"eventName": ["INSERT"]})}]},
    )
    put(aws, table, "k00", changed={"S": "yes"})
    put(aws, table, "last")

    got: list[Any] = []
    eventually(lambda: "last" in seen(aws, url, got))

    assert got == [*keys, "last"]


def test_latest_begins_with_the_changes_after_the_mapping(aws: EmbeddedAws) -> None:
    table, stream = make_table(aws)
    put(aws, table, "before")
    url, uuid, _ = stream_consumer(aws, stream, StartingPosition="LATEST")
    put(aws, table, "after")
    got: list[Any] = []
    eventually(lambda: "after" in seen(aws, url, got))

    # Disabled and enabled again it goes on where it was.
    aws.client("lambda").update_event_source_mapping(UUID=uuid, Enabled=False)
    put(aws, table, "meanwhile")
    aws.client("lambda").update_event_source_mapping(UUID=uuid, Enabled=True)

    eventually(lambda: "meanwhile" in seen(aws, url, got))
    assert got == ["after", "meanwhile"]


def test_bisection_isolates_a_poison_record_and_its_destination_gets_it(aws: EmbeddedAws) -> None:
    table, stream = make_table(aws)
    put(aws, table, "a", "b", "poison", "c", "d")
    bucket = unique("poison")
    aws.client("s3").create_bucket(Bucket=bucket)

    url, uuid, _ = stream_consumer(
        aws,
        stream,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}},
    )

    got: list[Any] = []
    eventually(lambda: "d" in seen(aws, url, got))
    assert got == ["a", "b", "c", "d"]
    s3 = aws.client("s3")
    (found,) = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert found["Key"].startswith(f"aws/lambda/{uuid}/shardId-")
    record = json.loads(s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read())
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["DDBStreamBatchInfo"]["batchSize"] == 1
    (lost,) = json.loads(record["payload"])["Records"]
    assert lost["dynamodb"]["Keys"] == {"pk": {"S": "poison"}}


def test_a_reported_failure_moves_the_checkpoint_and_a_queue_gets_the_pointer(
    aws: EmbeddedAws,
) -> None:
    table, stream = make_table(aws)
    put(aws, table, "a", "b", "poison")
    dead_url, dead_arn = make_queue(aws)

    url, _, _ = stream_consumer(
        aws,
        stream,
        report="yes",
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": dead_arn}},
    )

    record = json.loads(eventually(lambda: take(aws, dead_url))[0]["Body"])
    assert record["DDBStreamBatchInfo"]["batchSize"] == 1
    assert record["DDBStreamBatchInfo"]["streamArn"] == stream
    assert "payload" not in record
    put(aws, table, "after")
    got: list[Any] = []
    eventually(lambda: "after" in seen(aws, url, got))
    assert got == ["a", "b", "after"]


def make_recorder(aws: EmbeddedAws, stream: str) -> tuple[str, str]:
    """Return a queue's URL, and the name of a function that sends the records it gets there."""
    url, arn = make_queue(aws)
    name = make_function(
        aws,
        "import boto3, json, os\n"
        "def handler(e, c):\n"
        "    boto3.client('sqs').send_message(\n"
        "        QueueUrl=os.environ['SEEN'], MessageBody=json.dumps(e['Records']))\n",
        (READ, stream),
        ("sqs:SendMessage", arn),
        Environment={"Variables": {"SEEN": url}},
    )
    return url, name


def test_stream_events_have_lambdas_form(aws: EmbeddedAws) -> None:
    table, stream = make_table(aws)
    url, name = make_recorder(aws, stream)
    aws.client("lambda").create_event_source_mapping(
        FunctionName=name, EventSourceArn=stream, StartingPosition="TRIM_HORIZON"
    )

    put(aws, table, "k", blob={"B": b"\x00\x01"}, n={"N": "1.50"}, s={"SS": ["a"]})

    record = json.loads(eventually(lambda: take(aws, url))[0]["Body"])[0]
    assert record["eventSource"] == "aws:dynamodb"
    assert record["eventSourceARN"] == stream
    assert record["awsRegion"] == "us-east-1"
    image = record["dynamodb"]["NewImage"]
    assert image["blob"] == {"B": base64.b64encode(b"\x00\x01").decode()}
    assert image["s"] == {"SS": ["a"]}
    assert isinstance(record["dynamodb"]["ApproximateCreationDateTime"], float)
    assert isinstance(record["dynamodb"]["SequenceNumber"], str)
    assert "userIdentity" not in record


def test_a_deletion_by_time_to_live_names_dynamodb_as_lambda_does(aws: EmbeddedAws) -> None:
    """R-A9: and the admin API says when time is over."""
    table, stream = make_table(aws)
    aws.client("dynamodb").update_time_to_live(
        TableName=table, TimeToLiveSpecification={"AttributeName": "ends", "Enabled": True}
    )
    url, name = make_recorder(aws, stream)
    put(aws, table, "short", ends={"N": "2000000000"})
    put(aws, table, "long", ends={"N": "2000000002"})
    put(aws, table, "endless")
    aws.client("lambda").create_event_source_mapping(
        FunctionName=name,
        EventSourceArn=stream,
        StartingPosition="TRIM_HORIZON",
        FilterCriteria={"Filters": [{"Pattern": json.dumps({"eventName": ["REMOVE"]})}]},
    )

    request = urllib.request.Request(  # noqa: S310 - http on loopback
        f"{aws.endpoint}/_embedded/expire", data=b'{"now": 2000000001}', method="POST"
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - http on loopback
        assert json.load(answer) == {"deleted": 1}

    (record,) = json.loads(eventually(lambda: take(aws, url))[0]["Body"])
    assert record["dynamodb"]["Keys"] == {"pk": {"S": "short"}}
    assert record["userIdentity"] == {"principalId": "dynamodb.amazonaws.com", "type": "Service"}


def test_a_mapping_of_an_alias_follows_it_to_another_version(aws: EmbeddedAws) -> None:
    """R-E3, R-C7: the mapping stays as it is; what the alias names runs."""
    seen_url, seen_arn = make_queue(aws)
    url, arn = make_queue(aws)
    source = (
        "import boto3, json\n"
        "def handler(e, c):\n"
        f" boto3.client('sqs').send_message(QueueUrl={seen_url!r},"
        " MessageBody=json.dumps([c.function_version, c.invoked_function_arn[-5:]]))\n"
    )
    name = make_function(
        aws, source, (POLL, arn), ("sqs:SendMessage", seen_arn), Publish=True, Timeout=5
    )
    client, sqs = aws.client("lambda"), aws.client("sqs")
    alias = client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")["AliasArn"]
    mapping = client.create_event_source_mapping(FunctionName=alias, EventSourceArn=arn)
    assert mapping["FunctionArn"] == alias
    sqs.send_message(QueueUrl=url, MessageBody="first")
    assert eventually(lambda: seen(aws, seen_url, [])) == ["1", ":live"]

    client.update_function_configuration(FunctionName=name, Description="new", Timeout=6)
    second = client.publish_version(FunctionName=name)["Version"]
    client.update_alias(FunctionName=name, Name="live", FunctionVersion=second)
    sqs.send_message(QueueUrl=url, MessageBody="second")

    assert eventually(lambda: seen(aws, seen_url, [])) == [second, ":live"]
    found = client.update_event_source_mapping(UUID=mapping["UUID"], FunctionName=name)
    assert found["FunctionArn"].endswith(f":function:{name}")
