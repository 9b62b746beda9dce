"""Two regions with dead-letter queues, a ledger, an audit trail and its function."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from operations.command_line import configuration
from operations.embedded import EmbeddedAws, embedded_aws
from operations.redrive.__main__ import redrive
from operations.region import Region
from pipeline.datasets import load_datasets
from pipeline.naming import LIVE, Names
from tests.project_copy import ROOT

EAST, WEST = "us-east-1", "us-west-2"
ENVIRONMENT = configuration("dev")
NAMES = Names(ENVIRONMENT)
STREAM_PROCESSOR = """
import json
def handler(event, context):
    for record in event["Records"]:
        if record["eventID"] == "crash":
            raise ValueError("cannot do it")
        if record["eventID"] == "stay":
            return {"batchItemFailures": [{"itemIdentifier": "1"}]}
    return {"batchItemFailures": []}
"""


@dataclass(frozen=True)
class Queues:
    """The two queues, the ledger and the audit trail's bucket of one region."""

    aws: EmbeddedAws
    region: str

    @property
    def sqs(self) -> Any:
        return self.aws.client("sqs", self.region)

    @property
    def s3(self) -> Any:
        return self.aws.client("s3", self.region)

    def url(self, queue: str) -> str:
        name = NAMES.queue(queue)  # type: ignore[arg-type]
        url: str = self.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        return url

    def bury(self, body: Any, **attributes: str) -> None:
        """Put a message into the dead-letter queue."""
        self.sqs.send_message(
            QueueUrl=self.url("data-processing-dlq"),
            MessageBody=body if isinstance(body, str) else json.dumps(body),
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
            },
        )

    def take(self, queue: str) -> list[Any]:
        """Take all messages out of a queue, and return their bodies."""
        url, found = self.url(queue), []
        while messages := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                try:
                    found.append(json.loads(message["Body"]))
                except ValueError:
                    found.append(message["Body"])
        return found

    def enter(self, object_id: str, status: str, reason: str = "", sort_key: str = "") -> None:
        """Put an item into the ledger."""
        item = {
            "objectId": {"S": object_id},
            "region": {"S": sort_key or self.region},
            "status": {"S": status},
            **({"reason": {"S": reason}} if reason else {}),
        }
        self.aws.client("dynamodb", self.region).put_item(
            TableName=NAMES.table("object-ledger"), Item=item
        )

    @property
    def trail(self) -> str:
        return NAMES.bucket("audit-trail", self.region)

    def keep_batch(self, name: str, body: Any) -> str:
        key = f"aws/lambda/8d7c5d0e/shardId-1/2026/11/20/{name}"
        text = body if isinstance(body, str) else json.dumps(body)
        self.s3.put_object(Bucket=self.trail, Key=key, Body=text.encode())
        return key

    def kept(self) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=self.trail).get("Contents", [])
        return [each["Key"] for each in found]


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    folder = tmp_path_factory.mktemp("aws")
    with embedded_aws(ENVIRONMENT.account.id, folder / "aws.sh") as running:
        for region in (EAST, WEST):
            _build(running, region)
        yield running


def _build(aws: EmbeddedAws, region: str) -> None:
    sqs, s3 = aws.client("sqs", region), aws.client("s3", region)
    dead = NAMES.queue_arn("data-processing-dlq", region)
    sqs.create_queue(QueueName=NAMES.queue("data-processing-dlq"))
    policy = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 3})
    sqs.create_queue(QueueName=NAMES.queue("data-processing"), Attributes={"RedrivePolicy": policy})
    location = {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(
        Bucket=NAMES.bucket("audit-trail", region), **(location if region != EAST else {})
    )
    aws.client("dynamodb", region).create_table(
        TableName=NAMES.table("object-ledger"),
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "objectId", "KeyType": "HASH"},
            {"AttributeName": "region", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("objectId", "region")
        ],
    )
    _build_stream_processor(aws, region)


def _build_stream_processor(aws: EmbeddedAws, region: str) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    document = {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
    role = aws.client("iam", region).create_role(
        RoleName=f"stream-{region}", AssumeRolePolicyDocument=json.dumps(document)
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("app.py", STREAM_PROCESSOR)
    name = NAMES.function("stream-processor")
    aws.client("lambda", region).create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=role["Role"]["Arn"],
        Handler="app.handler",
        Timeout=30,
        Code={"ZipFile": archive.getvalue()},
        Publish=True,
    )
    aws.client("lambda", region).create_alias(FunctionName=name, Name=LIVE, FunctionVersion="1")


@pytest.fixture
def east(aws: EmbeddedAws) -> Iterator[Queues]:
    yield from _emptied(aws, EAST)


@pytest.fixture
def west(aws: EmbeddedAws) -> Iterator[Queues]:
    yield from _emptied(aws, WEST)


def _emptied(aws: EmbeddedAws, region: str) -> Iterator[Queues]:
    queues = Queues(aws, region)
    yield queues
    queues.take("data-processing"), queues.take("data-processing-dlq")
    for key in queues.kept():
        queues.s3.delete_object(Bucket=queues.trail, Key=key)


def run(aws: EmbeddedAws, *regions: str, approved: bool = True) -> dict[str, Any]:
    session = aws.session()
    wanted = [Region(name, ENVIRONMENT, session, aws.endpoint) for name in regions or (EAST, WEST)]
    return redrive(wanted, load_datasets([ROOT / "datasets"]), lambda: approved)


def causes(done: dict[str, Any], region: str = EAST) -> dict[str, int]:
    found: dict[str, int] = done["regions"][region]["dead_letters"]["causes"]
    return found
