"""Objects that one invocation cannot finish, deployed: they go on, or are processed in parts."""

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from operations.demo.processing import Upload
from tests.end_to_end.deployed.conftest import PRIMARY, Deployment
from tests.end_to_end.deployed.test_outage import fault, order

__all__ = ["fault"]  # a fixture

RECORDS = 2800
REPEATED, BAD = 150, 7
COUNTS = {"read": RECORDS, "stored": RECORDS - REPEATED - BAD, "superseded": REPEATED}


@pytest.fixture
def short(deployed: Deployment, fault: Callable[..., None]) -> Iterator[Deployment]:
    """A processor with seconds instead of minutes, small parts, and a table that takes its time."""
    functions = deployed.aws.client("lambda", PRIMARY)
    name = deployed.names.function("data-processor")
    before = functions.get_function_configuration(FunctionName=name)
    variables = before["Environment"]["Variables"]

    def configure(seconds: int, split_mb: str) -> None:
        deployed.configure(
            "data-processor",
            PRIMARY,
            Timeout=seconds,
            Environment={"Variables": variables | {"SPLIT_MB": split_mb}},
        )

    # As the configuration would have it: six times the function's time-out.
    visibility = deployed.hide_messages(PRIMARY, "48")
    configure(8, "2")
    fault(operation="dynamodb:BatchWriteItem", region=PRIMARY, status=0, delay=0.4, count=None)
    yield deployed
    fault()
    configure(before["Timeout"], variables["SPLIT_MB"])
    deployed.hide_messages(PRIMARY, visibility)


def records(name: str) -> list[dict[str, Any]]:
    """Orders of which some repeat a much earlier one, and some are wrong."""
    made = [json.loads(order(number, 1 + number)) for number in range(RECORDS)]
    for record in made:
        record["uuid"] = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{name} {record['uuid']}"))
        record["Note"] = "n" * 600
    for number in range(REPEATED):
        made[RECORDS - 1 - number]["uuid"] = made[number]["uuid"]
    for number in range(BAD):
        made[350 * (number + 1)]["Units Sold"] = "many"
    return made


def as_json(name: str) -> str:
    return json.dumps(records(name))


def as_csv(name: str) -> str:
    rows = records(name)
    return "".join(",".join(map(str, row)) + "\n" for row in (rows[0], *map(dict.values, rows)))


def as_json_lines(name: str) -> str:
    return "".join(json.dumps(record) + "\n" for record in records(name))


def test_long_objects_go_on_and_large_ones_are_split(short: Deployment, tmp_path: Path) -> None:
    """R-A4 R-F3: each of them takes several invocations, and the accounts are exact."""
    files = {"long.json": as_json, "long.csv": as_csv, "large.jsonl": as_json_lines}
    samples = []
    for name, text in files.items():
        path = tmp_path / name
        path.write_text(text(name))
        samples.append(short.sample("orders", path, PRIMARY, f"long objects/{name}"))

    uploads = short.upload(samples)
    entries = short.wait(uploads)

    for upload in uploads:
        entry = entries[upload.sample.key]
        assert (entry.status, entry.reason) == ("COMPLETED", "")
        assert entry.counts == COUNTS | {"rejected": BAD}
        ledger = rows(short, upload)
        assert attempts(ledger[0]) >= 2, "one invocation was enough"
        assert len(quarantined(short, upload)) == BAD
        if upload.sample.key.endswith(".jsonl"):
            assert len(ledger) - 1 == int(ledger[0]["parts"]["N"]) >= 2
            assert sum(int(each["read"]["N"]) for each in ledger[1:]) == RECORDS
        else:
            assert len(ledger) == 1
    stored = {
        item["recordId"]["S"]: item["rank"]["S"]
        for item in short.items(short.names.table("processed-data"), PRIMARY)
        if item["objectId"]["S"] in {upload.object_id for upload in uploads}
        and item["status"]["S"] == "PROCESSED"
    }
    assert len(stored) == len(files) * COUNTS["stored"]
    for name in files:
        last = records(name)[RECORDS - REPEATED :]
        places = [int(stored[f"orders#{one['uuid']}"].rpartition("#")[2]) for one in last]
        assert min(places) > 1_500_000, "an earlier record has replaced a later one"


def rows(deployed: Deployment, upload: Upload) -> list[dict[str, Any]]:
    """Return the ledger's items of an object: the whole, then its parts."""
    answer = deployed.aws.client("dynamodb", PRIMARY).query(
        TableName=deployed.names.table("object-ledger"),
        KeyConditionExpression="objectId = :id",
        ExpressionAttributeValues={":id": {"S": upload.object_id}},
    )
    found: list[dict[str, Any]] = answer["Items"]
    return found


def attempts(item: dict[str, Any]) -> int:
    return int(item["attempts"]["N"])


def quarantined(deployed: Deployment, upload: Upload) -> list[dict[str, Any]]:
    """Return the lines of all quarantine objects of an object."""
    s3 = deployed.aws.client("s3", PRIMARY)
    bucket = deployed.names.bucket("data-quarantine", PRIMARY)
    prefix = f"quarantine/orders/{upload.sample.key}/"
    found = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    texts = [s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read() for each in found]
    return [json.loads(line) for text in texts for line in text.splitlines()]
