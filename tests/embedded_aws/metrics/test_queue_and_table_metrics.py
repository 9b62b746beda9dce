"""R-B10, R-C5: metrics of queues and tables.

Oracles: SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS"; DynamoDB Developer
Guide, "DynamoDB metrics and dimensions".
"""

from __future__ import annotations

import json
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.functions.making import eventually, make_queue, take, unique
from tests.embedded_aws.metrics.reading import statistic

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws


def of_queue(aws: EmbeddedAws, arn: str, metric: str, kind: str = "Sum") -> float | None:
    return statistic(aws, "AWS/SQS", metric, {"QueueName": arn.split(":")[5]}, kind)


def test_messages_are_counted_on_their_way(aws: EmbeddedAws) -> None:
    """R-C5: sent, received, deleted; a batch counts each of its messages."""
    url, arn = make_queue(aws)
    sqs = aws.client("sqs")
    sqs.send_message(QueueUrl=url, MessageBody="one")
    entries = [{"Id": str(number), "MessageBody": "more"} for number in range(3)]
    sqs.send_message_batch(QueueUrl=url, Entries=entries)
    received = take(aws, url)
    for message in received[:2]:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    take(aws, url)

    assert len(received) == 4
    assert of_queue(aws, arn, "NumberOfMessagesSent") == 4
    assert of_queue(aws, arn, "NumberOfMessagesReceived") == 4
    assert of_queue(aws, arn, "NumberOfMessagesDeleted") == 2
    assert of_queue(aws, arn, "NumberOfEmptyReceives") == 1
    assert of_queue(aws, arn, "SentMessageSize", "Maximum") == 4


def test_what_lies_in_a_queue_is_seen_when_somebody_looks(aws: EmbeddedAws) -> None:
    """R-C5: visible, in flight, delayed; the age is real and counts what is in flight, too."""
    url, arn = make_queue(aws)
    sqs = aws.client("sqs")
    assert of_queue(aws, arn, "ApproximateNumberOfMessagesVisible", "Maximum") == 0
    for body in ("one", "two"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=60)
    sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)
    time.sleep(1.1)

    assert of_queue(aws, arn, "ApproximateNumberOfMessagesVisible", "Maximum") == 1
    assert of_queue(aws, arn, "ApproximateNumberOfMessagesNotVisible", "Maximum") == 1
    assert of_queue(aws, arn, "ApproximateNumberOfMessagesDelayed", "Maximum") == 1
    age = of_queue(aws, arn, "ApproximateAgeOfOldestMessage", "Maximum")
    assert age is not None
    assert 1.1 <= age < 20


def test_a_dead_letter_ages_from_its_move_on(aws: EmbeddedAws) -> None:
    """R-C5: and the move is none of the messages sent."""
    dead_url, dead = make_queue(aws)
    policy = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": "1"})
    url, _arn = make_queue(aws, RedrivePolicy=policy, VisibilityTimeout="0")
    aws.client("sqs").send_message(QueueUrl=url, MessageBody="poison")
    time.sleep(1.1)
    take(aws, url)
    take(aws, url)

    assert of_queue(aws, dead, "ApproximateNumberOfMessagesVisible", "Maximum") == 1
    age = of_queue(aws, dead, "ApproximateAgeOfOldestMessage", "Maximum")
    assert age is not None
    assert age < 1
    assert of_queue(aws, dead, "NumberOfMessagesSent") is None
    aws.client("sqs").purge_queue(QueueUrl=dead_url)


def inject(aws: EmbeddedAws, **fault: Any) -> None:
    request = urllib.request.Request(  # noqa: S310 - http on loopback
        f"{aws.endpoint}/_embedded/faults", data=json.dumps(fault).encode(), method="POST"
    )
    urllib.request.urlopen(request).close()  # noqa: S310


def test_failed_requests_to_tables_are_counted(aws: EmbeddedAws) -> None:
    """R-B10: throttled, refused by a condition, AWS's fault, the caller's own."""
    client, table = aws.client("dynamodb"), unique("table")
    client.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    item = {"id": {"S": "one"}}
    mine = statistic(aws, "AWS/DynamoDB", "UserErrors") or 0
    client.put_item(TableName=table, Item=item)
    throttled = "ProvisionedThroughputExceededException"
    inject(aws, operation="dynamodb:PutItem", code=throttled, status=400)
    inject(aws, operation="dynamodb:BatchWriteItem", code="InternalServerError", status=500)
    client.put_item(TableName=table, Item=item)  # boto3 tries again
    client.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": item}}]})
    with pytest.raises(ClientError):
        client.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(id)")
    with pytest.raises(ClientError):
        client.put_item(TableName=table, Item={"other": {"S": "one"}})

    def count(metric: str, **dimensions: str) -> float | None:
        return statistic(aws, "AWS/DynamoDB", metric, {"TableName": table, **dimensions})

    assert count("ThrottledRequests", Operation="PutItem") == 1
    assert count("WriteThrottleEvents") == 1
    assert count("ReadThrottleEvents") is None
    assert count("SystemErrors", Operation="BatchWriteItem") == 1
    assert count("ConditionalCheckFailedRequests") == 1
    assert count("SystemErrors", Operation="PutItem") is None
    assert statistic(aws, "AWS/DynamoDB", "UserErrors") == mine + 1


def test_the_latency_of_replication_is_told_by_the_sending_region(aws: EmbeddedAws) -> None:
    """R-B10: for each receiving region; what waits for a region that is down takes that long."""
    client, table = aws.client("dynamodb"), unique("table")
    client.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    client.update_table(TableName=table, ReplicaUpdates=[{"Create": {"RegionName": "us-west-2"}}])
    dimensions = {"TableName": table, "ReceivingRegion": "us-west-2"}

    def slowest() -> float:
        return statistic(aws, "AWS/DynamoDB", "ReplicationLatency", dimensions, "Maximum") or 0.0

    client.put_item(TableName=table, Item={"id": {"S": "one"}})
    eventually(slowest)
    assert slowest() < 60_000
    aws.state.regions_down["us-west-2"] = "503"
    client.put_item(TableName=table, Item={"id": {"S": "two"}})
    time.sleep(1.2)
    aws.state.regions_down.clear()
    eventually(lambda: slowest() >= 1200)
