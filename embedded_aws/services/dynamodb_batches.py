"""BatchWriteItem: refused as a whole or written as a whole, and fast.

Stands in for
- `DynamoHandler.batch_write_item`: moto compares whole items where DynamoDB compares keys
  ("Provided list of item keys contains duplicates"), stops in the middle of a batch when a later
  item is wrong, and is quadratic in the size of the batch;
- `DynamoHandler.parse_parameters`: the body of a request is JSON already, and what moto's walk
  along botocore's model returns is that JSON.
"""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any

from flask import has_request_context
from flask import request as flask_request
from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.responses import (
    DynamoHandler,
    validate_put_has_empty_attrs,
    validate_put_has_empty_keys,
    validate_put_has_gsi_keys_set_to_none,
)

from embedded_aws import faults
from embedded_aws.services.dynamodb_changes import item_at, key_of, put_at, record, unit_of_work
from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_REQUESTS = 25
_EMPTY_KEY = (
    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
    "contain an empty string value. Key: {}"
)
_KEY_MISMATCH = "The provided key element does not match the schema"


def _batch_write_item(_original: Callable[..., Any], handler: DynamoHandler) -> ActionResult:
    requests = handler.body["RequestItems"]
    _check_number(requests)
    backend = handler.dynamodb_backend
    writes = [
        write
        for table_name, table_requests in requests.items()
        for write in _checked(backend.get_table(table_name), table_requests)
    ]
    # There is no request where moto answers without a server, in another part of this process.
    environ = flask_request.environ if has_request_context() else {}
    left = faults.unprocessed(environ, len(writes))
    with unit_of_work():
        for at, (table, hash_key, range_key, item) in enumerate(writes):
            if at in left:
                continue
            current = item_at(table, hash_key, range_key)
            put_at(table, hash_key, range_key, item)
            if item is not None or current is not None:
                record(table, current, item)
    response: dict[str, Any] = {"UnprocessedItems": _unprocessed(requests, left)}
    if handler.body.get("ReturnConsumedCapacity", "NONE") != "NONE":
        response["ConsumedCapacity"] = [
            {"TableName": name, "CapacityUnits": float(len(table_requests))}
            for name, table_requests in requests.items()
        ]
    return ActionResult(response)


def _unprocessed(requests: dict[str, list[Any]], left: set[int]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    numbers = count()
    for table_name, table_requests in requests.items():
        back = [request for request in table_requests if next(numbers) in left]
        if back:
            found[table_name] = back
    return found


def _check_number(requests: dict[str, list[Any]]) -> None:
    number = sum(len(table_requests) for table_requests in requests.values())
    if not 1 <= number <= MAX_REQUESTS:
        raise MockValidationException(
            "1 validation error detected: Value at 'requestItems' failed to satisfy constraint: "
            f"Map value must satisfy constraint: [Member must have length less than or equal to "
            f"{MAX_REQUESTS}, Member must have length greater than or equal to 1]"
        )


def _checked(
    table: Any, table_requests: list[dict[str, Any]]
) -> Iterator[tuple[Any, DynamoType, DynamoType | None, Item | None]]:
    seen = set()
    for request in table_requests:
        put = request.get("PutRequest")
        attributes = put["Item"] if put is not None else request["DeleteRequest"]["Key"]
        hash_key, range_key = _checked_key(table, attributes)
        if (hash_key, range_key) in seen:
            raise MockValidationException("Provided list of item keys contains duplicates")
        seen.add((hash_key, range_key))
        item = None
        if put is not None:
            _check_item(table, attributes)
            item = Item(hash_key, range_key, attributes)
        elif len(attributes) != len(table.table_key_attrs):
            raise MockValidationException(_KEY_MISMATCH)
        yield table, hash_key, range_key, item


def _checked_key(table: Any, attributes: dict[str, Any]) -> tuple[DynamoType, DynamoType | None]:
    for name, kind in (
        (table.hash_key_attr, table.hash_key_type),
        (table.range_key_attr, table.range_key_type),
    ):
        if name is not None and kind not in attributes.get(name, {}):
            raise MockValidationException(_KEY_MISMATCH)
    return key_of(table, attributes)


def _check_item(table: Any, attributes: dict[str, Any]) -> None:
    validate_put_has_empty_keys(attributes, table, custom_error_msg=_EMPTY_KEY)
    validate_put_has_empty_attrs(attributes, table)
    validate_put_has_gsi_keys_set_to_none(attributes, table)
    _check_index_keys(table, attributes)
    table._validate_item_types(attributes)
    table._validate_key_sizes(attributes)


def _check_index_keys(table: Any, attributes: dict[str, Any]) -> None:
    kinds = {entry["AttributeName"]: entry["AttributeType"] for entry in table.attr}
    for index in table.global_indexes:
        for name in index.schema_key_attrs:
            value = attributes.get(name)
            if value is not None and kinds.get(name) not in value:
                raise MockValidationException(
                    "One or more parameter values were invalid: Type mismatch for Index Key "
                    f"{name} Expected: {kinds.get(name)} Actual: {next(iter(value))} "
                    f"IndexName: {index.name}"
                )


def _parse_parameters(_original: Callable[..., Any], handler: DynamoHandler, request: Any) -> None:
    body = json.loads(request.data or b"{}")
    handler.params = {name: value for name, value in body.items() if value is not None}


def install() -> None:
    """Write batches our way."""
    stand_in(DynamoHandler, "batch_write_item", _batch_write_item)
    stand_in(DynamoHandler, "parse_parameters", _parse_parameters)
