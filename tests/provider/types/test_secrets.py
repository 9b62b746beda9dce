"""Secrets: encrypted and replicated, with a first value that no state and no plan holds."""

import json
from typing import Any

from tests.provider.conftest import RunningAws, Terraform
from tests.provider.types.test_kms import PROVIDERS

NAME = "secrets-pipeline"
MADE_UP = '${jsonencode({"key" = "${uuid()}${uuid()}"})}'


def configuration(**version: Any) -> dict[str, Any]:
    """A multi-region key, a secret with it and its replica, and a value that is made up."""
    return {
        "aws_kms_key": {"main": {"multi_region": True}},
        "aws_kms_replica_key": {
            "west": {"provider": "aws.west", "primary_key_arn": "${aws_kms_key.main.arn}"}
        },
        "aws_secretsmanager_secret": {
            "this": {
                "name": NAME,
                "kms_key_id": "${aws_kms_key.main.arn}",
                "recovery_window_in_days": 0,
                "replica": [
                    {"region": "us-west-2", "kms_key_id": "${aws_kms_replica_key.west.arn}"}
                ],
            }
        },
        "aws_secretsmanager_secret_version": {
            "first": {
                "secret_id": "${aws_secretsmanager_secret.this.id}",
                "secret_string_wo": MADE_UP,
                "secret_string_wo_version": 1,
                **version,
            }
        },
    }


def value(aws: RunningAws, region: str) -> str:
    found = aws.client("secretsmanager", region).get_secret_value(SecretId=NAME)
    return str(json.loads(found["SecretString"])["key"])


def test_a_made_up_value_is_in_aws_and_nowhere_else(aws: RunningAws, terraform: Terraform) -> None:
    """R-B6, R-A13: a write-only value of Terraform's; the same in both regions."""
    terraform.lives(resource=configuration(), provider=PROVIDERS)

    first = value(aws, "us-east-1")
    assert len(first) == 72
    assert value(aws, "us-west-2") == first
    for file in terraform.folder.rglob("*"):
        assert not file.is_file() or first.encode() not in file.read_bytes(), file
    state = terraform.state()
    assert state["aws_secretsmanager_secret_version.first"]["secret_string_wo"] is None

    # The replica has the key of its own region
    (replica,) = state["aws_secretsmanager_secret.this"]["replica"]
    west = state["aws_kms_replica_key.west"]["arn"]
    assert replica["kms_key_id"] == west
    found = aws.client("secretsmanager", "us-west-2").describe_secret(SecretId=NAME)
    assert (found["KmsKeyId"], found["PrimaryRegion"]) == (west, "us-east-1")

    # When somebody rotates it, twice, then Terraform wants nothing back
    secrets = aws.client("secretsmanager")
    for text in ("second", "third"):
        secrets.put_secret_value(SecretId=NAME, SecretString=json.dumps({"key": text}))
        terraform.is_settled()
    assert value(aws, "us-west-2") == "third"
    described = aws.client("secretsmanager", "us-west-2").describe_secret(SecretId=NAME)
    assert described["KmsKeyId"] == west

    # When another version is asked for, then it is made up anew
    changes = terraform.changes_to(
        resource=configuration(secret_string_wo_version=2), provider=PROVIDERS
    )
    assert changes.keys() == {"aws_secretsmanager_secret_version.first"}
    assert len(value(aws, "us-east-1")) == 72
    assert value(aws, "us-east-1") != first

    terraform.is_gone()
    for region in ("us-east-1", "us-west-2"):
        left = aws.client("secretsmanager", region).list_secrets()["SecretList"]
        assert NAME not in {each["Name"] for each in left}
