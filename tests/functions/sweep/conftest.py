"""A small AWS with the sweep's buckets, ledger and queue, and a sweep connected to it."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from processor.events import ObjectCreated, announcements_in
from shared.aws_clients import create_client
from shared.datasets import datasets
from sweep.aws_cursor import CursorObject
from sweep.aws_ledger import LedgerView
from sweep.aws_queue import AnnouncementQueue
from sweep.aws_versions import VersionList
from sweep.sweeping import Account, Bounds, Places, Sweep
from tests.functions.conftest import REGION

OTHER_REGION = "us-west-2"
INGESTION = "serverless-data-ingestion-dev-111122223333-us-east-1"
QUARANTINE = "serverless-data-quarantine-dev-111122223333-us-east-1"
LEDGER = "serverless-object-ledger-dev"
CURSOR_KEY = "_pipeline/sweep.json"
GRACE = 4 * 3600
NOW = datetime.now(UTC)
LATER = NOW + timedelta(seconds=2 * GRACE)
"""When everything that a test uploaded is older than the grace time."""

DATASETS = {
    name: {"prefix": f"{name}/", "formats": formats, "schema": True}
    for name, formats in {"orders": ["jsonl"], "clicks": ["csv", "jsonl"]}.items()
}


@dataclass
class Pipeline:
    """The sweep in its surroundings, as far as a test looks at them."""

    queue_url: str
    places: Places

    def sweep(
        self,
        now: datetime = LATER,
        *,
        versions: int = 1000,
        announcements: int = 1000,
        has_time: Callable[[], bool] = lambda: True,
        replicated_from: tuple[str, ...] = (OTHER_REGION,),
    ) -> Account:
        bounds = Bounds(versions, announcements, GRACE)
        sweep = Sweep(self.places, datasets(), REGION, bounds, replicated_from)
        return sweep.run(now, has_time)

    def put(self, key: str) -> str:
        """Put an object, and return its version."""
        version: str = boto3.client("s3").put_object(Bucket=INGESTION, Key=key, Body=key.encode())[
            "VersionId"
        ]
        return version

    def enter(
        self, key: str, version: str, status: str, sort_key: str = REGION, **more: Any
    ) -> None:
        """Put an item into the ledger; `changed` is how long before `LATER` it changed."""
        changed = more.pop("changed", 2 * GRACE)
        item: dict[str, Any] = {
            "objectId": {"S": f"{key.partition('/')[0]}/{key}#{version}"},
            "region": {"S": sort_key},
            "status": {"S": status},
        }
        if status == "CLAIMED":
            item["claimExpiresAt"] = {"N": str(LATER.timestamp() - changed)}
        else:
            item["completedAt"] = {"S": (LATER - timedelta(seconds=changed)).isoformat()}
        if more.pop("retryable", False):
            item["retryable"] = {"BOOL": True}
        boto3.client("dynamodb").put_item(TableName=LEDGER, Item=item)

    def announced(self) -> list[ObjectCreated]:
        """Take all announcements from the queue, as the processor reads them."""
        sqs, found = boto3.client("sqs"), []
        while messages := sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                found += announcements_in(message["Body"])
                sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        assert all(isinstance(one, ObjectCreated) for one in found)
        return found  # type: ignore[return-value]

    def announced_versions(self) -> list[tuple[str, str | None]]:
        return sorted((one.key, one.version_id) for one in self.announced())


@pytest.fixture
def datasets_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    file = tmp_path / "datasets.json"
    file.write_text(json.dumps(DATASETS))
    monkeypatch.setenv("DATASETS_FILE", str(file))
    datasets.cache_clear()
    yield file
    datasets.cache_clear()


@pytest.fixture
def queue_url(aws: None) -> str:
    s3, dynamodb = boto3.client("s3"), boto3.client("dynamodb")
    for bucket in (INGESTION, QUARANTINE):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=INGESTION, VersioningConfiguration={"Status": "Enabled"})
    dynamodb.create_table(
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
    url: str = boto3.client("sqs").create_queue(QueueName="serverless-data-processing-dev")[
        "QueueUrl"
    ]
    return url


@pytest.fixture
def pipeline(queue_url: str, datasets_file: Path) -> Pipeline:
    assert os.environ["AWS_REGION"] == REGION
    s3 = create_client("s3", region=REGION)
    places = Places(
        versions=VersionList(s3, INGESTION, page_size=3),
        ledger=LedgerView(create_client("dynamodb", region=REGION), LEDGER),
        queue=AnnouncementQueue(create_client("sqs", region=REGION), queue_url),
        cursor=CursorObject(s3, QUARANTINE, CURSOR_KEY),
    )
    return Pipeline(queue_url, places)
