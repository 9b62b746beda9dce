"""A region's buckets, tables, secret and state machine, and the API function before them."""

import base64
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit
from uuid import uuid4

import boto3
import pytest
from aws_lambda_powertools import Logger
from botocore.client import BaseClient

from api.application import Application
from api.connections import DEPENDENCIES, connect
from api.reporting import Reporting
from api.settings import Settings
from shared.circuit_breaker import Circuits
from shared.datasets import Dataset, datasets, request_key
from shared.object_reader import read_items
from shared.objects import ObjectVersion
from shared.records import StoredItem

ROOT = Path(__file__).resolve().parents[3]
OPENAPI = ROOT / "constructs" / "pipeline" / "api" / "openapi.json"
ACCOUNT = "123456789012"
ALIAS = "live"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/workflow"
SECRET = "serverless-pipeline-dev"
# It takes longer than any test where somebody really runs it, which moto itself does not.
DEFINITION = json.dumps(
    {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 86_400, "End": True}}}
)
SCHEMA = {
    "type": "object",
    "required": ["id", "total"],
    "properties": {
        "id": {"type": "string"},
        "total": {"type": "number", "minimum": 0},
        "at": {"type": "string"},
    },
}


def _dataset(prefix: str, formats: list[str], timestamp: str | None) -> dict[str, Any]:
    return {
        "prefix": prefix,
        "formats": formats,
        "record": {"id": ["id"], "timestamp": timestamp, "timestamp_format": None},
        "retention_days": None,
        "schema": SCHEMA,
    }


DATASETS = {
    "orders": _dataset("orders/", ["jsonl", "json", "csv"], None),
    "visits": _dataset("in/visits-", ["csv"], "at"),
}
VARIABLES = {
    "TABLE_NAME": "serverless-processed-data-dev",
    "LEDGER_TABLE_NAME": "serverless-object-ledger-dev",
    "INGESTION_BUCKET": "serverless-data-ingestion-dev-111122223333-us-east-1",
    "SECRET_ID": SECRET,
    "REGION_ROLE": "primary",
    "API_MAXIMUM_BODY_BYTES": "20000",
    "API_CORS_ORIGINS": "https://site.example.com, https://other.example.com",
    "STATUS_SHARDS": "4",
    "AWS_LAMBDA_FUNCTION_VERSION": "7",
    "POWERTOOLS_METRICS_NAMESPACE": "serverless",
    "POWERTOOLS_SERVICE_NAME": "api",
}
_KEYS = {"TABLE_NAME": ("recordId", "timestamp"), "LEDGER_TABLE_NAME": ("objectId", "region")}


class Crash(BaseException):
    """The function's process died at this point."""


@dataclass
class Response:
    """What a client gets."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def details(self) -> list[tuple[str, str]]:
        """Of a problem: what is wrong where."""
        return [
            (error.get("pointer", error.get("parameter", error.get("header"))), error["detail"])
            for error in self.json["errors"]
        ]


def event(
    method: str,
    url: str,
    resource: str,
    *,
    parameters: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
    encoded: bool = False,
) -> dict[str, Any]:
    """What API Gateway hands to the function, payload format 1.0."""
    parts = urlsplit(url)
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        query.setdefault(name, []).append(value)
    content = None
    if body is not None:
        content = base64.b64encode(body).decode() if encoded else body.decode()
    return {
        "resource": resource,
        "path": parts.path,
        "httpMethod": method,
        "headers": headers or None,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": parameters,
        "requestContext": {"path": f"/dev{parts.path}", "requestId": str(uuid4())},
        "body": content,
        "isBase64Encoded": encoded,
    }


@dataclass
class Api:
    """The API, as its clients see it, and what stands behind it."""

    application: Application
    settings: Settings
    circuits: Circuits
    s3: Any = field(default_factory=lambda: boto3.client("s3"))
    dynamodb: Any = field(default_factory=lambda: boto3.client("dynamodb"))
    workflows: Any = field(default_factory=lambda: boto3.client("stepfunctions"))

    def send(self, given: dict[str, Any], remaining: float = 30) -> Response:
        answered = self.application.answer(given, remaining)
        assert set(answered) == {"statusCode", "headers", "body", "isBase64Encoded"}
        return Response(answered["statusCode"], answered["headers"], answered["body"])

    def get(self, url: str, resource: str = "", **more: Any) -> Response:
        return self.send(event("GET", url, resource or urlsplit(url).path, **more))

    def post(self, body: Any, **headers: str) -> Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send(event("POST", "/process", "/process", headers=sent, body=content))

    def state(self, request_id: str) -> Response:
        return self.get(f"/process/{request_id}", "/process/{id}", parameters={"id": request_id})

    def record(self, record_id: str, query: str = "") -> Response:
        # In a path API Gateway leaves everything encoded.
        encoded = quote(record_id, safe="", errors="surrogatepass")
        return self.get(
            f"/records/{encoded}{query}", "/records/{recordId}", parameters={"recordId": encoded}
        )

    def objects(self) -> list[dict[str, Any]]:
        bucket = self.settings.ingestion_bucket
        found = self.s3.list_object_versions(Bucket=bucket).get("Versions", [])
        return sorted(found, key=lambda each: str(each["LastModified"]))

    def read_object(self, pointer: dict[str, str]) -> bytes:
        body = self.s3.get_object(
            Bucket=pointer["bucket"], Key=pointer["key"], VersionId=pointer["versionId"]
        )["Body"]
        content: bytes = body.read()
        return content

    def executions(self) -> list[dict[str, Any]]:
        found = self.workflows.list_executions(stateMachineArn=self.settings.state_machine_arn)
        return sorted(found["executions"], key=lambda each: str(each["name"]))

    def ledger(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.dynamodb.scan(TableName=self.settings.ledger_table_name)[
            "Items"
        ]
        return items

    def store(self, dataset: str, *records: dict[str, Any], key: str = "") -> list[str]:
        """Put items into the table as the processor does; return their record ids."""
        content = json.dumps(records).encode()
        found = next(each for each in datasets() if each.name == dataset)
        ids = []
        for item in items_of(found, key or request_key(dataset, "0" * 32), content):
            assert isinstance(item, StoredItem)
            self.dynamodb.put_item(TableName=self.settings.table_name, Item=item.item)
            ids.append(item.record_id)
        return ids


def items_of(dataset: Dataset, key: str, content: bytes) -> list[Any]:
    from datetime import UTC, datetime  # noqa: PLC0415

    version = ObjectVersion(
        dataset=dataset.name,
        bucket=VARIABLES["INGESTION_BUCKET"],
        key=key,
        version_id="v1",
        last_modified=datetime(2026, 1, 31, 12, tzinfo=UTC),
        size=len(content),
    )
    return list(
        read_items(
            dataset,
            version,
            lambda offset: iter((content[offset:],)),
            status_shards=int(VARIABLES["STATUS_SHARDS"]),
        )
    )


@pytest.fixture
def datasets_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    file = tmp_path / "datasets.json"
    file.write_text(json.dumps(DATASETS))
    monkeypatch.setenv("DATASETS_FILE", str(file))
    monkeypatch.setenv("OPENAPI_FILE", str(OPENAPI))
    datasets.cache_clear()
    yield file
    datasets.cache_clear()


def create_tables() -> None:
    dynamodb = boto3.client("dynamodb")
    index: dict[str, Any] = {
        "IndexName": "status-index",
        "KeySchema": [
            {"AttributeName": "statusKey", "KeyType": "HASH"},
            {"AttributeName": "timestamp", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "ALL"},
    }
    for variable, keys in _KEYS.items():
        indexed = variable == "TABLE_NAME"
        names = {*keys, "statusKey"} if indexed else {*keys}
        dynamodb.create_table(
            TableName=VARIABLES[variable],
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": keys[0], "KeyType": "HASH"},
                {"AttributeName": keys[1], "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in sorted(names)
            ],
            **({"GlobalSecondaryIndexes": [index]} if indexed else {}),
        )


def without_alias(make: Any) -> Any:
    """Let executions be started in moto, which knows no aliases of state machines."""

    def call(client: Any, operation: str, params: dict[str, Any]) -> Any:
        if operation == "StartExecution":
            machine = params["stateMachineArn"].removesuffix(f":{ALIAS}")
            params = {**params, "stateMachineArn": machine}
        return make(client, operation, params)

    return call


@pytest.fixture
def surroundings(aws: None, datasets_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = VARIABLES["INGESTION_BUCKET"]
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    create_tables()
    monkeypatch.setattr(BaseClient, "_make_api_call", without_alias(BaseClient._make_api_call))
    machine = boto3.client("stepfunctions").create_state_machine(
        name="serverless-process-records-dev",
        definition=DEFINITION,
        roleArn=ROLE,
    )
    boto3.client("secretsmanager").create_secret(
        Name=SECRET, SecretString=json.dumps({"cursorKey": "first"})
    )
    queue = boto3.client("sqs").create_queue(QueueName="serverless-data-processing-dlq-dev")
    made = {
        "STATE_MACHINE_ARN": machine["stateMachineArn"],
        "STATE_MACHINE_ALIAS": ALIAS,
        "DEAD_LETTER_QUEUE_URL": queue["QueueUrl"],
    }
    for name, value in (VARIABLES | made).items():
        monkeypatch.setenv(name, value)


def connected() -> Api:
    """A new execution environment of the function."""
    settings = Settings.read(os.environ)
    logger = Logger(service="tests", level=logging.CRITICAL)
    reporting = Reporting(logger, settings.metrics_namespace, settings.service)
    circuits = Circuits(DEPENDENCIES, reporting.circuit_changed)
    application = Application(connect(settings, circuits), settings.cors_origins, reporting)
    return Api(application, settings, circuits)


@pytest.fixture
def api(surroundings: None) -> Api:
    return connected()
