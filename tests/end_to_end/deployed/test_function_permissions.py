"""Least privilege, proven by execution: what is granted is used, and what is missing shows."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from operations.demo.samples import collect
from tests.end_to_end.deployed.conftest import PRIMARY, Deployment

FUNCTIONS = ("data-processor", "stream-processor")
# Granted, and not used as long as nothing goes wrong: what each is for.
FOR_TROUBLE = {
    "data-processor": {
        "s3:AbortMultipartUpload": "removes a quarantine file whose upload failed half-way",
        "s3:GetObject": "reads the current version for an event that names none",
        "s3:ListBucket": "tells a deleted object (404) from a forbidden one (403)",
        "sqs:ChangeMessageVisibility": "tries an object again after a pause",
        "sqs:GetQueueAttributes": "Lambda's own check when a mapping is made",
        "sqs:SendMessage": "what is left of a long object; what nobody can read",
        "dynamodb:Query": "counts the parts of a large object",
    },
    "stream-processor": {
        "s3:GetObject": "compares a trail object that a repeated batch finds there already",
        "s3:ListBucket": "tells a missing trail object (404) from a forbidden one (403)",
        "dynamodb:ListStreams": "Lambda's own check when a mapping is made",
        "dynamodb:PutItem": "puts a higher rank back, when two objects carry the same key",
    },
}
# Lambda's own agent sends traces with the function's role, and the embedded AWS has neither agent
# nor X-Ray: granted as AWS asks for it (X-Ray Developer Guide, "AWS Lambda and AWS X-Ray"), and
# proven by no run here.
BY_LAMBDA_ITSELF = {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}


@pytest.fixture(scope="module")
def processed(deployed: Deployment) -> Deployment:
    """All samples of the project, in both regions."""
    shipped = [deployed.datasets[name] for name in ("customers", "orders", "sensors")]
    deployed.wait(deployed.upload(collect(shipped, deployed.environment.both_regions, None)))
    return deployed


def policy_of(deployed: Deployment, role: str) -> dict[str, Any]:
    iam = deployed.aws.client("iam", PRIMARY)
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document: dict[str, Any] = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    return document


def granted(document: dict[str, Any]) -> set[str]:
    actions = [each["Action"] for each in document["Statement"]]
    return {one for each in actions for one in ([each] if isinstance(each, str) else each)}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_granted_action_is_used_and_none_is_missing(
    processed: Deployment, function: str
) -> None:
    """R-F2 R-A11: the role's policy against what IAM allowed and denied while all samples ran."""
    report = processed.aws.report()
    for region in processed.environment.both_regions:
        role = processed.names.role(function, region)
        used = {action for who, action, _ in report["allowed"] if who == role}
        unused = granted(policy_of(processed, role)) - used
        assert unused - FOR_TROUBLE[function].keys() == BY_LAMBDA_ITSELF
        assert FOR_TROUBLE[function].keys() <= granted(policy_of(processed, role))
        assert [each for each in report["denied"] if each["principal"] == role] == []


@pytest.fixture
def without_batch_writes(processed: Deployment) -> Iterator[Callable[[], None]]:
    """Take BatchWriteItem from the processor's role; returns what gives it back."""
    iam = processed.aws.client("iam", PRIMARY)
    role = processed.names.role("data-processor", PRIMARY)
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    whole = policy_of(processed, role)
    reduced = json.loads(json.dumps(whole))
    reduced["Statement"] = [
        each for each in whole["Statement"] if "dynamodb:BatchWriteItem" not in str(each["Action"])
    ]
    assert len(reduced["Statement"]) == len(whole["Statement"]) - 1

    def put(document: dict[str, Any]) -> None:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))

    put(reduced)
    yield lambda: put(whole)
    put(whole)


def test_a_missing_action_is_refused_and_nothing_is_lost(
    processed: Deployment, without_batch_writes: Callable[[], None]
) -> None:
    """R-F2 R-A8: AccessDenied in the function's log and in the report; later it goes on."""
    role = processed.names.role("data-processor", PRIMARY)
    path = processed.made_up / "parcels" / "other dates.csv"
    sample = processed.sample("parcels", path, PRIMARY, "later/other dates.csv")

    (upload,) = processed.upload([sample])
    refusal = {"principal": role, "action": "dynamodb:BatchWriteItem"}
    eventually(lambda: any(refusal.items() <= d.items() for d in processed.aws.report()["denied"]))
    eventually(lambda: "AccessDenied" in log_text(processed))
    ledger = processed.items(processed.names.table("object-ledger"), PRIMARY)
    (entry,) = [each for each in ledger if each["objectId"]["S"] == upload.object_id]
    assert entry["status"]["S"] != "COMPLETED"

    without_batch_writes()

    done = processed.wait([upload])[sample.key]
    assert (done.status, done.counts["stored"], done.counts["rejected"]) == ("COMPLETED", 2, 2)


def log_text(deployed: Deployment) -> str:
    logs = deployed.aws.client("logs", PRIMARY)
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=deployed.names.log_group("data-processor")
    )
    return "\n".join(event["message"] for page in pages for event in page["events"])


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.5)
