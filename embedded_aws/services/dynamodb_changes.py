"""What one write changed, and when the rest of AWS gets to know of it.

Stands in for `moto.dynamodb.models.table.StreamShard.add`, which tells of a change at once, even
when the write fails afterwards, and tells of an upsert twice (the key first, then the item).

A unit of work is one UpdateItem, one transaction or one batch. It collects the changes it makes;
when it succeeds they are published in their order, one per item, and when it fails every item is
put back and nothing is published. Listeners (streams, replication) see committed changes only.
"""

from __future__ import annotations

import copy
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import StreamShard, Table

from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LOCK = threading.RLock()
"""Held while an operation of DynamoDB runs, in whatever region, and while a replica is written."""


@dataclass(frozen=True)
class Change:
    """One committed change of one item.

    Parameters
    ----------
    table
        The moto table, which knows its region and account.
    old, new
        The item before and after; None where there was or is none. Items are never changed in
        place once they are published (`Unit.protect`), so they may be kept.
    written
        When it was written, in nanoseconds; no two changes of the process are equal in it.
    by_ttl
        DynamoDB itself deleted the item because its time to live was over.
    replicated
        It came from another replica of a global table.
    """

    table: Any
    old: Any
    new: Any
    written: int
    by_ttl: bool = False
    replicated: bool = False

    @property
    def key(self) -> tuple[Any, Any]:
        """The item's partition key and sort key (None without one)."""
        item = self.new if self.new is not None else self.old
        return item.hash_key, item.range_key

    def changes_nothing(self) -> bool:
        """Say whether the item is the same before and after.

        DynamoDB writes no stream record then: "If you perform a PutItem or UpdateItem operation
        that does not change any data in an item, DynamoDB Streams does not write a stream record"
        (Developer Guide, Change data capture for DynamoDB Streams).
        """
        if self.old is None or self.new is None:
            return self.old is self.new
        return self.old is self.new or bool(self.old.attrs == self.new.attrs)


@dataclass
class Unit:
    """The changes of one unit of work, and what it needs to take them back."""

    saved: dict[tuple[int, Any, Any], tuple[Any, Any]] = field(default_factory=dict)
    changed: dict[tuple[int, Any, Any], tuple[Any, bool]] = field(default_factory=dict)

    def protect(self, table: Any, hash_key: Any, range_key: Any) -> None:
        """Remember the item, and give moto a copy of it to change in place."""
        slot = (id(table), hash_key, range_key)
        if slot in self.saved:
            return
        item = item_at(table, hash_key, range_key)
        self.saved[slot] = (table, item)
        if item is not None:
            put_at(table, hash_key, range_key, copy.deepcopy(item))

    def note(self, table: Any, old: Any, new: Any, *, by_ttl: bool) -> None:
        """Take over one change; several of one item become one."""
        item = new if new is not None else old
        slot = (id(table), item.hash_key, item.range_key)
        self.saved.setdefault(slot, (table, old))
        self.changed[slot] = (new, by_ttl)

    def roll_back(self) -> None:
        """Put every item back as it was."""
        for (_, hash_key, range_key), (table, item) in self.saved.items():
            put_at(table, hash_key, range_key, item)

    def commit(self) -> None:
        """Publish what changed, in the order in which it was written."""
        for slot, (new, by_ttl) in self.changed.items():
            table, old = self.saved[slot]
            if old is not None or new is not None:
                publish(Change(table, old, new, timestamp(), by_ttl=by_ttl))


_listeners: list[Callable[[Change], None]] = []
_thread = threading.local()
_last_timestamp = 0


def item_at(table: Any, hash_key: Any, range_key: Any) -> Any:
    """Return moto's item under the key, or None."""
    if table.range_key_attr is None:
        return table.items.get(hash_key)
    return table.items.get(hash_key, {}).get(range_key)


def put_at(table: Any, hash_key: Any, range_key: Any, item: Any) -> None:
    """Put `item` under the key without telling anybody; None takes away what is there."""
    if table.range_key_attr is None:
        if item is None:
            table.items.pop(hash_key, None)
        else:
            table.items[hash_key] = item
    elif item is not None:
        table.items[hash_key][range_key] = item
    else:
        partition = table.items.get(hash_key, {})
        partition.pop(range_key, None)
        if not partition:
            table.items.pop(hash_key, None)


def items_of(table: Any) -> Iterator[Any]:
    """Yield every item of the table, in no order."""
    if table.range_key_attr is None:
        yield from list(table.items.values())
        return
    for partition in list(table.items.values()):
        yield from list(partition.values())


def key_of(table: Any, attributes: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the key of an item or key in wire form; KeyError when a part is missing."""
    range_key = table.range_key_attr
    return (
        DynamoType(attributes[table.hash_key_attr]),
        DynamoType(attributes[range_key]) if range_key is not None else None,
    )


def timestamp() -> int:
    """Return the time in nanoseconds, later than every time it returned before."""
    global _last_timestamp  # noqa: PLW0603 - one clock per process, read under LOCK
    _last_timestamp = max(time.time_ns(), _last_timestamp + 1)
    return _last_timestamp


def listen(listener: Callable[[Change], None]) -> None:
    """Call `listener` with every change that is committed; a second time changes nothing."""
    if listener not in _listeners:
        _listeners.append(listener)


def publish(change: Change) -> None:
    """Tell everybody who listens of a committed change."""
    if change.changes_nothing():
        return
    for listener in _listeners:
        listener(change)


@contextmanager
def unit_of_work() -> Iterator[Unit]:
    """Make what happens inside all or nothing; a unit inside a unit belongs to the outer one."""
    outer: Unit | None = getattr(_thread, "unit", None)
    if outer is not None:
        yield outer
        return
    with LOCK:
        unit = _thread.unit = Unit()
        try:
            yield unit
        except BaseException:
            unit.roll_back()
            raise
        else:
            unit.commit()
        finally:
            _thread.unit = None


def record(table: Any, old: Any, new: Any, *, by_ttl: bool = False) -> None:
    """Take note that an item of `table` was written."""
    unit: Unit | None = getattr(_thread, "unit", None)
    if unit is not None:
        unit.note(table, old, new, by_ttl=by_ttl)
    else:
        publish(Change(table, old, new, timestamp(), by_ttl=by_ttl))


def _add(_original: Callable[..., None], shard: StreamShard, old: Any, new: Any) -> None:
    record(shard.table, old, new)


def _copy_of_table(table: Table, memo: dict[int, Any]) -> Table:
    if getattr(_thread, "unit", None) is not None:
        # moto copies a whole table before a transaction and, when that is cancelled, puts the
        # copy in its place, with whatever others wrote meanwhile lost. A unit undoes its own
        # items instead, so the table stays the one it is.
        return table
    twin = object.__new__(type(table))
    memo[id(table)] = twin
    shared = {"stream_shard", "lambda_event_source_mappings", "replica_group"}
    for name, value in vars(table).items():
        setattr(twin, name, value if name in shared else copy.deepcopy(value, memo))
    return twin


def install() -> None:
    """Collect changes in units of work."""
    stand_in(StreamShard, "add", _add)
    Table.__deepcopy__ = _copy_of_table
