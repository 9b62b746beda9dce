"""Query: looks at the items that it may answer with, and not at the whole table.

Stands in for
- `Table.query`: moto collects, compares and sorts all items of the table for every page. Here it
  is given the few that can be in the page, and what ends the page, and answers as ever;
- `Table.__init__`: items in a dict that keeps their orders (`dynamodb_orders`).
"""

from __future__ import annotations

import inspect
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import RESULT_SIZE_LIMIT, GlobalSecondaryIndex, Table

from embedded_aws.services.dynamodb_changes import LOCK
from embedded_aws.services.dynamodb_items import MAX_ITEM_SIZE
from embedded_aws.services.dynamodb_orders import Items, Partition
from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from moto.dynamodb.models.dynamo_type import Item

    from embedded_aws.services.dynamodb_orders import Entry, Names

SMALL = 100
"""Items of a partition that are sorted again faster than an order of them is kept."""

_LOWEST = {"=": bisect_left, ">=": bisect_left, ">": bisect_right, "BETWEEN": bisect_left}
_HIGHEST = {"=": bisect_right, "<=": bisect_right, "<": bisect_left, "BETWEEN": bisect_right}
_SIGNATURE = inspect.signature(Table.query)


@dataclass(frozen=True)
class _Sorted:
    """The items of one partition of a table or index, sorted, and by what."""

    names: Names
    partition: tuple[Any, ...]
    entries: list[Entry]
    range_key: str | None

    def all(self) -> list[Item]:
        return [item for _, item in self.entries]


def _query(original: Callable[..., Any], table: Table, *arguments: Any, **named: Any) -> Any:
    bound = _SIGNATURE.bind(table, *arguments, **named)
    bound.apply_defaults()
    with LOCK:
        candidates = _candidates(table, bound.arguments)
        if candidates is None:
            return original(table, *arguments, **named)
        reader = object.__new__(type(table))
        vars(reader).update(vars(table), all_items=lambda: candidates)
        return original(reader, *arguments, **named)


def _candidates(table: Any, call: dict[str, Any]) -> list[Item] | None:
    """Return a superset of what moto's Query needs to see; None if that cannot be said."""
    if not isinstance(table.items, Items):
        return None
    if call["index_name"]:
        found = _of_index(table, call["index_name"], call["hash_key_conditions"])
        return _page(found, call) if found is not None else None
    hash_key = call["hash_key"]
    if hash_key is None or hash_key.type != table.hash_key_type:
        return None
    held = table.items.get(hash_key)
    if isinstance(held, Partition):
        found = _of_partition(table, held) if len(held) > SMALL else None
        return _page(found, call) if found is not None else list(held.values())
    return [held] if held is not None else []


def _of_partition(table: Any, held: Partition) -> _Sorted | None:
    names = (
        (table.hash_key_attr, table.hash_key_type),
        (table.range_key_attr, table.range_key_type),
    )
    partition = (held.hash_key.cast_value,)
    entries = held.ordered(names).entries(partition)
    if entries is None:
        return None
    return _Sorted(names, partition, entries, table.range_key_attr)


def _of_index(
    table: Any, index_name: str, conditions: list[tuple[str, DynamoType]] | None
) -> _Sorted | None:
    index = next((index for index in table.all_indexes() if index.name == index_name), None)
    if index is None:
        return None
    of_type: dict[str, list[str]] = {"HASH": [], "RANGE": []}
    for key in index.schema:
        of_type[key["KeyType"]].append(key["AttributeName"])
    hash_keys, range_keys = of_type["HASH"], of_type["RANGE"]
    is_global = isinstance(index, GlobalSecondaryIndex)
    instead = (is_global and table.range_key_attr) or table.hash_key_attr  # as moto has it
    attributes = table._generate_attr_to_sort_by(
        [*hash_keys, table.hash_key_attr], [*(range_keys or [instead]), table.range_key_attr]
    )
    kinds = {entry["AttributeName"]: entry["AttributeType"] for entry in table.attr}
    if not kinds.keys() >= set(attributes):
        return None
    names = tuple((name, kinds[name]) for name in attributes)
    values = dict(conditions or ())
    if values.keys() != set(hash_keys) or any(
        value.type != kinds[name] for name, value in values.items()
    ):
        return None
    partition = tuple(values[name].cast_value for name in hash_keys)
    entries = table.items.ordered(names, len(hash_keys)).entries(partition)
    if entries is None:
        return None
    return _Sorted(names, partition, entries, range_keys[0] if len(range_keys) == 1 else None)


def _page(found: _Sorted, call: dict[str, Any]) -> list[Item]:
    """Return the items of the next page and the one, if any, by which moto sees that it ends."""
    bounds = _bounds(found, call)
    begin = _begin(found, call["exclusive_start_key"], forward=call["scan_index_forward"])
    if bounds is None or begin is None or call["filter_kwargs"] or call["limit"] == 0:
        return found.all()
    (low, high), last = bounds, len(found.entries)
    if call["scan_index_forward"]:
        within = range(max(low, begin), high)
        after = range(max(high, begin), last)
    else:
        within = range(min(high, begin) - 1, low - 1, -1)
        after = range(min(low, begin) - 1, -1, -1)
    return _walk(found.entries, within, after, call["limit"])


def _walk(entries: list[Entry], within: range, after: range, limit: int | None) -> list[Item]:
    page: list[Item] = []
    size = 0
    for position in within:
        item = entries[position][1]
        size += item.size()
        full = len(page) == limit or size > RESULT_SIZE_LIMIT
        page.append(item)
        if full:
            return page
    # The page goes on behind the last item of the range: moto ends it, with a LastEvaluatedKey, at
    # an item that is one too many or too large for it, whether or not that is within the range.
    page += [entries[position][1] for position in after[:1]]
    if size > RESULT_SIZE_LIMIT - 2 * MAX_ITEM_SIZE:  # moto's size may be twice ours
        others = (entries[position][1] for position in after[1:])
        page += [item for item in others if size + item.size() > RESULT_SIZE_LIMIT][:1]
    return page


def _begin(found: _Sorted, start_key: dict[str, Any] | None, *, forward: Any) -> int | None:
    """Return the position between what earlier pages had and the rest; None: moto must look."""
    if not isinstance(forward, bool):
        return None
    last = len(found.entries)
    if start_key is None:
        return 0 if forward else last
    if not start_key.keys() >= {name for name, _ in found.names}:
        return None
    values = [DynamoType(start_key[name]) for name, _ in found.names]
    if any(value.type != kind for value, (_, kind) in zip(values, found.names, strict=True)):
        return None
    plain = tuple(value.cast_value for value in values)
    width = len(found.partition)
    if plain[:width] != found.partition:
        return last if found.partition < plain[:width] else 0
    bisect = bisect_right if forward else bisect_left
    return bisect(found.entries, plain[width:], key=lambda entry: entry[0])


def _bounds(found: _Sorted, call: dict[str, Any]) -> tuple[int, int] | None:
    """Return first and last position of what the condition on the sort key allows."""
    entries, comparison = found.entries, call["range_comparison"]
    if not comparison:
        return (0, len(entries)) if not call["range_key_conditions"] else None
    conditions = call["range_key_conditions"] or [(found.range_key,)]
    if found.range_key is None or [each[0] for each in conditions] != [found.range_key]:
        return None
    kind = dict(found.names)[found.range_key]
    sought = [value.cast_value for value in call["range_objs"] if value.type == kind]
    if len(sought) != len(call["range_objs"]) or len(sought) != 1 + (comparison == "BETWEEN"):
        return None
    if comparison == "BEGINS_WITH" and kind != "N":
        low = bisect_left(entries, sought[0], key=_range_value)
        high = bisect_left(
            entries, 1, low, key=lambda entry: not _range_value(entry).startswith(sought[0])
        )
        return low, high
    if comparison not in _LOWEST and comparison not in _HIGHEST:
        return None
    low, high = 0, len(entries)
    if comparison in _LOWEST:
        low = _LOWEST[comparison](entries, sought[0], key=_range_value)
    if comparison in _HIGHEST:
        high = _HIGHEST[comparison](entries, sought[-1], key=_range_value)
    return low, max(low, high)


def _range_value(entry: Entry) -> Any:
    return entry[0][0]


def _init(original: Callable[..., None], table: Table, *arguments: Any, **named: Any) -> None:
    original(table, *arguments, **named)
    table.items = Items()


def install() -> None:
    """Query our way from now on."""
    stand_in(Table, "__init__", _init)
    stand_in(Table, "query", _query)
