"""Settings of a table that moto loses: what a second DescribeTable must give back.

Stands in for
- `DynamoHandler.create_table` and `update_table`: SSESpecification on update, table class and
  on-demand throughput;
- `DynamoDBBackend.update_table_streams` and `update_table_global_indexes`: a stream that was
  disabled can be enabled again, a missing index is an error of the caller;
- `DynamoDBBackend.tag_resource`: a tag that is there gets the new value instead of a twin;
- `DynamoHandler.list_tags_of_resource`: all tags on one page, 50 at most exist;
- `Table.describe`: TableId, ARNs of indexes, the key's ARN.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import StreamAlreadyEnabledException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler, DynamoResult
from moto.kms.models import kms_backends

from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable


def _create_table(original: Callable[..., Any], handler: DynamoHandler) -> Any:
    _check_key(handler, handler.body.get("SSESpecification"))
    requested_key = (handler.body.get("SSESpecification") or {}).get("KMSMasterKeyId")
    original(handler)
    table = handler.dynamodb_backend.get_table(handler.body["TableName"])
    if requested_key:
        table.requested_key = requested_key
    _keep_settings(table, handler.body)
    return DynamoResult(table.describe())


def _update_table(original: Callable[..., Any], handler: DynamoHandler) -> Any:
    table = handler.dynamodb_backend.get_table(handler.body["TableName"])
    specification = handler.body.get("SSESpecification")
    _check_key(handler, specification)
    original(handler)
    _keep_settings(table, handler.body)
    if specification is not None:
        table.requested_key = specification.get("KMSMasterKeyId", "alias/aws/dynamodb")
        table.sse_specification = dict(specification) if specification.get("Enabled") else None
        if table.sse_specification is not None:
            table.sse_specification.setdefault(
                "KMSMasterKeyId",
                table._get_default_encryption_key(table.account_id, table.region_name),
            )
    return DynamoResult(table.describe())


def _check_key(handler: DynamoHandler, specification: dict[str, Any] | None) -> None:
    key = (specification or {}).get("KMSMasterKeyId")
    if key and _key_arn(handler.current_account, handler.region, key) is None:
        raise JsonRESTError(
            "ValidationException",
            f"One or more parameter values were invalid: KMS key {key} does not exist",
        )


def _key_arn(account: str, region: str, key: str) -> str | None:
    backend = kms_backends[account][region]
    name = key.split(":", 5)[5] if key.startswith("arn:") else key
    if name.startswith("alias/"):
        key_id = backend.get_key_id_from_alias(name)
    else:
        key_id = name.removeprefix("key/")
    held = backend.keys.get(key_id)
    return held.arn if held is not None else None


def _keep_settings(table: Table, body: dict[str, Any]) -> None:
    if body.get("TableClass"):
        table.table_class = body["TableClass"]
    if body.get("OnDemandThroughput"):
        table.on_demand_throughput = dict(body["OnDemandThroughput"])
    table.throughput.setdefault("NumberOfDecreasesToday", 0)


def _update_streams(
    original: Callable[..., None],
    backend: DynamoDBBackend,
    table: Table,
    specification: dict[str, Any],
) -> None:
    enabled = (table.stream_specification or {}).get("StreamEnabled")
    if specification.get("StreamEnabled"):
        if enabled:
            raise StreamAlreadyEnabledException
        table.latest_stream_label = None
    original(backend, table, specification)


def _update_indexes(
    original: Callable[..., None],
    backend: DynamoDBBackend,
    table: Table,
    updates: list[dict[str, Any]],
) -> None:
    try:
        original(backend, table, updates)
    except ValueError as wrong:
        kind = "ValidationException" if "already" in str(wrong) else "ResourceNotFoundException"
        raise JsonRESTError(kind, str(wrong)) from wrong


def _tag_resource(
    _original: Callable[..., None], backend: DynamoDBBackend, arn: str, tags: dict[str, str]
) -> None:
    for table in backend.tables.values():
        if table.table_arn == arn:
            merged = {tag["Key"]: tag["Value"] for tag in table.tags} | tags
            table.tags = [{"Key": key, "Value": value} for key, value in merged.items()]


def _list_tags(_original: Callable[..., Any], handler: DynamoHandler) -> ActionResult:
    tags = handler.dynamodb_backend.list_tags_of_resource(handler.body["ResourceArn"])
    return ActionResult({"Tags": tags})


def _describe(
    original: Callable[..., Any], table: Table, base_key: str = "TableDescription"
) -> Any:
    description = original(table, base_key)
    found = description[base_key]
    if not hasattr(table, "table_id"):
        table.table_id = str(uuid.uuid4())
    found["TableId"] = table.table_id
    for index in [*found["GlobalSecondaryIndexes"], *found["LocalSecondaryIndexes"]]:
        index["IndexArn"] = f"{table.table_arn}/index/{index['IndexName']}"
    if getattr(table, "table_class", None):
        found["TableClassSummary"] = {"TableClass": table.table_class}
    if getattr(table, "on_demand_throughput", None):
        found["OnDemandThroughput"] = table.on_demand_throughput
    encryption = found.get("SSEDescription")
    if encryption is not None:
        key = encryption["KMSMasterKeyArn"]
        encryption["KMSMasterKeyArn"] = _key_arn(table.account_id, table.region_name, key) or key
    return description


def install() -> None:
    """Keep every setting of a table."""
    stand_in(DynamoHandler, "create_table", _create_table)
    stand_in(DynamoHandler, "update_table", _update_table)
    stand_in(DynamoHandler, "list_tags_of_resource", _list_tags)
    stand_in(DynamoDBBackend, "update_table_streams", _update_streams)
    stand_in(DynamoDBBackend, "update_table_global_indexes", _update_indexes)
    stand_in(DynamoDBBackend, "tag_resource", _tag_resource)
    stand_in(Table, "describe", _describe)
