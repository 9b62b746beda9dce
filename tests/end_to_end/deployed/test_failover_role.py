"""The role of whoever announces a lost region's objects in the other one."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from operations.demo.processing import Upload
from tests.end_to_end.deployed.conftest import PRIMARY, SECONDARY, Deployment


@pytest.fixture(scope="module")
def operator(deployed: Deployment) -> boto3.Session:
    """A session of the role, from STS in the region that still stands."""
    sts = deployed.aws.client("sts", SECONDARY)
    role = deployed.names.role_arn("failover-operator", PRIMARY)
    given = sts.assume_role(RoleArn=role, RoleSessionName="drill")["Credentials"]
    return boto3.Session(
        given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], SECONDARY
    )


@pytest.fixture(scope="module")
def announced(deployed: Deployment) -> Upload:
    """An object that was processed already."""
    path = deployed.made_up / "parcels" / "other dates.csv"
    sample = deployed.sample("parcels", path, SECONDARY, "failover/other dates.csv")
    (upload,) = deployed.upload([sample])
    deployed.wait([upload])
    return upload


def client(deployed: Deployment, operator: boto3.Session, service: str) -> Any:
    session: Any = operator
    return session.client(service, endpoint_url=deployed.aws.endpoint)


def test_it_finds_out_what_was_processed(
    deployed: Deployment, operator: boto3.Session, announced: Upload
) -> None:
    """R-A11 R-A10: it reads the ledger of both regions and lists the objects' versions."""
    found = client(deployed, operator, "dynamodb").query(
        TableName=deployed.names.table("object-ledger"),
        KeyConditionExpression="objectId = :id",
        ExpressionAttributeValues={":id": {"S": announced.object_id}},
    )
    assert [item["status"]["S"] for item in found["Items"]] == ["COMPLETED"]
    listed = client(deployed, operator, "s3").list_object_versions(
        Bucket=deployed.names.bucket("data-ingestion", SECONDARY), Prefix=announced.sample.key
    )
    assert len(listed["Versions"]) == 1


def test_an_object_announced_again_changes_nothing(
    deployed: Deployment, operator: boto3.Session, announced: Upload
) -> None:
    """R-A11 R-F3: the repeated announcement is read, and is a no-op."""
    tables = [deployed.names.table(name) for name in ("processed-data", "object-ledger")]
    before = [deployed.items(table, SECONDARY) for table in tables]
    sqs = client(deployed, operator, "sqs")
    url = sqs.get_queue_url(QueueName=deployed.names.queue("data-processing"))["QueueUrl"]
    event = {
        "detail-type": "Object Created",
        "source": "aws.s3",
        "region": SECONDARY,
        "detail": {
            "bucket": {"name": deployed.names.bucket("data-ingestion", SECONDARY)},
            "object": {
                "key": announced.sample.key,
                "version-id": announced.object_id.rpartition("#")[2],
            },
            "reason": "PutObject",
        },
    }

    sent = sqs.send_message(QueueUrl=url, MessageBody=json.dumps(event))

    assert sent["MessageId"]
    deployed.wait([announced])
    assert [deployed.items(table, SECONDARY) for table in tables] == before
    assert '"object repeated"' in processor_log(deployed)


def test_it_cannot_change_the_data(deployed: Deployment, operator: boto3.Session) -> None:
    """R-A11: it reads and announces; AWS refuses the rest."""
    dynamodb = client(deployed, operator, "dynamodb")
    item = {"recordId": {"S": "parcels#X"}, "timestamp": {"S": "2026-11-01T00:00:00.000000Z"}}
    ledger = {"objectId": {"S": "parcels/x#1"}, "region": {"S": SECONDARY}}
    forbidden: list[Callable[[], object]] = [
        lambda: dynamodb.put_item(TableName=deployed.names.table("processed-data"), Item=item),
        lambda: dynamodb.delete_item(TableName=deployed.names.table("object-ledger"), Key=ledger),
        lambda: client(deployed, operator, "s3").put_object(
            Bucket=deployed.names.bucket("data-ingestion", SECONDARY), Key="parcels/x.csv", Body=b""
        ),
    ]
    for attempt in forbidden:
        with pytest.raises(ClientError) as refused:
            attempt()
        assert refused.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")


def processor_log(deployed: Deployment) -> str:
    pages = deployed.aws.client("logs", SECONDARY).get_paginator("filter_log_events")
    group = deployed.names.log_group("data-processor")
    return "\n".join(
        event["message"] for page in pages.paginate(logGroupName=group) for event in page["events"]
    )
