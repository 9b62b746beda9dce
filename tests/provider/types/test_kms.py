"""Keys, replicas and aliases live through Terraform's whole cycle (R-B5)."""

import copy
import json
from typing import Any

from botocore.exceptions import ClientError

from tests.provider.conftest import RunningAws, Terraform


def key_policy(sid: str) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": sid,
                    "Effect": "Allow",
                    "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                    "Action": "kms:*",
                    "Resource": "*",
                }
            ],
        }
    )


def everything() -> dict[str, dict[str, Any]]:
    return {
        "aws_kms_key": {
            "main": {
                "description": "data",
                "multi_region": True,
                "enable_key_rotation": True,
                "deletion_window_in_days": 7,
                "policy": key_policy("one"),
                "tags": {"a": "b"},
            },
            "plain": {},
        },
        "aws_kms_replica_key": {
            "west": {
                "provider": "aws.west",
                "primary_key_arn": "${aws_kms_key.main.arn}",
                "description": "replica",
                "deletion_window_in_days": 7,
            }
        },
        "aws_kms_alias": {
            "main": {"name": "alias/p1-data", "target_key_id": "${aws_kms_key.main.key_id}"},
            "west": {
                "provider": "aws.west",
                "name": "alias/p1-data",
                "target_key_id": "${aws_kms_replica_key.west.key_id}",
            },
        },
    }


PROVIDERS = {"aws": [{"region": "us-east-1"}, {"region": "us-west-2", "alias": "west"}]}


def test_keys_live_through_the_whole_cycle(terraform: Terraform, aws: RunningAws) -> None:
    """R-B5: a multi-region key with its replica and an alias in each region."""
    terraform.lives(resource=everything(), provider=PROVIDERS)
    state = terraform.state()
    replica = state["aws_kms_replica_key.west"]
    assert replica["key_id"] == state["aws_kms_key.main"]["key_id"]
    assert replica["arn"].split(":")[3] == "us-west-2"
    assert state["aws_kms_alias.west"]["target_key_arn"] == replica["arn"]
    # When description, policy and tags of one key change
    after = copy.deepcopy(everything())
    after["aws_kms_key"]["main"].update(
        description="other", policy=key_policy("two"), tags={"c": "d"}
    )
    after["aws_kms_key"]["plain"] = {"is_enabled": False, "enable_key_rotation": True}
    changes = terraform.changes_to(resource=after, provider=PROVIDERS)
    # Then that is the change, and AWS has it
    assert changes["aws_kms_key.main"] == (
        ["update"],
        {"description", "policy", "tags", "tags_all"},
    )
    assert changes["aws_kms_key.plain"][1] >= {"is_enabled", "enable_key_rotation"}
    assert len(changes) == 2
    kms = aws.client("kms")
    key_id = state["aws_kms_key.main"]["key_id"]
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["Description"] == "other"
    # And when all is destroyed, then the keys wait for their deletion and the aliases are gone
    terraform.is_gone()
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    assert "alias/p1-data" not in {a["AliasName"] for a in kms.list_aliases()["Aliases"]}


def test_a_key_is_found_by_its_alias(terraform: Terraform, aws: RunningAws) -> None:
    """Stacks find each other's keys by alias and region."""
    kms = aws.client("kms", "us-west-2")
    key = kms.create_key(Description="found")["KeyMetadata"]
    kms.create_alias(AliasName="alias/p1-found", TargetKeyId=key["KeyId"])
    terraform.write(
        provider=PROVIDERS,
        data={
            "aws_kms_alias": {"k": {"provider": "aws.west", "name": "alias/p1-found"}},
            "aws_kms_key": {"k": {"provider": "aws.west", "key_id": "alias/p1-found"}},
            "aws_caller_identity": {"me": {}},
            "aws_region": {"here": {"provider": "aws.west"}},
            "aws_partition": {"this": {}},
        },
    )
    terraform.init()
    applied = terraform.apply()
    assert applied.code == 0, applied.text
    state = terraform.state()
    assert state["data.aws_kms_alias.k"]["target_key_arn"] == key["Arn"]
    assert state["data.aws_kms_key.k"]["description"] == "found"
    assert state["data.aws_caller_identity.me"]["account_id"] == aws.account
    assert state["data.aws_region.here"]["region"] == "us-west-2"
    assert state["data.aws_partition.this"]["partition"] == "aws"
    terraform.write(data={"aws_kms_alias": {"k": {"name": "alias/p1-found"}}})
    missing = terraform.plan()
    assert missing.code == 1
    assert "There is no KMS alias 'alias/p1-found' in us-east-1" in missing.text


def test_a_key_that_was_deleted_by_hand_is_planned_again(
    terraform: Terraform, aws: RunningAws
) -> None:
    """Drift: a key that waits for its deletion does not exist for Terraform."""
    terraform.lives(resource={"aws_kms_key": {"k": {"description": "drift"}}})
    key_id = terraform.state()["aws_kms_key.k"]["key_id"]
    aws.client("kms").schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    assert terraform.changes()["aws_kms_key.k"][0] == ["create"]
    terraform.is_gone()
    try:
        aws.client("kms").enable_key(KeyId=key_id)
    except ClientError as error:
        assert "KMSInvalidState" in str(error)  # noqa: PT017 - the key still waits
