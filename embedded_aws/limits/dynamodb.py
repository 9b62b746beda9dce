"""Limits of DynamoDB that moto lets pass.

moto itself refuses items over 400 KB, empty and oversized keys, batches over 25 and 100 entries,
transactions over 100, and the same key twice in a batch or transaction.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from .limit import limit, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedded_aws.iam.call import ApiCall

INVALID = "ValidationException"
LIMITS_PAGE = "amazondynamodb/latest/developerguide/Constraints.html"
TABLE_NAME = re.compile(r"[a-zA-Z0-9_.-]+")
INDEXES = 20
BATCH_BYTES = 16 * 1024 * 1024
EXPRESSION_BYTES = 4096
DEPTH = 32
DIGITS = 38
LARGEST = Decimal("9.9999999999999999999999999999999999999E+125")
SMALLEST = Decimal("1E-130")
WRITES = ("PutItem", "UpdateItem", "BatchWriteItem", "TransactWriteItems")
SETS = ("SS", "NS", "BS")


@limit("dynamodb", "CreateTable", source=LIMITS_PAGE)
def table(call: ApiCall) -> None:
    """Refuse table names outside 3 to 255 characters, and more than 20 global indexes."""
    body = call.parameters
    name = str(body.get("TableName") or "").rpartition("/")[2]
    if not 3 <= len(name) <= 255:
        message = "TableName must be at least 3 characters long and at most 255 characters long"
        refuse(INVALID, message)
    if not TABLE_NAME.fullmatch(name):
        message = f"1 validation error detected: Value '{name}' at 'tableName' failed to satisfy "
        rule = "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
        refuse(INVALID, message + rule)
    count = len(body.get("GlobalSecondaryIndexes") or [])
    if count > INDEXES:
        message = "One or more parameter values were invalid: GlobalSecondaryIndex count exceeds "
        refuse("LimitExceededException", message + f"the per-table limit of {INDEXES}")


@limit("dynamodb", *WRITES, source=LIMITS_PAGE)
def written_values(call: ApiCall) -> None:
    """Refuse numbers that DynamoDB cannot hold, values nested too deeply, and broken sets."""
    if call.operation == "BatchWriteItem" and call.body_size > BATCH_BYTES:
        refuse(INVALID, "The batch request exceeds the maximum size of 16 MB")
    for value in _values(call.parameters):
        _check(value, 0)


def _values(body: dict[str, Any]) -> Iterator[Any]:
    """Give every attribute value that the request would store."""
    for part in _parts(body):
        for field in ("Item", "ExpressionAttributeValues", "Key"):
            if isinstance(part.get(field), dict):
                yield from part[field].values()


def _parts(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    entries = [entry for table in (body.get("RequestItems") or {}).values() for entry in table]
    entries += body.get("TransactItems") or []
    if not entries:
        yield body
    for entry in entries:
        yield from (part for part in entry.values() if isinstance(part, dict))


def _check(value: Any, depth: int) -> None:
    if not isinstance(value, dict):
        return
    if len(value) != 1:
        message = "Supplied AttributeValue has more than one datatypes set, must contain exactly "
        refuse(INVALID, message + "one of the supported datatypes")
    ((kind, content),) = value.items()
    if kind == "N":
        _check_number(content)
    elif kind in SETS and isinstance(content, list):
        if len(set(content)) != len(content):
            message = f"Input collection {content} contains duplicates."
            refuse(INVALID, f"One or more parameter values were invalid: {message}")
        for entry in content if kind == "NS" else ():
            _check_number(entry)
    elif kind in {"M", "L"} and content:
        if depth + 1 > DEPTH:
            refuse(INVALID, "Nesting Levels have exceeded supported limits")
        for entry in content.values() if kind == "M" else content:
            _check(entry, depth + 1)


def _check_number(text: Any) -> None:
    try:
        number = Decimal(str(text))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        message = f"The parameter cannot be converted to a numeric value: {text}"
        refuse(INVALID, message)
    digits = "".join(str(d) for d in number.as_tuple().digits).strip("0")
    if len(digits) > DIGITS:
        message = f"Attempting to store more than {DIGITS} significant digits in a Number"
        refuse(INVALID, message)
    magnitude = abs(number)
    if magnitude > LARGEST:
        message = "Number overflow. Attempting to store a number with magnitude larger than "
        refuse(INVALID, message + "supported range")
    if number and magnitude < SMALLEST:
        message = "Number underflow. Attempting to store a number with magnitude smaller than "
        refuse(INVALID, message + "supported range")


@limit(
    "dynamodb",
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "Query",
    "Scan",
    "TransactWriteItems",
    source=LIMITS_PAGE,
)
def expressions(call: ApiCall) -> None:
    """Refuse an expression over 4 KB."""
    for part in _parts(call.parameters):
        for field, text in part.items():
            if field.endswith("Expression") and isinstance(text, str):
                size = len(text.encode())
                if size > EXPRESSION_BYTES:
                    message = f"Invalid {field}: Expression size has exceeded the maximum allowed "
                    refuse(INVALID, message + f"size; expression size: {size}")
