"""A small AWS with the processor's bucket, tables and queue, and the processor connected to it."""

import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_lambda_powertools import Logger
from boto3.dynamodb.types import TypeDeserializer

from processor.connections import DEPENDENCIES, connect_places, connect_queues
from processor.deliveries import Deliveries
from processor.events import ObjectCreated
from processor.outcomes import Invocation
from processor.places import Places
from processor.processing import ObjectProcessor
from processor.reporting import Reporting
from processor.settings import Settings
from shared.circuit_breaker import Circuits
from shared.datasets import datasets
from tests.functions.conftest import REGION, InvocationContext

INGESTION = "serverless-data-ingestion-dev-111122223333-us-east-1"
SCHEMA = {
    "type": "object",
    "required": ["id", "total"],
    "properties": {"id": {"type": "string"}, "total": {"type": "number", "minimum": 0}},
}
DATASETS = {
    "orders": {
        "prefix": "orders/",
        "formats": ["jsonl", "csv"],
        "record": {"id": ["id"], "timestamp": None, "timestamp_format": None, "timezone": "UTC"},
        "retention_days": None,
        "schema": SCHEMA,
    }
}
VARIABLES = {
    "TABLE_NAME": "serverless-processed-data-dev",
    "LEDGER_TABLE_NAME": "serverless-object-ledger-dev",
    "INVOCATION_LOG_TABLE_NAME": "serverless-invocation-log-dev",
    "QUARANTINE_BUCKET": "serverless-data-quarantine-dev-111122223333-us-east-1",
    "INVOCATION_LOG_TTL_DAYS": "30",
    "QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/serverless-data-processing-dev",
    "DEAD_LETTER_QUEUE_URL": (
        "https://sqs.us-east-1.amazonaws.com/111122223333/serverless-data-processing-dlq-dev"
    ),
    "ENVIRONMENT": "dev",
    "AWS_REGION": REGION,
    "AWS_LAMBDA_FUNCTION_NAME": "serverless-data-processor-dev",
    "POWERTOOLS_METRICS_NAMESPACE": "serverless",
    "POWERTOOLS_SERVICE_NAME": "data-processor",
    "WRITE_CONCURRENCY": "2",
}
KEYS = {
    "TABLE_NAME": ("recordId", "timestamp"),
    "LEDGER_TABLE_NAME": ("objectId", "region"),
    "INVOCATION_LOG_TABLE_NAME": ("requestId", "timestamp"),
}


class Crash(BaseException):
    """The function's process died at this point."""


@dataclass
class Pipeline:
    """The processor in its surroundings.

    Parameters
    ----------
    places : Places
        What the processor works on; a test may make it fail.
    deliveries : Deliveries
        Its entrance.
    circuits : Circuits
        Around what it calls.
    """

    places: Places
    deliveries: Deliveries
    circuits: Circuits

    @property
    def processor(self) -> ObjectProcessor:
        return ObjectProcessor(self.places)

    def upload(self, key: str, content: bytes) -> ObjectCreated:
        response = boto3.client("s3").put_object(Bucket=INGESTION, Key=key, Body=content)
        return ObjectCreated(INGESTION, key, response["VersionId"], "ObjectCreated:Put")

    def items(self, variable: str) -> list[dict[str, Any]]:
        pages = (
            boto3.client("dynamodb").get_paginator("scan").paginate(TableName=VARIABLES[variable])
        )
        read = TypeDeserializer().deserialize
        rows = [
            {name: read(value) for name, value in item.items()}
            for page in pages
            for item in page["Items"]
        ]
        names = KEYS[variable]
        return sorted(rows, key=lambda row: [row[name] for name in names])

    def records(self) -> list[dict[str, Any]]:
        return self.items("TABLE_NAME")

    def ledger(self) -> list[dict[str, Any]]:
        return self.items("LEDGER_TABLE_NAME")

    def invocation_log(self) -> list[dict[str, Any]]:
        return self.items("INVOCATION_LOG_TABLE_NAME")

    def quarantine(self) -> dict[str, bytes]:
        s3, bucket = boto3.client("s3"), VARIABLES["QUARANTINE_BUCKET"]
        found = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        return {
            entry["Key"]: s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
            for entry in found
        }


def lines(*records: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


@pytest.fixture
def datasets_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    file = tmp_path / "datasets.json"
    file.write_text(json.dumps(DATASETS))
    monkeypatch.setenv("DATASETS_FILE", str(file))
    datasets.cache_clear()
    yield file
    datasets.cache_clear()


@pytest.fixture
def surroundings(aws: None, datasets_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    s3, dynamodb = boto3.client("s3"), boto3.client("dynamodb")
    for bucket in (INGESTION, VARIABLES["QUARANTINE_BUCKET"]):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=INGESTION, VersioningConfiguration={"Status": "Enabled"})
    for variable, (hash_key, range_key) in KEYS.items():
        dynamodb.create_table(
            TableName=VARIABLES[variable],
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": hash_key, "KeyType": "HASH"},
                {"AttributeName": range_key, "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in (hash_key, range_key)
            ],
        )
    sqs = boto3.client("sqs")
    queues = {
        variable: sqs.create_queue(QueueName=VARIABLES[variable].rpartition("/")[2])["QueueUrl"]
        for variable in ("QUEUE_URL", "DEAD_LETTER_QUEUE_URL")
    }
    for name, value in (VARIABLES | queues).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def pipeline(surroundings: None) -> Pipeline:
    settings = Settings.read(os.environ)
    logger = Logger(service="tests", level=logging.CRITICAL)
    reporting = Reporting(logger, settings.metrics_namespace, settings.service)
    circuits = Circuits(DEPENDENCIES, reporting.circuit_changed)
    places = connect_places(settings, circuits)
    queues = connect_queues(settings, circuits)
    return Pipeline(
        places, Deliveries(ObjectProcessor(places), *queues, circuits, reporting), circuits
    )


@pytest.fixture
def invocation(context: InvocationContext) -> Invocation:
    return Invocation.of(context)


@pytest.fixture
def shown(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The visibility that messages were given."""
    calls: list[tuple[str, int]] = []
    queue = pipeline.deliveries._queue
    monkeypatch.setattr(queue, "show_again", lambda receipt, time: calls.append((receipt, time)))
    return calls
