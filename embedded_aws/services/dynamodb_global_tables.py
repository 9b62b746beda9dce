"""Global tables, version 2019.11.21: replicas are made, changed and deleted with UpdateTable.

Stands in for `DynamoHandler.update_table`, which ignores `ReplicaUpdates`, and for
`DynamoDBBackend.delete_table` and `update_time_to_live`, which know nothing of replicas.

What is shared by all replicas is copied to them: key schema, indexes, billing mode, write
capacity, stream and time to live. Point-in-time recovery, deletion protection, tags, the KMS key
and the table class belong to each replica (Developer Guide, "Settings synchronization").
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError
from moto.dynamodb.exceptions import DeletionProtectedException
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler, DynamoResult

from embedded_aws.services.dynamodb_changes import LOCK
from embedded_aws.services.dynamodb_replication import ReplicaGroup
from embedded_aws.services.seams import stand_in
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from collections.abc import Callable

VERSION = "2019.11.21"
STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


def _invalid(message: str) -> JsonRESTError:
    return JsonRESTError("ValidationException", message)


def _update_table(original: Callable[..., Any], handler: DynamoHandler) -> Any:
    table = handler.dynamodb_backend.get_table(handler.body["TableName"])
    updates = handler.body.get("ReplicaUpdates") or []
    for update in updates:
        for kind, settings in update.items():
            _UPDATES[kind](table, settings)
    group: ReplicaGroup | None = getattr(table, "replica_group", None)
    if group is not None and not updates:
        _check_update(handler.body)
    original(handler)
    if group is not None:
        for other in group.others(table):
            _synchronize(table, other)
    return DynamoResult(table.describe())


def _check_update(body: dict[str, Any]) -> None:
    specification = body.get("StreamSpecification")
    if specification is not None and not specification.get("StreamEnabled"):
        raise _invalid(
            "Table cannot have its stream disabled or its view type changed while it has replicas"
        )


def _create_replica(table: Table, settings: dict[str, Any]) -> None:
    region = settings["RegionName"]
    if RUN.is_down(region):
        raise JsonRESTError("InternalServerError", f"Region {region} does not answer")
    backend = dynamodb_backends[table.account_id][region]
    group: ReplicaGroup | None = getattr(table, "replica_group", None)
    if region == table.region_name or (group is not None and region in group.tables):
        raise _invalid(
            f"Failed to create a the new replica of table with name: '{table.name}' because one "
            "or more replicas already existed as tables."
        )
    if table.name in backend.tables:
        raise _invalid(
            f"Failed to create a the new replica of table with name: '{table.name}' because one "
            f"or more replicas already existed as tables in region {region}."
        )
    _check_stream(table)
    replica = Table(
        table.name,
        account_id=table.account_id,
        region=region,
        schema=copy.deepcopy(table.schema),
        attr=copy.deepcopy(table.attr),
        billing_mode=table.billing_mode,
        streams=dict(STREAM),
        sse_specification=_encryption(table, region, settings.get("KMSMasterKeyId")),
        tags=[],
    )
    replica.indexes = copy.deepcopy(table.indexes)
    _synchronize(table, replica)
    _change_replica(replica, settings)
    with LOCK:
        (group or ReplicaGroup(table)).join(replica)
        backend.tables[table.name] = replica


def _check_stream(table: Table) -> None:
    specification = table.stream_specification or {}
    if not specification.get("StreamEnabled"):
        table.set_stream_specification(dict(STREAM))
    elif specification.get("StreamViewType") != STREAM["StreamViewType"]:
        raise _invalid(
            f"Table {table.name} must have its stream enabled with the view type "
            f"{STREAM['StreamViewType']}, not {specification.get('StreamViewType')}"
        )


def _encryption(table: Table, region: str, key: str | None) -> dict[str, Any] | None:
    of_table = table.sse_specification or {}
    if key is None:
        if not of_table.get("Enabled"):
            return None
        if "alias/aws/dynamodb" not in str(getattr(table, "requested_key", "alias/aws/dynamodb")):
            raise _invalid(
                "One or more parameter values were invalid: KMSMasterKeyId must be specified for "
                f"the replica in {region}, because the table is encrypted with a customer key"
            )
        return {"Enabled": True, "SSEType": "KMS"}
    if key.startswith("arn:") and key.split(":")[3] != region:
        raise _invalid(
            f"One or more parameter values were invalid: KMSMasterKeyId {key} is not in {region}"
        )
    return {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}


def _replica(table: Table, region: str) -> Table:
    group: ReplicaGroup | None = getattr(table, "replica_group", None)
    if group is None or region not in group.tables or region == table.region_name:
        raise _invalid(
            f"Failed to update the replica of table with name: '{table.name}' because there is no "
            f"replica in region {region}."
        )
    return group.tables[region]


def _update_replica(table: Table, settings: dict[str, Any]) -> None:
    replica = _replica(table, settings["RegionName"])
    if settings.get("KMSMasterKeyId"):
        replica.sse_specification = _encryption(
            table, replica.region_name, settings["KMSMasterKeyId"]
        )
    _change_replica(replica, settings)


def _change_replica(replica: Table, settings: dict[str, Any]) -> None:
    override = settings.get("ProvisionedThroughputOverride")
    if override:
        replica.throughput_override = dict(override)
        replica.throughput = {**replica.throughput, **override}
    if settings.get("TableClassOverride"):
        replica.table_class = settings["TableClassOverride"]


def _delete_replica(table: Table, settings: dict[str, Any]) -> None:
    replica = _replica(table, settings["RegionName"])
    if RUN.is_down(replica.region_name):
        raise JsonRESTError("InternalServerError", f"Region {replica.region_name} does not answer")
    dynamodb_backends[replica.account_id][replica.region_name].delete_table(replica.name)


_UPDATES: dict[str, Callable[[Table, dict[str, Any]], None]] = {
    "Create": _create_replica,
    "Update": _update_replica,
    "Delete": _delete_replica,
}


def _synchronize(table: Table, replica: Table) -> None:
    replica.attr = copy.deepcopy(table.attr)
    replica.global_indexes = copy.deepcopy(table.global_indexes)
    replica.billing_mode = table.billing_mode
    override = getattr(replica, "throughput_override", {})
    replica.throughput = {**table.throughput, **override}
    replica.warm_throughput = dict(table.warm_throughput)
    replica.ttl = dict(table.ttl)


def _delete_table(original: Callable[..., Any], backend: DynamoDBBackend, name: str) -> Any:
    table = backend.get_table(name)
    if table.deletion_protection_enabled:
        raise DeletionProtectedException(name)
    deleted = original(backend, name)
    group: ReplicaGroup | None = getattr(table, "replica_group", None)
    if group is not None:
        with LOCK:
            group.leave(table)
    return deleted


def _update_time_to_live(
    original: Callable[..., None], backend: DynamoDBBackend, table_name: str, spec: dict[str, Any]
) -> None:
    original(backend, table_name, spec)
    table = backend.get_table(table_name)
    group: ReplicaGroup | None = getattr(table, "replica_group", None)
    for other in group.others(table) if group is not None else []:
        other.ttl = dict(table.ttl)


def replicas(table: Table) -> list[dict[str, Any]]:
    """Return the other replicas of a table as DescribeTable has them."""
    group: ReplicaGroup | None = getattr(table, "replica_group", None)
    if group is None:
        return []
    described = []
    for other in group.others(table):
        entry: dict[str, Any] = {
            "RegionName": other.region_name,
            "ReplicaStatus": "ACTIVE",
            "ReplicaArn": other.table_arn,
        }
        if (other.sse_specification or {}).get("Enabled"):
            entry["KMSMasterKeyId"] = other.sse_specification["KMSMasterKeyId"]
        if getattr(other, "throughput_override", None):
            entry["ProvisionedThroughputOverride"] = other.throughput_override
        if getattr(other, "table_class", None):
            entry["ReplicaTableClassSummary"] = {"TableClass": other.table_class}
        described.append(entry)
    return described


def _describe(
    original: Callable[..., Any], table: Table, base_key: str = "TableDescription"
) -> Any:
    description = original(table, base_key)
    others = replicas(table)
    if others:
        description[base_key]["Replicas"] = others
        description[base_key]["GlobalTableVersion"] = VERSION
        description[base_key]["MultiRegionConsistency"] = "EVENTUAL"
    return description


def install() -> None:
    """Let tables have replicas."""
    stand_in(DynamoHandler, "update_table", _update_table)
    stand_in(DynamoDBBackend, "delete_table", _delete_table)
    stand_in(DynamoDBBackend, "update_time_to_live", _update_time_to_live)
    stand_in(Table, "describe", _describe)
