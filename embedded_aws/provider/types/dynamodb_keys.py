"""Keys and secondary indexes of a DynamoDB table: Terraform's blocks and AWS's structures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedded_aws.provider.attributes import block, given

if TYPE_CHECKING:
    from embedded_aws.provider.resource_type import State

ON_DEMAND = "PAY_PER_REQUEST"


def key_schema(hash_key: str, range_key: str | None) -> list[dict[str, str]]:
    """Return a ``KeySchema``."""
    schema = [{"AttributeName": hash_key, "KeyType": "HASH"}]
    if range_key:
        schema.append({"AttributeName": range_key, "KeyType": "RANGE"})
    return schema


def key_names(schema: list[dict[str, str]]) -> tuple[str, str | None]:
    """Return the hash key and the range key of a ``KeySchema``."""
    by_type = {element["KeyType"]: element["AttributeName"] for element in schema}
    return by_type["HASH"], by_type.get("RANGE")


def attribute_definitions(table: State) -> list[dict[str, str]]:
    """Return the ``AttributeDefinitions`` of a table's ``attribute`` blocks."""
    return [
        {"AttributeName": attribute["name"], "AttributeType": attribute["type"]}
        for attribute in sorted(table["attribute"] or [], key=lambda one: str(one["name"]))
    ]


def provisioned(owner: State) -> dict[str, int]:
    """Return the ``ProvisionedThroughput`` of a table or an index."""
    return {
        "ReadCapacityUnits": int(owner["read_capacity"] or 0),
        "WriteCapacityUnits": int(owner["write_capacity"] or 0),
    }


def on_demand(owner: State) -> dict[str, int]:
    """Return the ``OnDemandThroughput`` of a table or an index, empty when it is not limited."""
    limits = block(owner, "on_demand_throughput")
    return given(
        MaxReadRequestUnits=limits.get("max_read_request_units"),
        MaxWriteRequestUnits=limits.get("max_write_request_units"),
    )


def warm(owner: State) -> dict[str, int]:
    """Return the ``WarmThroughput`` of a table or an index, empty when it is left to AWS."""
    units = block(owner, "warm_throughput")
    return given(
        ReadUnitsPerSecond=units.get("read_units_per_second"),
        WriteUnitsPerSecond=units.get("write_units_per_second"),
    )


def _projection(index: State) -> dict[str, Any]:
    return given(
        ProjectionType=index["projection_type"], NonKeyAttributes=index["non_key_attributes"]
    )


def global_index(index: State, billing_mode: str) -> dict[str, Any]:
    """Return a global secondary index as ``CreateTable`` takes it."""
    return given(
        IndexName=index["name"],
        KeySchema=key_schema(index["hash_key"], index["range_key"]),
        Projection=_projection(index),
        ProvisionedThroughput=None if billing_mode == ON_DEMAND else provisioned(index),
        OnDemandThroughput=on_demand(index),
        WarmThroughput=warm(index),
    )


def local_index(index: State, hash_key: str) -> dict[str, Any]:
    """Return a local secondary index as ``CreateTable`` takes it."""
    return {
        "IndexName": index["name"],
        "KeySchema": key_schema(hash_key, index["range_key"]),
        "Projection": _projection(index),
    }


def _shape(index: State) -> tuple[Any, ...]:
    """Return what of an index cannot be changed without making it anew."""
    return (
        index["hash_key"],
        index["range_key"],
        index["projection_type"],
        tuple(sorted(index["non_key_attributes"] or [])),
    )


def _capacity_change(before: State, after: State, billing_mode: str) -> dict[str, Any]:
    if billing_mode == ON_DEMAND:
        if on_demand(after) and on_demand(after) != on_demand(before):
            return {"IndexName": after["name"], "OnDemandThroughput": on_demand(after)}
        return {}
    # A capacity that is not configured is unknown in the plan: it stays what it is.
    wanted = {
        name: units if units is not None else before[name]
        for name, units in after.items()
        if name in ("read_capacity", "write_capacity")
    }
    if all(wanted[name] == before[name] for name in wanted):
        return {}
    return {"IndexName": after["name"], "ProvisionedThroughput": provisioned(wanted)}


def global_index_changes(prior: State, planned: State) -> list[dict[str, Any]]:
    """Return the ``GlobalSecondaryIndexUpdates`` from one state to another, one per call.

    DynamoDB creates or deletes one index per ``UpdateTable`` call, so an index whose keys or
    projection change is deleted first and then made anew.
    Source: DynamoDB API reference, UpdateTable.
    """
    before = {index["name"]: index for index in prior["global_secondary_index"] or []}
    after = {index["name"]: index for index in planned["global_secondary_index"] or []}
    billing_mode = planned["billing_mode"]
    anew = {
        name for name in before.keys() & after.keys() if _shape(before[name]) != _shape(after[name])
    }
    deleted = sorted((before.keys() - after.keys()) | anew)
    created = sorted((after.keys() - before.keys()) | anew)
    changes: list[dict[str, Any]] = [{"Delete": {"IndexName": name}} for name in deleted]
    kept = sorted((before.keys() & after.keys()) - anew)
    updates = (_capacity_change(before[name], after[name], billing_mode) for name in kept)
    changes += [{"Update": update} for update in updates if update]
    changes += [{"Create": global_index(after[name], billing_mode)} for name in created]
    return changes


def read_throughput(described: dict[str, Any]) -> State:
    """Return the capacity attributes of a described table or index."""
    throughput = described.get("ProvisionedThroughput") or {}
    return {
        "read_capacity": int(throughput.get("ReadCapacityUnits", 0)),
        "write_capacity": int(throughput.get("WriteCapacityUnits", 0)),
    }


def _on_demand_block(described: dict[str, Any]) -> list[State]:
    limits = described.get("OnDemandThroughput")
    if not limits:
        return []
    return [
        {
            "max_read_request_units": limits.get("MaxReadRequestUnits", 0),
            "max_write_request_units": limits.get("MaxWriteRequestUnits", 0),
        }
    ]


def _warm_block(described: dict[str, Any], state: State) -> list[State]:
    """Warm throughput has a default in AWS: it is shown only where it is configured."""
    if not block(state, "warm_throughput"):
        return []
    units = described.get("WarmThroughput") or {}
    return [
        {
            "read_units_per_second": units.get("ReadUnitsPerSecond"),
            "write_units_per_second": units.get("WriteUnitsPerSecond"),
        }
    ]


def read_throughput_blocks(described: dict[str, Any], state: State) -> State:
    """Return the blocks ``on_demand_throughput`` and ``warm_throughput`` of a table or index."""
    return {
        "on_demand_throughput": _on_demand_block(described),
        "warm_throughput": _warm_block(described, state),
    }


def read_global_indexes(described: dict[str, Any], state: State) -> list[State]:
    """Return the ``global_secondary_index`` blocks of a described table."""
    known = {index["name"]: index for index in state.get("global_secondary_index") or []}
    found = []
    for index in described.get("GlobalSecondaryIndexes") or []:
        hash_key, range_key = key_names(index["KeySchema"])
        found.append(
            {
                "name": index["IndexName"],
                "hash_key": hash_key,
                "range_key": range_key,
                "projection_type": index["Projection"]["ProjectionType"],
                "non_key_attributes": index["Projection"].get("NonKeyAttributes") or None,
                **read_throughput(index),
                **read_throughput_blocks(index, known.get(index["IndexName"], {})),
            }
        )
    return found


def read_local_indexes(described: dict[str, Any]) -> list[State]:
    """Return the ``local_secondary_index`` blocks of a described table."""
    return [
        {
            "name": index["IndexName"],
            "range_key": key_names(index["KeySchema"])[1],
            "projection_type": index["Projection"]["ProjectionType"],
            "non_key_attributes": index["Projection"].get("NonKeyAttributes") or None,
        }
        for index in described.get("LocalSecondaryIndexes") or []
    ]
