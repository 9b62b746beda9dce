"""What AWS says about a DynamoDB table, as attributes of Terraform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedded_aws.provider.attributes import block
from embedded_aws.provider.types import dynamodb_keys as keys
from embedded_aws.provider.types import dynamodb_replicas as replicas

if TYPE_CHECKING:
    from embedded_aws.provider.resource_type import State
    from embedded_aws.provider.session import AwsSession


def read_table(table: dict[str, Any], state: State) -> State:
    """Return the attributes that ``DescribeTable`` gives."""
    hash_key, range_key = keys.key_names(table["KeySchema"])
    stream = table.get("StreamSpecification") or {}
    billing = (table.get("BillingModeSummary") or {}).get("BillingMode")
    found: State = {
        "id": table["TableName"],
        "name": table["TableName"],
        "arn": table["TableArn"],
        "hash_key": hash_key,
        "range_key": range_key,
        "attribute": [
            {"name": attribute["AttributeName"], "type": attribute["AttributeType"]}
            for attribute in table["AttributeDefinitions"]
        ],
        "billing_mode": billing or "PROVISIONED",
        "deletion_protection_enabled": bool(table.get("DeletionProtectionEnabled")),
        "stream_enabled": bool(stream.get("StreamEnabled")),
        "stream_view_type": stream.get("StreamViewType", ""),
        "stream_arn": table.get("LatestStreamArn", ""),
        "stream_label": table.get("LatestStreamLabel", ""),
        "server_side_encryption": _read_encryption(table, state),
        "global_secondary_index": keys.read_global_indexes(table, state),
        "local_secondary_index": keys.read_local_indexes(table),
        **keys.read_throughput(table),
        **keys.read_throughput_blocks(table, state),
    }
    if table_class := (table.get("TableClassSummary") or {}).get("TableClass"):
        found["table_class"] = table_class
    return found


def _read_encryption(table: dict[str, Any], state: State) -> list[State]:
    description = table.get("SSEDescription") or {}
    if description.get("Status") in ("ENABLED", "ENABLING", "UPDATING"):
        return [{"enabled": True, "kms_key_arn": description.get("KMSMasterKeyArn", "")}]
    # A block that says "off" and no block are the same to AWS: keep which one is configured.
    return [{"enabled": False, "kms_key_arn": ""}] if state.get("server_side_encryption") else []


def read_ttl(aws: AwsSession, state: State) -> list[State]:
    """Return the ``ttl`` blocks; a block that says "off" stays when it is configured."""
    described = aws.client("dynamodb").describe_time_to_live(TableName=state["id"])
    ttl = described["TimeToLiveDescription"]
    if ttl.get("TimeToLiveStatus") in ("ENABLED", "ENABLING"):
        return [{"enabled": True, "attribute_name": ttl["AttributeName"]}]
    configured = block(state, "ttl")
    if not configured:
        return []
    return [{"enabled": False, "attribute_name": configured.get("attribute_name")}]


def read_recovery(aws: AwsSession, state: State) -> list[State]:
    """Return the ``point_in_time_recovery`` blocks; one that says "off" stays when configured."""
    recovery = replicas.recovery(aws, state["id"])
    if recovery.get("PointInTimeRecoveryStatus") == "ENABLED":
        days = int(recovery.get("RecoveryPeriodInDays") or 35)
        return [{"enabled": True, "recovery_period_in_days": days}]
    if not state.get("point_in_time_recovery"):
        return []
    return [{"enabled": False, "recovery_period_in_days": 0}]
