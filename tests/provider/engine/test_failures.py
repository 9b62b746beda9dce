"""What Terraform is told when AWS refuses, and what stands in the state then."""

import json

from embedded_aws.state import RUN, Fault
from tests.provider.conftest import RunningAws, Terraform

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


def test_a_create_that_fails_half_way_leaves_a_tainted_resource(
    terraform: Terraform, aws: RunningAws
) -> None:
    """The role exists, its inline policy was refused: the next apply replaces the role."""
    role = {
        "name": "p1-tainted",
        "assume_role_policy": TRUST,
        "managed_policy_arns": [f"arn:aws:iam::{aws.account}:policy/not-there"],
    }
    terraform.write(resource={"aws_iam_role": {"r": role}})
    terraform.init()
    failed = terraform.apply()
    assert failed.code == 1
    assert "creating aws_iam_role" in failed.text
    assert "NoSuchEntity" in failed.text
    assert "Traceback" not in failed.text
    assert terraform.tainted() == ["aws_iam_role.r"]
    changes = terraform.changes_to(
        resource={"aws_iam_role": {"r": {**role, "managed_policy_arns": []}}}
    )
    assert changes["aws_iam_role.r"][0] == ["delete", "create"]
    assert terraform.tainted() == []
    terraform.is_gone()


def test_a_refused_creation_leaves_nothing_and_names_code_and_message(terraform: Terraform) -> None:
    """AWS's own code and message reach the user."""
    bucket = {"bucket": "P1_Not_A_Bucket_Name"}
    terraform.write(resource={"aws_s3_bucket": {"b": bucket}})
    terraform.init()
    failed = terraform.apply()
    assert failed.code == 1
    assert "creating aws_s3_bucket" in failed.text
    assert "InvalidBucketName" in failed.text or "Invalid bucket name" in failed.text
    assert terraform.state() == {}


def test_throttling_is_retried(terraform: Terraform) -> None:
    """One throttled call is no error."""
    fault = Fault(operation="s3:CreateBucket", count=1, status=503, code="SlowDown")
    RUN.faults.append(fault)
    try:
        terraform.lives(resource={"aws_s3_bucket": {"b": {"bucket": "p1-throttled"}}})
        assert fault.count == 0, "nothing was throttled"
    finally:
        RUN.faults[:] = [kept for kept in RUN.faults if kept is not fault]
    terraform.is_gone()
