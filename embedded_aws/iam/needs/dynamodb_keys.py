"""DynamoDB's condition keys: partition keys and attributes that a request touches.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .need import Keys, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

_EQUALITY = re.compile(r"(#?[\w.-]+)\s*=\s*(:[\w.-]+)")
_NAME = re.compile(r"(?<![:#\w])[A-Za-z_]\w*")
_WORDS = {"SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "BETWEEN", "IN"} | {
    "if_not_exists",
    "list_append",
    "attribute_exists",
    "attribute_not_exists",
    "attribute_type",
    "begins_with",
    "contains",
    "size",
}


def item_keys(table: Any, action: str, request: Any, index: str | None) -> Keys:
    """Give LeadingKeys, Attributes, Select, ReturnValues and the like of one request.

    Parameters
    ----------
    table
        moto's table, None when there is none.
    action
        The IAM action without its service.
    request
        The part of the body that concerns the table.
    index
        Name of the index that is read.
    """
    if table is None:
        return {}
    hash_key = _hash_key(table, index)
    parts = list(_parts(action, request))
    leading = [value for part in parts for value in _leading(part, hash_key)]
    attributes = sorted({name for part in parts for name in _attributes(part)})
    single = request if isinstance(request, dict) else {}
    keys = {
        "dynamodb:leadingkeys": leading or None,
        "dynamodb:attributes": attributes or None,
        "dynamodb:select": single.get("Select"),
        "dynamodb:returnvalues": single.get("ReturnValues"),
        "dynamodb:returnconsumedcapacity": single.get("ReturnConsumedCapacity"),
        "dynamodb:fulltablescan": "true" if action == "Scan" else None,
    }
    return texts(**keys)


def _hash_key(table: Any, index: str | None) -> str:
    if index:
        for candidate in [*table.global_indexes, *table.indexes]:
            if candidate.name == index:
                for element in candidate.schema:
                    if element["KeyType"] == "HASH":
                        return str(element["AttributeName"])
    return str(table.hash_key_attr)


def _parts(action: str, request: Any) -> Iterator[dict[str, Any]]:
    if action == "BatchWriteItem" and isinstance(request, list):
        for entry in request:
            yield from (part for part in entry.values() if isinstance(part, dict))
    elif action == "BatchGetItem" and isinstance(request, dict):
        for key in request.get("Keys") or []:
            yield {**request, "Key": key}
    elif isinstance(request, dict):
        yield request


def _leading(part: dict[str, Any], hash_key: str) -> Iterator[str]:
    for item in (part.get("Item"), part.get("Key")):
        if isinstance(item, dict) and isinstance(item.get(hash_key), dict):
            yield from (str(value) for value in item[hash_key].values())
    names = part.get("ExpressionAttributeNames") or {}
    values = part.get("ExpressionAttributeValues") or {}
    for name, value in _EQUALITY.findall(part.get("KeyConditionExpression") or ""):
        if names.get(name, name) == hash_key and value in values:
            yield from (str(v) for v in values[value].values())


def _attributes(part: dict[str, Any]) -> Iterator[str]:
    for field in ("Item", "Key", "AttributeUpdates", "Expected", "KeyConditions"):
        yield from part.get(field) or {}
    yield from part.get("AttributesToGet") or []
    yield from (part.get("ExpressionAttributeNames") or {}).values()
    for field, text in part.items():
        if field.endswith("Expression") and isinstance(text, str):
            yield from (name for name in _NAME.findall(text) if name not in _WORDS)
