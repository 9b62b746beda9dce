"""What DynamoDB's operations need, those of its streams included.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models import dynamodb_backends

from embedded_aws.state import RUN

from .dynamodb_keys import item_keys
from .encryption import DECRYPT, key_needs
from .need import Need, arn, texts

if TYPE_CHECKING:
    from embedded_aws.iam.call import ApiCall

TRANSACTION = {
    "ConditionCheck": "ConditionCheckItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
}
PARTIQL = {
    "select": "PartiQLSelect",
    "insert": "PartiQLInsert",
    "update": "PartiQLUpdate",
    "delete": "PartiQLDelete",
}
ITEM_ACTIONS = {
    *TRANSACTION.values(),
    *PARTIQL.values(),
    "BatchGetItem",
    "BatchWriteItem",
    "Query",
    "Scan",
}
"""Actions that read or write items, and so use the table's key."""

_PARTIQL_TABLE = re.compile(
    r"""^\s*(?P<verb>\w+)\b.*?(?:\b(?:from|into|update)\s+)["']?(?P<table>[\w.-]+)["']?"""
    r"""(?:\.["']?(?P<index>[\w.-]+)["']?)?""",
    re.IGNORECASE | re.DOTALL,
)


def needs(call: ApiCall) -> list[Need]:
    """Give the permissions that a DynamoDB call needs."""
    body, operation = call.parameters, call.operation
    if operation in {"TransactWriteItems", "TransactGetItems"}:
        return _transaction(call, body, operation)
    if operation in {"BatchWriteItem", "BatchGetItem"}:
        found = []
        for table, requests in (body.get("RequestItems") or {}).items():
            found += _on_table(call, operation, table, requests)
        return found
    statements = _statements(body, operation)
    if statements:
        return [need for text in statements for need in _partiql(call, text)]
    table = body.get("TableName") or body.get("SourceTableName") or body.get("TargetTableName")
    if table:
        return _on_table(call, operation, table, body, index=body.get("IndexName"))
    resource = body.get("ResourceArn") or body.get("TableArn") or body.get("BackupArn")
    if body.get("GlobalTableName"):
        resource = f"arn:aws:dynamodb::{RUN.account}:global-table/{body['GlobalTableName']}"
    return [Need(f"dynamodb:{operation}", resource or "*")]


def stream_needs(call: ApiCall) -> list[Need]:
    """Give the permissions that a call to DynamoDB Streams needs."""
    body, operation = call.parameters, call.operation
    resource = body.get("StreamArn")
    if not resource and body.get("ShardIterator"):
        # moto's iterator begins with the stream's ARN, as AWS's does.
        resource = str(body["ShardIterator"]).partition("|")[0]
    if not resource:
        table = body.get("TableName")
        resource = arn("dynamodb", call.region, f"table/{table or '*'}/stream/*")
    return [Need(f"dynamodb:{operation}", resource)]


def table_arn(table: str, region: str) -> str:
    """Give the table's ARN for its name or ARN."""
    return table if table.startswith("arn:") else arn("dynamodb", region, f"table/{table}")


def find_table(table: str, region: str) -> Any | None:
    """Find moto's table by name or ARN."""
    return dynamodb_backends[RUN.account][region].tables.get(table.rpartition("/")[2])


def _on_table(
    call: ApiCall,
    action: str,
    table: str,
    request: Any,
    *,
    index: str | None = None,
    within: str | None = None,
) -> list[Need]:
    resource = table_arn(table, call.region)
    if index:
        resource += f"/index/{index}"
    held = find_table(table, call.region)
    enclosing = texts(**{"dynamodb:enclosingoperation": within})
    found = [
        Need(
            f"dynamodb:{action}",
            resource,
            lambda: {**item_keys(held, action, request, index), **enclosing},
        )
    ]
    if held is not None and action in ITEM_ACTIONS:
        key = (held.sse_specification or {}).get("KMSMasterKeyId")
        found += key_needs(key, call.region, "dynamodb", DECRYPT)
    return found


def _transaction(call: ApiCall, body: dict[str, Any], operation: str) -> list[Need]:
    found = []
    for entry in body.get("TransactItems") or []:
        for kind, request in entry.items():
            if kind in TRANSACTION and isinstance(request, dict):
                table = request.get("TableName", "")
                found += _on_table(call, TRANSACTION[kind], table, request, within=operation)
    return found


def _statements(body: dict[str, Any], operation: str) -> list[str]:
    if operation == "ExecuteStatement":
        return [body.get("Statement", "")]
    listed = {"BatchExecuteStatement": "Statements", "ExecuteTransaction": "TransactStatements"}
    if operation in listed:
        return [entry.get("Statement", "") for entry in body.get(listed[operation]) or []]
    return []


def _partiql(call: ApiCall, text: str) -> list[Need]:
    found = _PARTIQL_TABLE.match(text.replace("EXISTS(", "", 1).strip())
    if found is None or found["verb"].lower() not in PARTIQL:
        return [Need("dynamodb:PartiQLSelect", "*")]
    action = PARTIQL[found["verb"].lower()]
    return _on_table(call, action, found["table"], {}, index=found["index"])
