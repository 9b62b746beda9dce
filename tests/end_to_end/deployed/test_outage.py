"""The table is out for a while: nothing is lost, nothing is dead, and the accounts balance."""

import json
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.deployed.conftest import PRIMARY, Deployment

OBJECTS = 100


@pytest.fixture
def fault(deployed: Deployment) -> Iterator[Callable[..., None]]:
    """Injects faults; called without any, and at the end, takes all back."""

    def inject(**fields: Any) -> None:
        if fields:
            deployed.ask("faults", **fields)
            return
        request = urllib.request.Request(  # noqa: S310
            f"{deployed.aws.endpoint}/_embedded/faults", method="DELETE"
        )
        urllib.request.urlopen(request).close()  # noqa: S310

    yield inject
    inject()


def order(number: int, units: int) -> bytes:
    record = {
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, f"outage {number}")),
        "Order Date": "11/21/26",
        "Item Type": "Snacks",
        "Sales Channel": "Online",
        "Units Sold": units,
        "Unit Price": 1.5,
    }
    return json.dumps(record).encode() + b"\n"


def told_of(deployed: Deployment, text: str) -> bool:
    """Whether the processor has written this to its log."""
    found = deployed.aws.client("logs", PRIMARY).filter_log_events(
        logGroupName=deployed.names.log_group("data-processor"), filterPattern=f'"{text}"'
    )
    return any(text in event["message"] for event in found["events"])


def eventually(holds: Callable[[], bool], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def dead_letters(deployed: Deployment) -> list[dict[str, Any]]:
    sqs = deployed.aws.client("sqs", PRIMARY)
    url = sqs.get_queue_url(QueueName=deployed.names.queue("data-processing-dlq"))["QueueUrl"]
    answer = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=0
    )
    found: list[dict[str, Any]] = answer.get("Messages", [])
    return found


def test_an_outage_of_the_table_loses_nothing(
    deployed: Deployment, fault: Callable[..., None], tmp_path: Path
) -> None:
    """R-A8 R-F3 R-A16: 100 objects arrive while BatchWriteItem fails; circuits open; when it is
    back, with some items unprocessed at first, all are completed."""
    samples = []
    for number in range(OBJECTS):
        path = tmp_path / f"{number}.jsonl"
        path.write_bytes(order(2 * number, 1) + order(2 * number + 1, 2) + order(number, -1))
        samples.append(deployed.sample("orders", path, PRIMARY, f"outage/{number}.jsonl"))
    role = deployed.names.role("data-processor", PRIMARY)
    writes = {"operation": "dynamodb:BatchWriteItem", "principal": role}
    fault(**writes, count=None)

    uploads = deployed.upload(samples)
    eventually(lambda: told_of(deployed, "circuit open"))
    eventually(lambda: told_of(deployed, "object held back"))
    fault()
    fault(**writes, kind="unprocessed", share=0.3, count=OBJECTS)
    entries = deployed.wait(uploads)

    assert {entry.status for entry in entries.values()} == {"COMPLETED"}
    assert len(entries) == OBJECTS
    for entry in entries.values():
        assert entry.counts == {"read": 3, "stored": 2, "superseded": 0, "rejected": 1}
    ids = {upload.object_id for upload in uploads}
    items = deployed.items(deployed.names.table("processed-data"), PRIMARY)
    statuses = [item["status"]["S"] for item in items if item["objectId"]["S"] in ids]
    assert statuses.count("PROCESSED") == 2 * OBJECTS
    assert statuses.count("REJECTED") == OBJECTS
    assert [each for each in dead_letters(deployed) if "outage/" in each["Body"]] == []
    assert told_of(deployed, "circuit closed")
    assert told_of(deployed, "CircuitOpen")


def test_what_nobody_can_read_is_dead_after_one_receive(deployed: Deployment) -> None:
    """R-A8 R-F3 R-F2: with its cause, sent by the processor's own role."""
    sqs = deployed.aws.client("sqs", PRIMARY)
    url = sqs.get_queue_url(QueueName=deployed.names.queue("data-processing"))["QueueUrl"]
    body = f"no event at all {uuid.uuid4()}"
    sqs.send_message(QueueUrl=url, MessageBody=body)

    found: list[dict[str, Any]] = []

    def is_dead() -> bool:
        found[:] = [each for each in dead_letters(deployed) if each["Body"] == body]
        return bool(found)

    eventually(is_dead)
    told = {name: each["StringValue"] for name, each in found[0]["MessageAttributes"].items()}
    assert told["ERROR_CODE"] == "MalformedEvent"
    assert "JSON" in told["ERROR_MESSAGE"]
    dlq = sqs.get_queue_url(QueueName=deployed.names.queue("data-processing-dlq"))["QueueUrl"]
    sqs.delete_message(QueueUrl=dlq, ReceiptHandle=found[0]["ReceiptHandle"])
