"""A thousand objects while everything goes wrong that may: in the end every record is right."""

import json
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from operations.progress import Progress
from tests.end_to_end.deployed.chaos import STATION, ChaosObject, faults, made_objects, winners
from tests.end_to_end.deployed.conftest import PRIMARY, SECONDARY, Deployment

REGIONS = (PRIMARY, SECONDARY)
OBJECTS = 1000
SEED = 20261121
HURRIED_SECONDS = 15
PATIENCE_SECONDS = 300
FINISHED = ("COMPLETED", "FAILED")


@dataclass(frozen=True)
class Uploaded:
    """An object of the run, where it went, and what S3 says of it."""

    made: ChaosObject
    region: str
    key: str
    version: str
    modified: Any

    @property
    def object_id(self) -> str:
        return f"sensors/{self.key}#{self.version}"


@contextmanager
def hurried(deployed: Deployment, region: str) -> Iterator[None]:
    """Let invocations be short, so that what a dead one held back comes back soon."""
    name = deployed.names.function("data-processor")
    function = deployed.aws.client("lambda", region)
    timeout = function.get_function_configuration(FunctionName=name)["Timeout"]
    deployed.configure("data-processor", region, Timeout=HURRIED_SECONDS)
    before = deployed.hide_messages(region, str(HURRIED_SECONDS))
    try:
        yield
    finally:
        deployed.hide_messages(region, before)
        deployed.configure("data-processor", region, Timeout=timeout)


def admin(deployed: Deployment, method: str) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310
        f"{deployed.aws.endpoint}/_embedded/faults", method=method
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        found: dict[str, Any] = json.load(answer)
    return found


def put(deployed: Deployment, made: ChaosObject, region: str) -> Uploaded:
    s3, bucket = deployed.aws.client("s3", region), deployed.names.bucket("data-ingestion", region)
    key = f"{deployed.datasets['sensors'].prefix}{made.name}"
    version = s3.put_object(Bucket=bucket, Key=key, Body=made.content)["VersionId"]
    head = s3.head_object(Bucket=bucket, Key=key, VersionId=version)
    return Uploaded(made, region, key, version, head["LastModified"])


def ledger(deployed: Deployment, uploads: list[Uploaded]) -> dict[str, dict[str, Any]]:
    """Return the ledger's items of objects that are finished, by object."""
    table = deployed.names.table("object-ledger")
    found: dict[str, dict[str, Any]] = {}
    for region in REGIONS:
        own = [one.object_id for one in uploads if one.region == region]
        for start in range(0, len(own), 100):
            keys = [
                {"objectId": {"S": one}, "region": {"S": region}}
                for one in own[start : start + 100]
            ]
            answer = deployed.aws.client("dynamodb", region).batch_get_item(
                RequestItems={table: {"Keys": keys, "ConsistentRead": True}}
            )
            found |= {item["objectId"]["S"]: item for item in answer["Responses"][table]}
    return {
        name: item
        for name, item in found.items()
        if item["status"]["S"] in FINISHED and not item.get("retryable", {}).get("BOOL")
    }


def finished(deployed: Deployment, uploads: list[Uploaded]) -> dict[str, dict[str, Any]]:
    """Wait until the ledger has closed every object, or nothing happens any more."""
    entries: dict[str, dict[str, Any]] = {}
    last_change = time.monotonic()
    while len(entries) < len(uploads):
        time.sleep(1)
        waiting = [one for one in uploads if one.object_id not in entries]
        new = ledger(deployed, waiting)
        if new:
            entries |= new
            last_change = time.monotonic()
        assert time.monotonic() - last_change < PATIENCE_SECONDS, waiting
    return entries


@dataclass(frozen=True)
class Aftermath:
    """What is there after the run."""

    deployed: Deployment
    uploads: list[Uploaded]
    ledger: dict[str, dict[str, Any]]
    faults_left: list[dict[str, Any]]
    faults_given: list[dict[str, Any]]

    def lines(self, kind: Any, prefix: str, region: str) -> Iterator[dict[str, Any]]:
        """Yield the lines of all objects of a bucket that begin with a prefix."""
        s3, bucket = (
            self.deployed.aws.client("s3", region),
            self.deployed.names.bucket(kind, region),
        )
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            for found in page.get("Contents", []):
                body = s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read()
                yield from map(json.loads, body.splitlines())

    def items(self, region: str) -> list[dict[str, Any]]:
        """Return the records of the run in a region's table."""
        table = self.deployed.names.table("processed-data")
        return [
            item
            for item in self.deployed.items(table, region)
            if item["recordId"]["S"].startswith(f"sensors#{STATION}#")
        ]


@pytest.fixture(scope="module")
def aftermath(deployed: Deployment) -> Aftermath:
    """Upload the objects in both regions while faults meet the functions and the deliveries."""
    objects = made_objects(OBJECTS, SEED)
    given = list(faults(deployed.names.queue("data-processing")))
    with hurried(deployed, PRIMARY), hurried(deployed, SECONDARY):
        for fault in given:
            deployed.ask("faults", **fault)
        try:
            with ThreadPoolExecutor(4) as pool:
                regions = [REGIONS[number % 2] for number in range(OBJECTS)]
                uploads = list(pool.map(partial(put, deployed), objects, regions))
            entries = finished(deployed, uploads)
        finally:
            left = admin(deployed, "GET")["faults"]
            admin(deployed, "DELETE")
        with Progress("After the chaos") as progress:
            deployed.rest(progress)
    return Aftermath(deployed, uploads, entries, left, given)


def test_every_kind_of_fault_has_happened(aftermath: Aftermath) -> None:
    """A run without faults would prove nothing."""
    for given, left in zip(aftermath.faults_given, aftermath.faults_left, strict=True):
        assert left["count"] < given["count"], given


def test_every_object_is_completed_with_its_accounts(aftermath: Aftermath) -> None:
    """R-F3 R-A8: read = stored + superseded + rejected, as counted before."""
    for one in aftermath.uploads:
        item = aftermath.ledger[one.object_id]
        assert item["status"]["S"] == "COMPLETED", item
        assert {name: int(item[name]["N"]) for name in one.made.counts} == one.made.counts


def test_the_table_has_each_key_once_with_the_highest_rank_in_both_regions(
    aftermath: Aftermath,
) -> None:
    """R-A7 R-F3: nothing is lost, nothing is stored that nobody sent."""
    expected = winners([(one.made, one.modified, one.version) for one in aftermath.uploads])
    for region in REGIONS:
        found = {
            item["data"]["M"]["sensor"]["S"]: float(item["data"]["M"]["humidity"]["N"])
            for item in aftermath.items(region)
        }
        assert found == expected


def test_the_quarantine_has_each_rejected_record_once(aftermath: Aftermath) -> None:
    """R-F3 R-A8: as it was, once, in the region of its object."""
    for region in REGIONS:
        expected = Counter(
            (one.key, line)
            for one in aftermath.uploads
            if one.region == region
            for line in one.made.rejected
        )
        prefix = f"quarantine/sensors/{aftermath.uploads[0].key.rpartition('/')[0]}/chaos-"
        found = aftermath.lines("data-quarantine", prefix, region)
        assert Counter((line["object"], line["record"]) for line in found) == expected


def test_nothing_is_in_a_dead_letter_queue(aftermath: Aftermath) -> None:
    """R-A8: every one of these faults passes."""
    for region in REGIONS:
        sqs = aftermath.deployed.aws.client("sqs", region)
        name = aftermath.deployed.names.queue("data-processing-dlq")
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert int(found["ApproximateNumberOfMessages"]) == 0
        assert int(found["ApproximateNumberOfMessagesNotVisible"]) == 0


def test_the_audit_trail_has_each_change_once_and_ends_with_what_the_table_has(
    aftermath: Aftermath,
) -> None:
    """R-A9: however often a batch is delivered, and whoever dies with it."""
    for region in REGIONS:
        last: dict[str, Any] = {}
        seen: Counter[str] = Counter()
        table = aftermath.deployed.names.table("processed-data")
        changes = [
            line
            for line in aftermath.lines("audit-trail", f"audit/{table}/", region)
            if line["keys"]["recordId"].startswith(f"sensors#{STATION}#")
        ]
        for line in sorted(changes, key=lambda line: int(line["sequenceNumber"])):
            seen[line["eventID"]] += 1
            last[line["keys"]["recordId"]] = line["newImage"]["rank"]
        assert set(seen.values()) == {1}
        items = aftermath.items(region)
        assert last == {item["recordId"]["S"]: item["rank"]["S"] for item in items}
