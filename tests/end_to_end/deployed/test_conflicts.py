"""Objects that carry the same record keys: one winner per key, in both regions, and one trail."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from operations.demo.processing import Upload
from tests.end_to_end.deployed.conftest import PRIMARY, SECONDARY, Deployment

BOTH = (PRIMARY, SECONDARY)
KEYS = 120
_MEASURED_AT = "2026-01-31T12:00:00Z"

Changes = dict[str, list[dict[str, Any]]]
"""The lines of a trail by record id, in their order."""


def measurements(path: Path, station: str, humidity: float) -> Path:
    """Write a file with one measurement of each of a station's sensors; the humidity tells it."""
    lines = [
        {"station": station, "sensor": f"S-{n}", "measuredAt": _MEASURED_AT, "humidity": humidity}
        for n in range(KEYS)
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    return path


def rank(deployed: Deployment, upload: Upload) -> tuple[Any, str]:
    """Return what decides between two objects: when they were made, then their version."""
    region, version = upload.sample.region, upload.object_id.rpartition("#")[2]
    bucket = deployed.names.bucket("data-ingestion", region)
    s3 = deployed.aws.client("s3", region)
    head = s3.head_object(Bucket=bucket, Key=upload.sample.key, VersionId=version)
    return head["LastModified"], version


@contextmanager
def unannounced(deployed: Deployment, region: str) -> Iterator[None]:
    """Let the rule of the sensors' dataset rest."""
    events = deployed.aws.client("events", region)
    (name,) = (one["Name"] for one in events.list_rules()["Rules"] if "sensors" in one["Name"])
    events.disable_rule(Name=name)
    try:
        yield
    finally:
        events.enable_rule(Name=name)


def announce(deployed: Deployment, upload: Upload) -> None:
    """Send the event of an object version late, as EventBridge would have sent it."""
    region, version = upload.sample.region, upload.object_id.rpartition("#")[2]
    bucket = deployed.names.bucket("data-ingestion", region)
    told = {"key": upload.sample.key, "version-id": version}
    detail = {"bucket": {"name": bucket}, "object": told, "reason": "PutObject"}
    event = {"detail-type": "Object Created", "source": "aws.s3", "detail": detail}
    sqs = deployed.aws.client("sqs", region)
    url = sqs.get_queue_url(QueueName=deployed.names.queue("data-processing"))["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(event))


def stored(deployed: Deployment, region: str, station: str) -> dict[str, str]:
    """Return record id -> object of the items of a station."""
    items = deployed.items(deployed.names.table("processed-data"), region)
    prefix = f"sensors#{station}#"
    return {
        one["recordId"]["S"]: one["objectId"]["S"]
        for one in items
        if one["recordId"]["S"].startswith(prefix)
    }


def trail(deployed: Deployment, region: str, station: str) -> Changes:
    """Return what a region's trail has of a station."""
    s3, bucket = deployed.aws.client("s3", region), deployed.names.bucket("audit-trail", region)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="audit/")
    found: Changes = defaultdict(list)
    for key in sorted(one["Key"] for page in pages for one in page.get("Contents", [])):
        for line in s3.get_object(Bucket=bucket, Key=key)["Body"].read().splitlines():
            change = json.loads(line)
            if change["keys"]["recordId"].startswith(f"sensors#{station}#"):
                found[change["keys"]["recordId"]].append(change)
    return found


def assert_each_change_is_told_once(changes: Changes, table: dict[str, str]) -> None:
    """Each change of an item begins with what the one before it left, up to what is there."""
    assert changes.keys() == table.keys()
    for record_id, told in changes.items():
        assert len({one["eventID"] for one in told}) == len(told)
        states = [None, *(one["newImage"] for one in told)]
        assert [one["oldImage"] for one in told] == states[:-1]
        assert told[-1]["newImage"]["objectId"] == table[record_id]


def assert_won(deployed: Deployment, station: str, uploads: Sequence[Upload]) -> None:
    winner = max(uploads, key=lambda upload: rank(deployed, upload))
    for region in BOTH:
        table = stored(deployed, region, station)
        assert len(table) == KEYS
        assert set(table.values()) == {winner.object_id}
        assert_each_change_is_told_once(trail(deployed, region, station), table)


@pytest.mark.parametrize("region", BOTH)
def test_an_older_object_that_is_processed_later_does_not_win(
    deployed: Deployment, tmp_path: Path, region: str
) -> None:
    """R-A7, R-A9: its event was late; both regions end with the newer one, and tell all of it."""
    station = "LATE-1" if region == PRIMARY else "LATE-2"
    samples = [
        deployed.sample("sensors", measurements(tmp_path / name, station, humidity), region)
        for name, humidity in ((f"{station}-a.jsonl", 10), (f"{station}-b.jsonl", 20))
    ]
    with unannounced(deployed, region):
        uploads = deployed.upload(samples)
        older, newer = sorted(uploads, key=lambda upload: rank(deployed, upload))
    for upload in (newer, older):
        announce(deployed, upload)
        deployed.wait([upload])

    assert_won(deployed, station, uploads)
    for told in trail(deployed, region, station).values():
        objects = [one["newImage"]["objectId"] for one in told]
        assert objects[:3] == [newer.object_id, older.object_id, newer.object_id]


def test_objects_that_are_processed_in_both_regions_at_once_have_one_winner(
    deployed: Deployment, tmp_path: Path
) -> None:
    """R-A7, R-A9: three in each region, with the same keys, the winner among the first."""
    station = "BOTH-1"
    samples = [
        deployed.sample(
            "sensors", measurements(tmp_path / f"{region}-{n}.jsonl", station, n), region
        )
        for n in range(3)
        for region in BOTH
    ]
    with unannounced(deployed, PRIMARY), unannounced(deployed, SECONDARY):
        uploads = deployed.upload(samples)
    for upload in sorted(uploads, key=lambda upload: rank(deployed, upload), reverse=True):
        announce(deployed, upload)
    deployed.wait(uploads)

    assert_won(deployed, station, uploads)
