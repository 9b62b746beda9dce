"""The connections find AWS by the environment alone, over HTTP, with many writes at once."""

import logging
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from moto.server import ThreadedMotoServer

from processor.connections import connect_places
from processor.events import ObjectCreated
from processor.outcomes import Invocation
from processor.processing import ObjectProcessor
from processor.settings import Settings
from shared.aws_object_ledger import ClaimedElsewhereError
from tests.functions.conftest import InvocationContext

from .conftest import INGESTION, KEYS, VARIABLES, lines


@pytest.fixture
def endpoint(datasets_file: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    for name, value in (
        VARIABLES
        | {"AWS_ENDPOINT_URL": address, "WRITE_CONCURRENCY": "8"}
        | {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    ).items():
        monkeypatch.setenv(name, value)
    yield address
    server.stop()


def test_two_invocations_at_once_over_http_end_in_one_set_of_accounts(endpoint: str) -> None:
    """R-D2, R-F3. One of them processes the object; the other is refused or finds it done."""
    s3 = boto3.client("s3", region_name="us-east-1", endpoint_url=endpoint)
    dynamodb = boto3.client("dynamodb", region_name="us-east-1", endpoint_url=endpoint)
    for bucket in (INGESTION, VARIABLES["QUARANTINE_BUCKET"]):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=INGESTION, VersioningConfiguration={"Status": "Enabled"})
    for variable, names in KEYS.items():
        dynamodb.create_table(
            TableName=VARIABLES[variable],
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": name, "KeyType": kind}
                for name, kind in zip(names, ("HASH", "RANGE"), strict=True)
            ],
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in names],
        )
    content = lines(*({"id": str(number), "total": number} for number in range(300))) + b"{\n"
    key = "orders/a b+ü%.jsonl"
    version_id = s3.put_object(Bucket=INGESTION, Key=key, Body=content)["VersionId"]
    created = ObjectCreated(INGESTION, key, version_id, "ObjectCreated:Put")
    together = threading.Barrier(2)

    def invoke(_: int) -> str:
        processor = ObjectProcessor(connect_places(Settings.read(os.environ)))
        together.wait(10)
        try:
            return processor.process(created, Invocation.of(InvocationContext())).result
        except ClaimedElsewhereError:
            return "REFUSED"

    with ThreadPoolExecutor(2) as pool:
        results = sorted(pool.map(invoke, range(2)))
    assert results in (["COMPLETED", "REFUSED"], ["COMPLETED", "REPEATED"])
    pages = dynamodb.get_paginator("scan").paginate(TableName=VARIABLES["TABLE_NAME"])
    assert sum(page["Count"] for page in pages) == 301
    (row,) = dynamodb.scan(TableName=VARIABLES["LEDGER_TABLE_NAME"])["Items"]
    counts = ("read", "stored", "superseded", "rejected")
    assert [int(row[name]["N"]) for name in counts] == [301, 300, 0, 1]
