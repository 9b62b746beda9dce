"""Writes of DynamoDB: one at a time, all or nothing.

Stands in for
- `DynamoHandler.call_action`: moto serves every request in a thread and lets them meet in the
  middle of a write;
- `DynamoDBBackend.update_item`: it changes the stored item in place, so that a failure half-way
  stays and an earlier stream record changes afterwards;
- `DynamoDBBackend.transact_write_items`: a cancelled transaction swaps the table for a copy and
  loses what others wrote since (91 of 160 puts in a trial).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.dynamodb import responses
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.responses import DynamoHandler

from embedded_aws.services.dynamodb_changes import LOCK, key_of, unit_of_work
from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable

TRANSACTION_MAX_ITEMS = 100
"""Amazon DynamoDB Developer Guide, Transactions: "up to 100 distinct items" (moto: 25 reads)."""


def _call_action(original: Callable[..., Any], handler: DynamoHandler) -> Any:
    with LOCK:
        return original(handler)


def _update_item(
    original: Callable[..., Any],
    backend: DynamoDBBackend,
    table_name: str,
    key: dict[str, Any],
    *arguments: Any,
    **named: Any,
) -> Any:
    table = backend.get_table(table_name)
    with unit_of_work() as unit:
        if all(name in key for name in table.table_key_attrs):
            unit.protect(table, *key_of(table, key))
        return original(backend, table_name, key, *arguments, **named)


def _transact_write_items(
    original: Callable[..., Any], backend: DynamoDBBackend, transact_items: list[dict[str, Any]]
) -> Any:
    with unit_of_work() as unit:
        for transact_item in transact_items:
            for kind, operation in transact_item.items():
                table = backend.tables.get(operation.get("TableName"))
                key = operation.get("Key") or operation.get("Item") or {}
                whole = table is not None and all(name in key for name in table.table_key_attrs)
                if whole and kind != "ConditionCheck":
                    unit.protect(table, *key_of(table, key))
        return original(backend, transact_items)


def install() -> None:
    """Make every write of DynamoDB atomic."""
    stand_in(DynamoHandler, "call_action", _call_action)
    stand_in(DynamoDBBackend, "update_item", _update_item)
    stand_in(DynamoDBBackend, "transact_write_items", _transact_write_items)
    responses.TRANSACTION_MAX_ITEMS = TRANSACTION_MAX_ITEMS
