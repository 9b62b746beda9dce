"""A record in DynamoDB's wire form, and its size by DynamoDB's rules.

`wire_map` is the fast way and only tells that something is wrong; `unstorable_members` then says
what, member by member. Sources: "DynamoDB item sizes and formats" for sizes, "Quotas in Amazon
DynamoDB" for names, numbers and nesting.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from shared.numbers_exact import number_problem, number_size, number_text
from shared.pointers import json_pointer
from shared.records import Reason, WireItem

DEEPEST_LEVEL = 32
"""Levels of nesting; the attribute that holds the record is the first."""
LARGEST_NAME = 65_535
"""Bytes of an attribute's name."""
LARGEST_ITEM = 400 * 1024
"""Bytes of an item, names and values together."""
MOST_PARTS = LARGEST_ITEM // 2
"""Members, elements, maps and lists of an item: each takes two bytes at least."""

_CONTAINER = 3  # bytes for a map or list, and one more for each of its elements


class UnstorableError(Exception):
    """A value that DynamoDB cannot hold; `unstorable_members` tells which."""


def wire_map(members: dict[str, Any], level: int = 1) -> tuple[WireItem, int]:
    """Convert the members of a JSON object.

    Whether the item as a whole is too large, or a name too long, has to be seen when it is made:
    most are so small that nobody need measure.

    Returns
    -------
    tuple
        The members in wire form, and the number of strings at all levels, names among them.

    Raises
    ------
    UnstorableError
        DynamoDB cannot hold the object.
    """
    if level >= DEEPEST_LEVEL and members:
        raise UnstorableError
    wire: WireItem = {}
    strings = len(members)
    for name, value in members.items():
        kind = type(value)
        if kind is str:
            wire[name] = {"S": value}
            strings += 1
        elif kind is int or kind is Decimal:
            text = number_text(value)
            if text is None:
                raise UnstorableError
            wire[name] = {"N": text}
        else:
            wire[name], inside = _wire_value(value, level + 1)
            strings += inside
    if "" in members:
        raise UnstorableError
    return wire, strings


def text_size(text: str) -> int:
    """Return the bytes of a text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def item_size(item: WireItem) -> int:
    """Return the bytes of an item in wire form: its attributes' names and values."""
    return sum(text_size(name) + _value_size(value) for name, value in item.items())


def unstorable_members(value: object) -> Iterator[Reason]:
    """Yield what DynamoDB cannot hold of a record, without recursion."""
    waiting: list[tuple[tuple[str | int, ...], object]] = [((), value)]
    while waiting:
        path, here = waiting.pop()
        if len(path) >= DEEPEST_LEVEL:
            yield Reason(
                json_pointer(path), f"is nested deeper than DynamoDB's {DEEPEST_LEVEL} levels"
            )
        elif isinstance(here, dict):
            yield from _unstorable_names(path, here)
            waiting.extend(((*path, name), member) for name, member in reversed(here.items()))
        elif isinstance(here, list):
            waiting.extend(((*path, i), here[i]) for i in reversed(range(len(here))))
        elif isinstance(here, int | Decimal) and number_text(here) is None:
            yield Reason(json_pointer(path), f"the number {number_problem(here)}")


def _wire_value(value: Any, level: int) -> tuple[WireItem, int]:
    if isinstance(value, dict):
        wire, strings = wire_map(value, level)
        return {"M": wire}, strings
    if isinstance(value, list):
        return _wire_list(value, level)
    if value is None:
        return {"NULL": True}, 0
    if isinstance(value, bool):
        return {"BOOL": value}, 0
    if isinstance(value, str):
        return {"S": value}, 1
    text = number_text(value)
    if text is None:
        raise UnstorableError
    return {"N": text}, 0


def _wire_list(elements: list[Any], level: int) -> tuple[WireItem, int]:
    if level >= DEEPEST_LEVEL and elements:
        raise UnstorableError
    converted = [_wire_value(element, level + 1) for element in elements]
    return {"L": [wire for wire, _ in converted]}, sum(strings for _, strings in converted)


def _value_size(value: WireItem) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return text_size(content)
    if kind == "N":
        return number_size(content)
    if kind == "L":
        return _CONTAINER + sum(1 + _value_size(element) for element in content)
    if kind == "M":
        return _CONTAINER + len(content) + item_size(content)
    return 1  # NULL and BOOL


def _has_long_name(members: dict[str, Any]) -> bool:
    return any(text_size(name) > LARGEST_NAME for name in members)


def _unstorable_names(path: tuple[str | int, ...], members: dict[str, Any]) -> Iterator[Reason]:
    if "" in members:
        yield Reason(json_pointer(path), "has a member with an empty name; DynamoDB has no such")
    if _has_long_name(members):
        yield Reason(
            json_pointer(path), f"has a member whose name is longer than {LARGEST_NAME} bytes"
        )
