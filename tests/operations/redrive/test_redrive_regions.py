"""Failed batches of the stream, and what goes wrong in one region or for one operator."""

import json

import boto3
import pytest

from operations.command_line import configuration
from operations.embedded import EmbeddedAws
from operations.errors import OperationError
from operations.redrive.__main__ import redrive
from operations.region import Region
from pipeline.datasets import load_datasets
from tests.operations.redrive.bodies import announcement, failed_batch
from tests.operations.redrive.conftest import EAST, ENVIRONMENT, WEST, Queues, run
from tests.project_copy import ROOT


def test_failed_batches_are_processed_again_and_removed(aws: EmbeddedAws, east: Queues) -> None:
    """R-A9 R-A8: what the function cannot process stays, with what it says."""
    east.keep_batch("a", failed_batch("fine"))
    stay = [
        east.keep_batch("b", failed_batch("crash")),
        east.keep_batch("c", failed_batch("stay")),
        east.keep_batch("d", "{no record"),
    ]

    done = run(aws)

    found = done["regions"][EAST]
    assert found["failed_batches"]["causes"] == {
        "RetryAttemptsExhausted": 3,
        "no record of a failed batch": 1,
    }
    assert found["sent_back"]["processed"] == 1
    assert east.kept() == stay
    said = "\n".join(done["problems"])
    assert len(done["problems"]) == 3
    assert "cannot do it" in said
    assert "its log says why" in said
    assert all(key in said for key in stay)


def test_one_regions_trouble_leaves_the_other_ones_messages_no_worse(
    aws: EmbeddedAws, west: Queues
) -> None:
    """R-A10 R-A8: the region and what to do are named."""
    west.bury(announcement("orders/1.jsonl", "v1"))
    absent = configuration("dev").model_copy(update={"environment": "gone"})
    session = aws.session()
    regions = [
        Region(EAST, absent, session, aws.endpoint),
        Region(WEST, ENVIRONMENT, session, aws.endpoint),
    ]

    done = redrive(regions, load_datasets([ROOT / "datasets"]), lambda: True)

    (problem,) = done["problems"]
    assert problem.startswith("us-east-1: the environment gone is not deployed: ")
    assert "make deploy ENV=gone" in problem
    assert done["regions"][WEST]["sent_back"]["moved"] == 1


def test_another_accounts_credentials_are_refused(aws: EmbeddedAws) -> None:
    """R-C1: before anything is looked at."""
    account = ENVIRONMENT.account.model_copy(update={"id": "444455556666"})
    other = ENVIRONMENT.model_copy(update={"account": account})
    with pytest.raises(OperationError, match="444455556666"):
        redrive([Region(EAST, other, aws.session(), aws.endpoint)], [], lambda: True)


def test_a_missing_permission_is_named(aws: EmbeddedAws, east: Queues) -> None:
    """R-A11 R-A8: the action and who wanted it."""
    iam = aws.client("iam", EAST)
    iam.create_user(UserName="reader")
    keys = iam.create_access_key(UserName="reader")["AccessKey"]
    statement = {"Effect": "Allow", "Action": "sqs:GetQueueUrl", "Resource": "*"}
    iam.put_user_policy(
        UserName="reader",
        PolicyName="little",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"])
    east.bury(announcement("orders/1.jsonl", "v1"))

    done = redrive([Region(EAST, ENVIRONMENT, session, aws.endpoint)], [], lambda: True)

    (problem,) = done["problems"]
    assert "us-east-1" in problem
    assert "when calling the ReceiveMessage operation" in problem
