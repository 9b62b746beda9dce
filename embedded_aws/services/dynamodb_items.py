"""Items of DynamoDB, built and compared at a speed that lets a demo write a million of them.

Stands in for `DynamoType.__init__`, `cast_value` and `__hash__`, and for `Item.__init__`, which
adds up the size of the whole item again for every attribute it takes in. What they mean stays.
"""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_ITEM_SIZE = 400 * 1024
"""Bytes, names included (Developer Guide, Quotas in Amazon DynamoDB, "Item size")."""


def size_of(value: DynamoType) -> int:
    """Return the bytes that a value counts for.

    Developer Guide, DynamoDB item sizes and formats: UTF-8 bytes of strings, raw bytes of
    binaries, about one byte per two significant digits plus one of a number, one byte of null and
    boolean, three bytes of a list or map plus one per element.
    """
    kind, content = value.type, value.value
    measure = _SCALAR_SIZES.get(kind)
    if measure is not None:
        return measure(content)
    if kind == "M":
        return 3 + sum(1 + _bytes(name) + size_of(inner) for name, inner in content.items())
    if kind == "L":
        return 3 + sum(1 + size_of(inner) for inner in content)
    return sum(_SCALAR_SIZES[kind[0]](member) for member in content)


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _number_size(text: str) -> int:
    digits = len(str(text).lstrip("-").replace(".", "").strip("0"))
    return (digits + 1) // 2 + 1 + str(text).startswith("-")


def _binary_size(content: str | bytes) -> int:
    return len(content) * 3 // 4 if isinstance(content, str) else len(content)


_SCALAR_SIZES: dict[str, Callable[[Any], int]] = {
    "S": _bytes,
    "N": _number_size,
    "B": _binary_size,
    "BOOL": lambda _: 1,
    "NULL": lambda _: 1,
}


def wire(value: DynamoType) -> dict[str, Any]:
    """Return a value as DynamoDB's JSON with raw bytes, sharing nothing with the stored item."""
    kind, content = value.type, value.value
    if kind == "M":
        return {"M": {name: wire(inner) for name, inner in content.items()}}
    if kind == "L":
        return {"L": [wire(inner) for inner in content]}
    if kind == "B":
        return {"B": _raw(content)}
    if kind == "BS":
        return {"BS": [_raw(member) for member in content]}
    return {kind: list(content) if isinstance(content, list) else content}


def _raw(content: str | bytes) -> bytes:
    return base64.b64decode(content) if isinstance(content, str) else content


def image(item: Item) -> dict[str, Any]:
    """Return an item as DynamoDB's JSON with raw bytes, sharing nothing with the stored item."""
    return {name: wire(value) for name, value in item.attrs.items()}


def _init_value(self: DynamoType, type_as_dict: Any) -> None:
    if type(type_as_dict) is DynamoType:
        kind, content = type_as_dict.type, type_as_dict.value
    else:
        kind, content = next(iter(type_as_dict.items()))
    if kind == "M":
        content = {name: DynamoType(inner) for name, inner in content.items()}
    elif kind == "L":
        content = [DynamoType(inner) for inner in content]
    self.type, self.value = kind, content


def _cast(self: DynamoType) -> Any:
    kind, content = self.type, self.value
    if kind in {"S", "B", "BOOL"}:
        return content
    if kind == "N":
        return Decimal(content)
    if kind == "M":
        return {name: inner.cast_value for name, inner in content.items()}
    if kind == "L":
        return [inner.cast_value for inner in content]
    if kind in {"SS", "NS", "BS"}:
        return {DynamoType({kind[0]: member}).cast_value for member in content}
    return None


def _equal(self: DynamoType, other: Any) -> bool:
    if type(other) is not DynamoType or self.type != other.type:
        return False
    # Numbers are compared by value and sets without order; the rest is equal when its text is.
    return bool(self.value == other.value or self.cast_value == other.cast_value)


def _hash(self: DynamoType) -> int:
    return hash((self.type, self.value if self.type == "S" else self.cast_value))


def _init_item(
    self: Item, hash_key: DynamoType, range_key: DynamoType | None, attrs: dict[str, Any]
) -> None:
    self.hash_key = hash_key
    self.range_key = range_key
    held = LimitedSizeDict.__new__(LimitedSizeDict)
    size = 0
    for name, value in attrs.items():
        content = DynamoType(value)
        size += _bytes(name) + size_of(content)
        dict.__setitem__(held, name, content)
    if size > MAX_ITEM_SIZE:
        raise ItemSizeTooLarge
    self.attrs = held


def install() -> None:
    """Build items our way."""
    DynamoType.__init__ = _init_value
    DynamoType.cast_value = property(_cast)
    DynamoType.__eq__ = _equal
    DynamoType.__ne__ = lambda self, other: not _equal(self, other)
    DynamoType.__hash__ = _hash
    Item.__init__ = _init_item
