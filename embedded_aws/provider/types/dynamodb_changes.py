"""The ``UpdateTable`` calls that bring a DynamoDB table from one state to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedded_aws.provider.attributes import block, changed, given
from embedded_aws.provider.types import dynamodb_keys as keys

if TYPE_CHECKING:
    from embedded_aws.provider.resource_type import State

STREAM = ("stream_enabled", "stream_view_type")


def stream(table: State) -> dict[str, Any]:
    """Return the ``StreamSpecification`` of a table."""
    if not table["stream_enabled"]:
        return {"StreamEnabled": False}
    return given(StreamEnabled=True, StreamViewType=table["stream_view_type"])


def encryption(table: State) -> dict[str, Any]:
    """Return the ``SSESpecification`` of a table."""
    settings = block(table, "server_side_encryption")
    if not settings.get("enabled"):
        return {"Enabled": False}
    key = settings.get("kms_key_arn")
    return given(Enabled=True, SSEType="KMS" if key else None, KMSMasterKeyId=key)


def _capacity_calls(prior: State, planned: State) -> list[dict[str, Any]]:
    mode = planned["billing_mode"]
    switched = changed(prior, planned, "billing_mode")
    if mode == keys.ON_DEMAND:
        calls: list[dict[str, Any]] = [{"BillingMode": mode}] if switched else []
        if keys.on_demand(planned) != keys.on_demand(prior):
            calls.append({"OnDemandThroughput": keys.on_demand(planned)})
        return calls
    capacity = keys.provisioned(planned)
    if switched:
        # The indexes need a capacity in the same call.
        indexes = [
            {
                "Update": {
                    "IndexName": index["name"],
                    "ProvisionedThroughput": keys.provisioned(index),
                }
            }
            for index in planned["global_secondary_index"] or []
            if index["name"] in {one["name"] for one in prior["global_secondary_index"] or []}
        ]
        return [
            given(
                BillingMode=mode,
                ProvisionedThroughput=capacity,
                GlobalSecondaryIndexUpdates=indexes,
            )
        ]
    return [{"ProvisionedThroughput": capacity}] if capacity != keys.provisioned(prior) else []


def _stream_calls(prior: State, planned: State) -> list[dict[str, Any]]:
    if not changed(prior, planned, *STREAM):
        return []
    before, after = bool(prior["stream_enabled"]), bool(planned["stream_enabled"])
    off: dict[str, Any] = {"StreamSpecification": {"StreamEnabled": False}}
    on = {"StreamSpecification": stream(planned)}
    # The view type of a running stream cannot change: the stream ends and a new one starts.
    return ([off] if before else []) + ([on] if after else [])


def _setting_calls(prior: State, planned: State) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = []
    if changed(prior, planned, "table_class"):
        calls.append({"TableClass": planned["table_class"]})
    protected = bool(planned["deletion_protection_enabled"])
    if protected != bool(prior["deletion_protection_enabled"]):
        calls.append({"DeletionProtectionEnabled": protected})
    if encryption(prior) != encryption(planned):
        calls.append({"SSESpecification": encryption(planned)})
    return calls


def _index_calls(prior: State, planned: State) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = []
    for change in keys.global_index_changes(prior, planned):
        call: dict[str, Any] = {"GlobalSecondaryIndexUpdates": [change]}
        if "Create" in change:
            call["AttributeDefinitions"] = keys.attribute_definitions(planned)
        calls.append(call)
    return calls


def table_calls(prior: State, planned: State) -> list[dict[str, Any]]:
    """Return the arguments of the ``UpdateTable`` calls, in order.

    Billing, stream, class and each index are calls of their own: DynamoDB refuses most
    combinations. Source: DynamoDB API reference, UpdateTable.
    """
    return [
        *_capacity_calls(prior, planned),
        *_stream_calls(prior, planned),
        *_setting_calls(prior, planned),
        *_index_calls(prior, planned),
    ]
