"""The role of whoever moves work to the other region when one is lost (row A11)."""

from __future__ import annotations

from dataclasses import dataclass

from constructs import Construct

from pipeline.config import Environment
from pipeline.identity.policy import Statement, policy
from pipeline.identity.service_role import RoleProps, ServiceRole
from pipeline.naming import Names


@dataclass(frozen=True)
class FailoverRoleProps:
    """What the role is made from: the configuration and the naming rule."""

    environment: Environment
    names: Names


class FailoverRole(Construct):
    """A role of the account's own people: reads ledgers and objects, announces objects again.

    The account decides who may assume it, by IAM policies of its people.
    """

    def __init__(self, scope: Construct, construct_id: str, props: FailoverRoleProps) -> None:
        super().__init__(scope, construct_id)
        environment, names = props.environment, props.names
        root = f"arn:{environment.partition}:iam::{environment.account.id}:root"
        ServiceRole(
            self,
            "role",
            RoleProps(
                name=names.role("failover-operator", environment.regions.primary),
                description="Announces objects of a lost region in the other one",
                trust_policy=policy(
                    Statement(
                        sid="AssumedInTheAccount",
                        actions=["sts:AssumeRole"],
                        principal={"AWS": root},
                    )
                ),
                statements=_statements(environment, names),
            ),
        )


def _statements(environment: Environment, names: Names) -> list[Statement]:
    regions = environment.both_regions
    buckets = [names.bucket_arn("data-ingestion", region) for region in regions]
    return [
        Statement(
            sid="ReadTheLedger",
            actions=["dynamodb:GetItem", "dynamodb:Query"],
            resources=[names.table_arn("object-ledger", region) for region in regions],
        ),
        Statement(
            sid="FindObjects",
            actions=["s3:ListBucket", "s3:ListBucketVersions"],
            resources=buckets,
        ),
        Statement(
            sid="AnnounceObjects",
            actions=["sqs:GetQueueUrl", "sqs:SendMessage"],
            resources=[names.queue_arn("data-processing", region) for region in regions],
        ),
    ]
