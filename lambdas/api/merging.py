"""The shards of the status index as one list in the order of time.

The order is timestamp, then shard, then the index's own order of equal timestamps in a shard, which
only the index knows. So a place in the list is an item: in its own shard reading goes on behind it,
in the shards before it behind its timestamp, and in those after it at its timestamp. Nothing that
was there is left out or comes twice, whatever arrives meanwhile.
"""

import heapq
import math
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

from msgspec import Struct

from api.aws_records import Records, Span
from shared.records import WireItem
from shared.timestamps import utc_text

FIRST, LAST = "0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"
_AT_ONCE = 8


class Place(Struct, frozen=True, array_like=True):
    """The place of an item in the list.

    Parameters
    ----------
    timestamp : str
        Its time.
    shard : int
        Its shard.
    record_id : str
        Its record.
    """

    timestamp: str
    shard: int
    record_id: str


class Listing(Struct, frozen=True):
    """What is listed.

    Parameters
    ----------
    dataset, status : str
        Of the items.
    first, last : str
        The earliest and the latest timestamp, both inclusive.
    backwards : bool
        The latest first.
    """

    dataset: str
    status: str
    first: str
    last: str
    backwards: bool


def shifted(timestamp: str, microseconds: int) -> str | None:
    """Return a timestamp so many microseconds later; None when there is no such time."""
    try:
        return utc_text(datetime.fromisoformat(timestamp) + timedelta(microseconds=microseconds))
    except OverflowError:
        return None


def spans(listing: Listing, shards: int, place: Place | None) -> dict[int, Span]:
    """Return what is left of each shard behind a place; shards of which nothing is are left out."""
    found = {}
    for shard in range(shards):
        key = f"{listing.dataset}#{listing.status}#{shard}"
        first: str | None = listing.first
        last: str | None = listing.last
        after = None
        if place is not None and shard == place.shard:
            after = (place.timestamp, place.record_id)
        elif place is not None:
            beyond = 1 if shard < place.shard else 0
            if listing.backwards:
                last = shifted(place.timestamp, -beyond)
            else:
                first = shifted(place.timestamp, beyond)
        if first is not None and last is not None and first <= last:
            found[shard] = Span(key, first, last, after)
    return found


class _Shard:
    """One shard, read page by page."""

    def __init__(self, records: Records, span: Span, limit: int, *, backwards: bool) -> None:
        self._read = partial(records.of_shard, span, backwards=backwards, limit=limit)
        self._items: deque[WireItem] = deque()
        self._next: dict[str, WireItem] | None = None
        self._is_begun = False

    def fill(self) -> None:
        """Read until there is an item, or none is left."""
        while not self._items and not (self._is_begun and self._next is None):
            page = self._read(begin=self._next)
            self._is_begun = True
            self._items.extend(page.items)
            self._next = page.next

    def take(self) -> WireItem | None:
        """Return the next item; `fill` first."""
        return self._items.popleft() if self._items else None


def merged(
    records: Records, parts: dict[int, Span], *, limit: int, backwards: bool
) -> Iterator[tuple[int, WireItem]]:
    """Yield the items of shards in the order of the list, each with its shard.

    Parameters
    ----------
    records : Records
        Access to the index.
    parts : dict
        What is read of each shard.
    limit : int
        How many items are wanted: about so many are read in all, as many of each shard.
    backwards : bool
        The latest first.
    """
    if not parts:
        return
    share = limit / len(parts)
    # Records spread over the shards by a hash: few shards have more than this of the next items.
    each = min(limit + 1, math.ceil(share + 3 * math.sqrt(share)) + 1)
    shards = {
        number: _Shard(records, span, each, backwards=backwards) for number, span in parts.items()
    }
    _fill_all(list(shards.values()))
    heap = [
        (_rank(item, backwards=backwards), number, item)
        for number, shard in shards.items()
        if (item := shard.take()) is not None
    ]
    heapq.heapify(heap)
    while heap:
        _, number, item = heap[0]
        yield number, item
        shard = shards[number]
        shard.fill()
        following = shard.take()
        if following is None:
            heapq.heappop(heap)
        else:
            rank = _rank(following, backwards=backwards)
            heapq.heapreplace(heap, (rank, number, following))


def _fill_all(shards: Sequence[_Shard]) -> None:
    with ThreadPoolExecutor(min(_AT_ONCE, len(shards))) as pool:
        list(pool.map(_Shard.fill, shards))


def _rank(item: WireItem, *, backwards: bool) -> tuple[int, ...]:
    """Return what sorts by time, whichever way: a tuple of one number for each letter."""
    letters = item["timestamp"]["S"].encode()
    return tuple(-letter for letter in letters) if backwards else tuple(letters)
