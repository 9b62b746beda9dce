"""Every change stands in the trail exactly once, however often and however cut it is delivered."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_processor.changes import Change, change_of
from stream_processor.trail import TrailContentionError, append, trail

from .conftest import Crash, MemoryTrail, stream_record

COUNT = 12


def deliver(store: MemoryTrail, records: Iterable[dict[str, Any]]) -> None:
    slices: dict[str, list[Change]] = {}
    for change in map(change_of, records):
        slices.setdefault(change.object_key, []).append(change)
    for key, changes in slices.items():
        append(store, key, changes)


def event_ids(store: MemoryTrail) -> list[Any]:
    contents = [store.objects[key] for key in sorted(store.objects)]
    return [change["eventID"] for change in trail(contents)]


batches = st.tuples(st.integers(0, COUNT - 1), st.integers(1, COUNT))
"""Where a delivery begins, and how many records it has."""


@settings(max_examples=300, deadline=None)
@given(
    seconds=st.lists(st.integers(0, 3), min_size=COUNT, max_size=COUNT).map(sorted),
    deliveries=st.lists(batches, max_size=8),
    crashes=st.sets(st.integers(0, 20)),
    intrusions=st.dictionaries(st.integers(0, 20), batches, max_size=4),
)
def test_redelivery_crashes_and_concurrent_writers_never_lose_or_repeat_a_change(
    seconds: list[int],
    deliveries: list[tuple[int, int]],
    crashes: set[int],
    intrusions: dict[int, tuple[int, int]],
) -> None:
    """R-A9. Given other batch boundaries, repeats, roll-backs, crashes around each access and a
    second invocation in between, then what was acknowledged is there, and nothing is there twice.
    """
    records = [stream_record(number, second=second) for number, second in enumerate(seconds)]
    moments = iter(range(10**6))
    busy = False
    acknowledged: set[str] = set()

    def take(begin: int, length: int) -> None:
        batch = records[begin : begin + length]
        deliver(store, batch)
        acknowledged.update(record["eventID"] for record in batch)

    def interfere(_: str) -> None:
        nonlocal busy
        moment = next(moments)
        if moment in intrusions and not busy:
            busy = True
            take(*intrusions[moment])
            busy = False
        if moment in crashes:
            raise Crash

    store = MemoryTrail(interfere)
    for begin, length in deliveries:
        for _ in range(25):
            try:
                take(begin, length)
                break
            except Crash:
                busy = False
    found = Counter(event_ids(store))
    assert acknowledged <= set(found)
    assert set(found.values()) <= {1}


def test_changes_of_one_second_stay_in_the_order_of_the_stream() -> None:
    """R-A9. A line is only appended."""
    store = MemoryTrail()
    records = [stream_record(number) for number in range(6)]
    deliver(store, records[:3])
    deliver(store, records[1:])
    assert event_ids(store) == [record["eventID"] for record in records]


def test_shards_whose_sequence_numbers_interleave_share_a_second() -> None:
    """R-A9. Sequence numbers order one shard only; nothing may rest on them."""
    store = MemoryTrail()
    deliver(store, [stream_record(number) for number in (1, 9)])
    deliver(store, [stream_record(number) for number in (2, 5)])
    assert len(event_ids(store)) == 4


def test_a_change_written_between_reading_and_replacing_is_kept() -> None:
    """R-A9. Given another invocation that adds to the second just after it was read."""
    intruders = [stream_record(3)]

    def interfere(moment: str) -> None:
        if moment == "after" and intruders and len(store.objects) == 1:
            deliver(store, [intruders.pop()])

    store = MemoryTrail()
    deliver(store, [stream_record(1)])
    store.interfere = interfere
    deliver(store, [stream_record(2)])
    assert [int(event_id, 16) for event_id in event_ids(store)] == [1, 3, 2]


def test_a_writer_that_always_loses_gives_the_batch_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-A9. Rather delivered again than written over another's changes."""
    monkeypatch.setattr("stream_processor.trail.time.sleep", lambda seconds: None)
    store = MemoryTrail()
    deliver(store, [stream_record(1)])
    monkeypatch.setattr(store, "replace", lambda key, content, etag: False)
    with pytest.raises(TrailContentionError, match="met other writers"):
        deliver(store, [stream_record(2)])
