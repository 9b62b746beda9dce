"""The customer key of tables, secrets and topics: one multi-region key with a replica.

Rows B5, B6, B10.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cdktf_cdktf_provider_aws.kms_alias import KmsAlias
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from cdktf_cdktf_provider_aws.kms_replica_key import KmsReplicaKey
from constructs import Construct

from pipeline.identity.policy import Statement, policy

# DynamoDB Developer Guide, "How Amazon DynamoDB uses AWS KMS": what the key policy must let
# DynamoDB do on behalf of the principals of the account that use an encrypted table.
_TABLE_ACTIONS = (
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
    "kms:ReEncrypt*",
)


# Secrets Manager User Guide, "Secret encryption and decryption in AWS Secrets Manager",
# "Permissions for the KMS key".
_SECRET_ACTIONS = ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*")
# CloudWatch, which publishes alarms to encrypted topics (Amazon SNS Developer Guide, "Enable
# compatibility between event sources from AWS services and encrypted topics").
_PUBLISHERS = ("cloudwatch",)
# The same guide, "Securing Amazon SNS data with server-side encryption": what whoever publishes
# needs.
_PUBLISHING_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey*")


@dataclass(frozen=True)
class DataKeyProps:
    """What the key is made of.

    Parameters
    ----------
    account
        The AWS account id, 12 digits.
    partition
        The partition of its ARNs, such as ``aws``.
    alias
        The alias in both regions, ``alias/...``.
    regions
        The region of the primary key and the region of its replica.
    replica_provider
        The Terraform provider of the replica's region.
    deletion_window_days
        How long a deleted key can be brought back, 7 to 30 days.
    """

    account: str
    partition: str
    alias: str
    regions: tuple[str, str]
    replica_provider: Any
    deletion_window_days: int


class DataKey(Construct):
    """A multi-region KMS key, its replica and an alias in each region.

    Attributes
    ----------
    arns
        Region -> ARN of the key there.
    """

    def __init__(self, scope: Construct, construct_id: str, props: DataKeyProps) -> None:
        super().__init__(scope, construct_id)
        key = KmsKey(
            self,
            "primary",
            description="Encrypts the pipeline's tables, secrets and topics",
            multi_region=True,
            enable_key_rotation=True,
            deletion_window_in_days=props.deletion_window_days,
            policy=_key_policy(props),
        )
        replica = KmsReplicaKey(
            self,
            "replica",
            description="Encrypts the pipeline's tables, secrets and topics",
            primary_key_arn=key.arn,
            deletion_window_in_days=props.deletion_window_days,
            policy=_key_policy(props),
            provider=props.replica_provider,
        )
        KmsAlias(self, "primary-alias", name=props.alias, target_key_id=key.key_id)
        KmsAlias(
            self,
            "replica-alias",
            name=props.alias,
            target_key_id=replica.key_id,
            provider=props.replica_provider,
        )
        primary_region, replica_region = props.regions
        self.arns: dict[str, str] = {primary_region: key.arn, replica_region: replica.arn}


def _key_policy(props: DataKeyProps) -> str:
    root = f"arn:{props.partition}:iam::{props.account}:root"
    return policy(
        Statement(
            sid="AccountAdministersTheKey",
            actions=["kms:*"],
            resources=["*"],
            principal={"AWS": root},
        ),
        _through(props, "dynamodb", "TablesUseTheKeyForTheirReadersAndWriters", _TABLE_ACTIONS),
        _through(props, "secretsmanager", "SecretsUseTheKeyForTheirReaders", _SECRET_ACTIONS),
        _through(props, "sns", "TopicsUseTheKeyForTheirPublishers", _PUBLISHING_ACTIONS),
        Statement(
            sid="ServicesPublishToEncryptedTopics",
            actions=_PUBLISHING_ACTIONS,
            resources=["*"],
            principal={"Service": [f"{service}.amazonaws.com" for service in _PUBLISHERS]},
            conditions={"StringEquals": {"aws:SourceAccount": props.account}},
        ),
    )


def _through(props: DataKeyProps, service: str, sid: str, actions: Sequence[str]) -> Statement:
    """Return what whoever may use a service's resources may do with the key by that service."""
    return Statement(
        sid=sid,
        actions=actions,
        resources=["*"],
        principal={"AWS": "*"},
        conditions={
            "StringEquals": {
                "kms:CallerAccount": props.account,
                "kms:ViaService": [f"{service}.{r}.amazonaws.com" for r in props.regions],
            }
        },
    )
