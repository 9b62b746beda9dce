"""Answers that hold items, written as JSON at once.

Stands in for `BaseResponse.serialized` of `DynamoHandler` and `DynamoDBStreamsHandler`: moto walks
along botocore's model for each attribute of each item, which takes longer than everything else
that a Scan or GetRecords does. What these operations return has the names of the model already.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.responses import DynamoHandler
from moto.dynamodbstreams.responses import DynamoDBStreamsHandler

from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from moto.core.responses import ActionResult

OPERATIONS = frozenset(
    {
        "BatchGetItem",
        "BatchWriteItem",
        "GetItem",
        "GetRecords",
        "Query",
        "Scan",
        "TransactGetItems",
    }
)


def _serialized(original: Callable[..., Any], handler: Any, action_result: ActionResult) -> Any:
    result = action_result.result
    if handler._get_action() not in OPERATIONS or not isinstance(result, dict):
        return original(handler, action_result)  # an error, or an answer without items
    content = {name: value for name, value in result.items() if value is not None}
    headers = {"Content-Type": "application/x-amz-json-1.0", **handler.response_headers}
    return 200, headers, json.dumps(content, default=_plain, separators=(",", ":"))


def _plain(value: Any) -> Any:
    """Return what JSON has for a value: the type and content of an attribute, base64, seconds."""
    if isinstance(value, DynamoType):
        return {value.type: value.value}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{type(value)} in an answer of DynamoDB")


def install() -> None:
    """Answer our way."""
    stand_in(DynamoHandler, "serialized", _serialized)
    stand_in(DynamoDBStreamsHandler, "serialized", _serialized)
