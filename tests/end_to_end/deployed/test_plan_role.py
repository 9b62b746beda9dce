"""R-C7 R-F7: the role of a pull request's job reviews a deployed environment, and no more."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end.deployed.conftest import PRIMARY, Deployment

REPOSITORY = '\n[ci]\nrepository = "example/pipeline"\n'
NAME = "planning"


@pytest.fixture
def admitted(deployed: Deployment) -> Iterator[Deployment]:
    """The deployment, whose configuration names a repository for as long as this lasts."""
    file = deployed.project.folder / "environments" / "dev.toml"
    before = file.read_text()
    file.write_text(before + REPOSITORY)
    assert deployed.user("cdktf", "synth", TF_WORKSPACE="dev").code == 0
    yield deployed
    file.write_text(before)
    assert deployed.user("cdktf", "synth", TF_WORKSPACE="dev").code == 0


@pytest.fixture
def credentials(admitted: Deployment) -> Iterator[dict[str, str]]:
    """Those of a role with the synthesized permissions, which this account may assume."""
    content = json.loads((admitted.stack("account") / "cdk.tf.json").read_text())
    policies = content["resource"]["aws_iam_role_policy"].values()
    (policy,) = (each["policy"] for each in policies if "ci-plan" in each["name"])
    account = admitted.environment.account.id
    root = {"AWS": f"arn:aws:iam::{account}:root"}
    trust = {"Effect": "Allow", "Principal": root, "Action": "sts:AssumeRole"}
    iam = admitted.aws.client("iam", PRIMARY)
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.put_role_policy(RoleName=NAME, PolicyName=NAME, PolicyDocument=policy)
    given: Any = admitted.aws.client("sts", PRIMARY).assume_role(
        RoleArn=arn, RoleSessionName="pull-request"
    )["Credentials"]
    yield {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }
    iam.delete_role_policy(RoleName=NAME, PolicyName=NAME)
    iam.delete_role(RoleName=NAME)


def test_it_plans_every_stack_and_asks_for_nothing_that_it_may_not(
    admitted: Deployment, credentials: dict[str, str]
) -> None:
    """As the workflow does: without the states' locks, which it could not write."""
    reviewed = admitted.user(
        "make", "review", "ENV=dev", TF_CLI_ARGS_plan="-lock=false", **credentials
    )

    denied = [each for each in admitted.aws.report()["denied"] if each["principal"] == NAME]
    assert denied == []
    text = (admitted.project.folder / "build" / "review.md").read_text()
    assert "ci-deploy" in text, reviewed.text
    used = {action for who, action, _ in admitted.aws.report()["allowed"] if who == NAME}
    assert "secretsmanager:GetSecretValue" in used
    assert not {each for each in used if "Put" in each or "Create" in each or "Update" in each}
