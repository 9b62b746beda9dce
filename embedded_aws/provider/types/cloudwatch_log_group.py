"""``aws_cloudwatch_log_group``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import changed, given, tag_changes
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.unset import text

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession


def _retain(client: Any, name: str, days: int | None) -> None:
    if days:
        client.put_retention_policy(logGroupName=name, retentionInDays=int(days))
    else:
        client.delete_retention_policy(logGroupName=name)


@resource
class CloudwatchLogGroup(ResourceType):
    """A log group; its id is its name."""

    type_name = "aws_cloudwatch_log_group"
    replace = frozenset({"name", "name_prefix", "log_group_class"})
    defaults: ClassVar = {"retention_in_days": 0, "skip_destroy": False}
    enums: ClassVar = {"log_group_class": ("logs", "LogGroupClass")}
    conflicts = (frozenset({"name", "name_prefix"}),)
    absent = frozenset({"ResourceNotFoundException"})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the group."""
        name = planned["name"] or aws.unique_name(planned["name_prefix"])
        aws.client("logs").create_log_group(
            **given(
                logGroupName=name,
                kmsKeyId=planned["kms_key_id"],
                logGroupClass=planned["log_group_class"],
                deletionProtectionEnabled=planned["deletion_protection_enabled"],
                tags=planned["tags_all"],
            )
        )
        return {"id": name, "name": name, "name_prefix": planned["name_prefix"] or ""}

    def complete(self, aws: AwsSession, planned: State) -> None:
        """Set the retention, which the creation does not take."""
        if planned["retention_in_days"]:
            _retain(aws.client("logs"), planned["id"], planned["retention_in_days"])

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Find the group by its exact name."""
        client = aws.client("logs")
        pages = client.get_paginator("describe_log_groups")
        groups = (
            group
            for page in pages.paginate(logGroupNamePrefix=state["id"])
            for group in page["logGroups"]
        )
        group = next((one for one in groups if one["logGroupName"] == state["id"]), None)
        if group is None:
            return None
        # In policies and in Terraform the ARN of a group has no ":*" at its end.
        arn = group["arn"].removesuffix(":*")
        return {
            "arn": arn,
            "name": group["logGroupName"],
            "name_prefix": state.get("name_prefix") or "",
            "kms_key_id": text(state, "kms_key_id", group.get("kmsKeyId")),
            # Not every endpoint tells these two: what was set stands.
            "log_group_class": group.get("logGroupClass")
            or state.get("log_group_class")
            or "STANDARD",
            "deletion_protection_enabled": bool(
                group.get("deletionProtectionEnabled", state.get("deletion_protection_enabled"))
            ),
            "retention_in_days": group.get("retentionInDays", 0),
            "tags_all": client.list_tags_for_resource(resourceArn=arn)["tags"],
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Change retention, key, protection and tags."""
        client = aws.client("logs")
        name = prior["id"]
        if changed(prior, planned, "retention_in_days"):
            _retain(client, name, planned["retention_in_days"])
        if changed(prior, planned, "kms_key_id"):
            if planned["kms_key_id"]:
                client.associate_kms_key(logGroupName=name, kmsKeyId=planned["kms_key_id"])
            else:
                client.disassociate_kms_key(logGroupName=name)
        if changed(prior, planned, "deletion_protection_enabled"):
            client.put_log_group_deletion_protection(
                logGroupIdentifier=name,
                deletionProtectionEnabled=bool(planned["deletion_protection_enabled"]),
            )
        if changed(prior, planned, "tags_all"):
            removed, added = tag_changes(prior, planned)
            if removed:
                client.untag_resource(resourceArn=prior["arn"], tagKeys=removed)
            if added:
                client.tag_resource(resourceArn=prior["arn"], tags=added)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the group with its logs, unless ``skip_destroy`` keeps it."""
        if not state["skip_destroy"]:
            aws.client("logs").delete_log_group(logGroupName=state["id"])
