"""`make redrive` on a deployed environment, with what really ends in its dead-letter queues."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from operations.demo.processing import wait_for_rest
from operations.progress import Progress
from tests.end_to_end.deployed.conftest import PRIMARY, SECONDARY, Deployment
from tests.operations.redrive.bodies import destination_record, notification


def url(deployed: Deployment, queue: str, region: str) -> str:
    name = deployed.names.queue(queue)  # type: ignore[arg-type]
    found: str = deployed.aws.client("sqs", region).get_queue_url(QueueName=name)["QueueUrl"]
    return found


@pytest.fixture(scope="module", autouse=True)
def emptied(deployed: Deployment) -> Iterator[None]:
    """Leave no message that nobody can read to other tests."""
    yield
    for region in (PRIMARY, SECONDARY):
        deployed.aws.client("sqs", region).purge_queue(
            QueueUrl=url(deployed, "data-processing-dlq", region)
        )


def result(deployed: Deployment) -> dict[str, Any]:
    text = (deployed.project.folder / "build" / "redrive.json").read_text()
    found: dict[str, Any] = json.loads(text)
    return found


def rest(deployed: Deployment) -> None:
    with Progress("Redriving") as progress:
        wait_for_rest(deployed.aws, progress)


def stream_event(deployed: Deployment, region: str) -> dict[str, Any]:
    """A change as Lambda hands it to the stream processor."""
    table = deployed.names.table("processed-data")
    arn = f"arn:aws:dynamodb:{region}:{deployed.environment.account.id}:table/{table}/stream/x"
    keys = {"recordId": {"S": "orders#given-up"}, "timestamp": {"S": "2026-01-01T00:00:00.000000Z"}}
    record = {
        "eventID": "0123456789abcdef0123456789abcdef",
        "eventName": "REMOVE",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": region,
        "eventSourceARN": arn,
        "dynamodb": {
            "ApproximateCreationDateTime": int(time.time()),
            "Keys": keys,
            "OldImage": keys,
            "SequenceNumber": "100000000000000000001",
            "SizeBytes": 60,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }
    return {"Records": [record]}


def test_what_could_not_be_processed_is_shown_and_sent_back(deployed: Deployment) -> None:
    """R-A8 R-D1: a message that nobody can read, and a direct event that failed."""
    sqs = deployed.aws.client("sqs", PRIMARY)
    sqs.send_message(QueueUrl=url(deployed, "data-processing", PRIMARY), MessageBody="{no JSON")
    path = deployed.made_up / "parcels" / "other dates.csv"
    sample = deployed.sample("parcels", path, PRIMARY, "redriven/other dates.csv")
    (upload,) = deployed.upload([sample])
    deployed.wait([upload])
    version = upload.object_id.rpartition("#")[2]
    event = notification(sample.key, version)
    event["Records"][0]["s3"]["bucket"]["name"] = deployed.names.bucket("data-ingestion", PRIMARY)
    sqs.send_message(
        QueueUrl=url(deployed, "data-processing-dlq", PRIMARY),
        MessageBody=json.dumps(destination_record(event, "OutOfTimeError", "too late")),
    )
    before = deployed.items(deployed.names.table("processed-data"), PRIMARY)

    shown = deployed.user("make", "redrive", "ENV=dev", "DRY=1")

    assert shown.code == 0, shown.text
    assert "us-east-1: 2 messages in the dead-letter queue" in shown.output
    assert "1  OutOfTimeError: too late" in shown.output
    found = result(deployed)["regions"][PRIMARY]["dead_letters"]["causes"]
    assert len(found) == 2
    assert "unknown: received too often" not in found

    sent = deployed.user("make", "redrive", "ENV=dev")

    assert sent.code == 0, sent.text
    counts = result(deployed)["regions"][PRIMARY]["sent_back"]
    assert (counts["announced"], counts["moved"]) == (1, 1)
    rest(deployed)
    assert deployed.items(deployed.names.table("processed-data"), PRIMARY) == before
    again = deployed.user("make", "redrive", "ENV=dev", "DRY=1", f"REGION={PRIMARY}")
    assert "us-east-1: 1 messages in the dead-letter queue" in again.output
    assert list(result(deployed)["regions"]) == [PRIMARY]


def test_a_batch_that_was_given_up_reaches_the_trail_once(deployed: Deployment) -> None:
    """R-A9 R-A8: however often it is sent back."""
    s3 = deployed.aws.client("s3", SECONDARY)
    bucket = deployed.names.bucket("audit-trail", SECONDARY)
    event = stream_event(deployed, SECONDARY)
    record = {
        "requestContext": {"condition": "RecordAgeExceeded"},
        "payload": json.dumps(event),
    }
    for number in range(2):
        key = f"aws/lambda/1b2c/shardId-1/2026/11/20/2026-11-20T10.00.0{number}-x"
        s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(record).encode())

    sent = deployed.user("python", "-m", "operations.redrive", "--environment", "dev")

    assert sent.code == 0, sent.text
    assert result(deployed)["regions"][SECONDARY]["sent_back"]["processed"] == 2
    assert s3.list_objects_v2(Bucket=bucket, Prefix="aws/lambda/")["KeyCount"] == 0
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="audit/")
    lines = [
        line
        for page in pages
        for each in page.get("Contents", [])
        for line in s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read().splitlines()
    ]
    wanted = event["Records"][0]["eventID"]
    assert sum(json.loads(line)["eventID"] == wanted for line in lines) == 1
