"""Copies what lands in one region's ingestion bucket to the other region's (row A2).

The copies keep their version ids (S3 User Guide, "What does Amazon S3 replicate?"), so an object
is the same object in both regions. S3 does not copy a copy, so two rules do not chase each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cdktf_cdktf_provider_aws.s3_bucket_replication_configuration import (
    S3BucketReplicationConfigurationA,
    S3BucketReplicationConfigurationRule,
    S3BucketReplicationConfigurationRuleDeleteMarkerReplication,
    S3BucketReplicationConfigurationRuleDestination,
    S3BucketReplicationConfigurationRuleFilter,
)
from constructs import Construct

from pipeline.identity.policy import Statement, trust
from pipeline.identity.service_role import RoleProps, ServiceRole
from pipeline.storage.bucket import PrivateBucket


@dataclass(frozen=True)
class BucketReplicationProps:
    """From where to where.

    Parameters
    ----------
    source, target
        The two buckets, both versioned.
    role_name
        The name of the role that S3 assumes.
    provider
        The Terraform provider of the source's region.
    """

    source: PrivateBucket
    target: PrivateBucket
    role_name: str
    provider: Any


class BucketReplication(Construct):
    """One-way replication of a whole bucket; deletions are not copied."""

    def __init__(self, scope: Construct, construct_id: str, props: BucketReplicationProps) -> None:
        super().__init__(scope, construct_id)
        role = ServiceRole(
            self,
            "role",
            RoleProps(
                name=props.role_name,
                description=f"Copies {props.source.name} to {props.target.name}",
                trust_policy=trust("s3"),
                statements=_statements(props.source.arn, props.target.arn),
            ),
        )
        S3BucketReplicationConfigurationA(
            self,
            "rules",
            bucket=props.source.name,
            role=role.arn,
            rule=[
                S3BucketReplicationConfigurationRule(
                    id="everything",
                    status="Enabled",
                    priority=0,
                    filter=S3BucketReplicationConfigurationRuleFilter(prefix=""),
                    delete_marker_replication=(
                        S3BucketReplicationConfigurationRuleDeleteMarkerReplication(
                            status="Disabled"
                        )
                    ),
                    destination=S3BucketReplicationConfigurationRuleDestination(
                        bucket=props.target.arn
                    ),
                )
            ],
            # S3 refuses a rule while one of the two buckets has no versioning.
            depends_on=[props.source.versioning, props.target.versioning],
            provider=props.provider,
        )


def _statements(source: str, target: str) -> list[Statement]:
    # S3 User Guide, "Setting up permissions for live replication".
    return [
        Statement(
            sid="ReadTheRules",
            actions=["s3:GetReplicationConfiguration", "s3:ListBucket"],
            resources=[source],
        ),
        Statement(
            sid="ReadVersions",
            actions=[
                "s3:GetObjectVersionAcl",
                "s3:GetObjectVersionForReplication",
                "s3:GetObjectVersionTagging",
            ],
            resources=[f"{source}/*"],
        ),
        Statement(
            sid="WriteCopies",
            actions=["s3:ReplicateObject", "s3:ReplicateTags"],
            resources=[f"{target}/*"],
        ),
    ]
