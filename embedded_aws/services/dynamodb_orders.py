"""The items of a table, and their orders by the keys of the table and of its indexes.

`Items` is what `Table.items` of moto is, a dict of dicts, and every write of an item goes through
it: puts, deletes, batches, transactions and their roll-back, time to live, replication. (An update
changes an item in place, but the item is put there anew before: `Unit.protect`.) A write costs a
note per order; an order catches up with its notes when it is read, and so never has to know how an
item came to be what it is.
"""

from __future__ import annotations

import copy
from bisect import bisect_left
from decimal import InvalidOperation
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models.dynamo_type import DynamoType, Item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Entry = tuple[tuple[Any, ...], Item]
    Names = tuple[tuple[str, str], ...]

NOTES = 1000
"""Notes that an order always keeps; beyond a quarter of its entries it is cheaper to sort anew."""

_KEY = itemgetter(0)


class Order:
    """Items by partition and, within it, sorted.

    Parameters
    ----------
    names
        Names and types (S, N, B) of the attributes of the order, those of the partition first. An
        item that lacks one is not in it. The others tell any two items apart.
    width
        How many of them make the partition.
    pairs
        Returns all keys and items.
    at
        Returns the item under a key, or None.
    """

    def __init__(
        self,
        names: Names,
        width: int,
        pairs: Callable[[], Iterable[tuple[Any, Item]]],
        at: Callable[[Any], Item | None],
    ) -> None:
        self.names = names
        self.width = width
        self._kinds = tuple(kind for _, kind in names)
        self._pairs = pairs
        self._at = at
        self._forget()

    def _forget(self) -> None:
        self._built = False
        self._notes: list[Any] = []
        self._partitions: dict[tuple[Any, ...], list[Entry]] = {}
        self._places: dict[Any, tuple[tuple[Any, ...], tuple[Any, ...]]] = {}
        self._strange: set[Any] = set()

    def note(self, key: Any) -> None:
        """Take note that something was written under `key`."""
        if self._built:
            self._notes.append(key)
            if len(self._notes) > NOTES + len(self._places) // 4:
                self._forget()

    def entries(self, partition: tuple[Any, ...]) -> list[Entry] | None:
        """Return sort keys and items of a partition, sorted; not to be kept or changed.

        None if some item has an attribute of another type than the order's, or what is no number:
        DynamoDB would not have written it, and it has no place.
        """
        if self._built:
            for key in dict.fromkeys(self._notes):
                self._move(key)
            self._notes.clear()
        else:
            self._build()
        return None if self._strange else self._partitions.get(partition, [])

    def _build(self) -> None:
        self._forget()
        for key, item in self._pairs():
            place = self._place(key, item)
            if place is not None:
                self._partitions.setdefault(place[0], []).append((place[1], item))
        for entries in self._partitions.values():
            entries.sort(key=_KEY)
        self._built = True

    def _move(self, key: Any) -> None:
        place = self._places.pop(key, None)
        if place is not None:
            entries = self._partitions[place[0]]
            del entries[bisect_left(entries, place[1], key=_KEY)]
            if not entries:
                del self._partitions[place[0]]
        self._strange.discard(key)
        item = self._at(key)
        place = self._place(key, item) if item is not None else None
        if place is not None:
            entries = self._partitions.setdefault(place[0], [])
            entries.insert(bisect_left(entries, place[1], key=_KEY), (place[1], item))

    def _place(self, key: Any, item: Item) -> tuple[tuple[Any, ...], tuple[Any, ...]] | None:
        values = [item.attrs.get(name) for name, _ in self.names]
        if None in values:
            return None
        plain = tuple(map(_plain, values, self._kinds))
        if None in plain:
            self._strange.add(key)
            return None
        place = self._places[key] = (plain[: self.width], plain[self.width :])
        return place


def _plain(value: DynamoType, kind: str) -> Any:
    if value.type != kind:
        return None
    try:
        plain = value.cast_value
    except InvalidOperation:
        return None
    return plain if kind != "N" or plain.is_finite() else None


class Partition(dict[Any, Item]):
    """The items of one partition of a table, by sort key."""

    __slots__ = ("hash_key", "items_of_table", "order")

    def __init__(self, items_of_table: Items, hash_key: Any) -> None:
        self.items_of_table = items_of_table
        self.hash_key = hash_key
        self.order: Order | None = None

    def __setitem__(self, range_key: Any, item: Item) -> None:
        dict.__setitem__(self, range_key, item)
        if self.order is not None or self.items_of_table.orders:
            self.note(range_key)

    def __delitem__(self, range_key: Any) -> None:
        super().__delitem__(range_key)
        self.note(range_key)

    def pop(self, range_key: Any, *default: Any) -> Any:
        """Take an item away."""
        item = super().pop(range_key, *default)
        self.note(range_key)
        return item

    def note(self, range_key: Any) -> None:
        """Tell every order of a write."""
        if self.order is not None:
            self.order.note(range_key)
        for order in self.items_of_table.orders.values():
            order.note((self.hash_key, range_key))

    def ordered(self, names: Names) -> Order:
        """Return the partition's own order."""
        if self.order is None or self.order.names != names:
            self.order = Order(names, 1, self.items, self.get)
        return self.order


class Items(dict[Any, Any]):
    """The items of a table, by partition key: partitions, or items if it has no sort key."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: dict[tuple[Names, int], Order] = {}

    def __missing__(self, hash_key: Any) -> Partition:
        partition = Partition(self, hash_key)
        dict.__setitem__(self, hash_key, partition)
        return partition

    def __setitem__(self, hash_key: Any, item: Item) -> None:
        dict.__setitem__(self, hash_key, item)
        self._note(hash_key, item)

    def __delitem__(self, hash_key: Any) -> None:
        self.pop(hash_key)

    def pop(self, hash_key: Any, *default: Any) -> Any:
        """Take an item or a partition away."""
        held = super().pop(hash_key, *default)
        self._note(hash_key, held)
        return held

    def _note(self, hash_key: Any, held: Any) -> None:
        if isinstance(held, Partition):
            for range_key in held:
                held.note(range_key)
            return
        for order in self.orders.values():
            order.note((hash_key, None))

    def __deepcopy__(self, memo: dict[int, Any]) -> Items:
        twin = memo[id(self)] = Items()
        for (hash_key, range_key), item in self.pairs():
            if range_key is None:
                twin[hash_key] = copy.deepcopy(item, memo)
            else:
                twin[hash_key][range_key] = copy.deepcopy(item, memo)
        return twin

    def pairs(self) -> Iterator[tuple[tuple[Any, Any], Item]]:
        """Yield every key, the sort key None if there is none, and its item."""
        for hash_key, held in self.items():
            if isinstance(held, Partition):
                for range_key, item in held.items():
                    yield (hash_key, range_key), item
            else:
                yield (hash_key, None), held

    def at(self, key: tuple[Any, Any]) -> Item | None:
        """Return the item under a key, or None."""
        held = self.get(key[0])
        return held.get(key[1]) if isinstance(held, Partition) else held

    def ordered(self, names: Names, width: int) -> Order:
        """Return the order of all items by these attributes (see `Order`)."""
        order = self.orders.get((names, width))
        if order is None:
            order = self.orders[names, width] = Order(names, width, self.pairs, self.at)
        return order
