"""Batches: none too large, none with a key twice, nothing lost, the later record on top."""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.deadline import Deadline
from processor.table_writer import BATCH_BYTES, BATCH_ITEMS, TableBusyError, TableWriter
from shared.records import StoredItem, WireItem
from tests.functions.conftest import InvocationContext


@dataclass
class MemoryTable:
    """A table that takes batches; `refuse` says which items of one stay unprocessed."""

    refuse: Callable[[list[WireItem]], list[WireItem]] = lambda items: []
    rows: dict[str, str] = field(default_factory=dict)
    batches: list[list[str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def put_batch(self, encoded: list[bytes]) -> list[bytes]:
        items = [msgspec.json.decode(one) for one in encoded]
        left = self.refuse(items)
        with self.lock:
            self.batches.append([item["recordId"]["S"] for item in items])
            for item in items:
                if item not in left:
                    self.rows[item["recordId"]["S"]] = item["value"]["S"]
        return [one for one, item in zip(encoded, items, strict=True) if item in left]


def item(name: str, value: str = "") -> StoredItem:
    wire = {"recordId": {"S": name}, "value": {"S": value}}
    return StoredItem(name, "t", msgspec.json.encode(wire))


def deadline(milliseconds: int = 60_000) -> Deadline:
    return Deadline(InvocationContext(remaining_ms=milliseconds))


def fault(code: str, status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "BatchWriteItem"
    )


@settings(max_examples=60, deadline=None)
@given(names=st.lists(st.sampled_from("abcdefgh"), max_size=120), slow=st.integers(0, 3))
def test_the_last_position_of_a_repeated_key_is_what_stays(names: list[str], slow: int) -> None:
    """R-A7. Given batches under way that hold the key, slower than those after them."""
    calls = iter(range(10**6))

    def delay(_: list[WireItem]) -> list[WireItem]:
        time.sleep(0.001 if next(calls) % 4 == slow else 0)
        return []

    table = MemoryTable(delay)
    others = iter(range(10**6))
    sequence = [name for one in names for name in (one, *(f"p{next(others)}" for _ in range(12)))]
    with TableWriter(table.put_batch, 4, deadline()) as writer:
        for position, name in enumerate(sequence):
            writer.put(item(name, str(position)))
    assert table.rows == {name: str(position) for position, name in enumerate(sequence)}
    assert all(len(set(batch)) == len(batch) <= BATCH_ITEMS for batch in table.batches)


def test_an_item_waits_for_the_batch_that_is_being_written_with_its_key() -> None:
    """R-A7. Without the wait the slow batch with the earlier item would be the last to arrive."""

    def first_is_slow(items: list[WireItem]) -> list[WireItem]:
        time.sleep(0.2 if items[0]["value"]["S"] == "earlier" else 0)
        return []

    table = MemoryTable(first_is_slow)
    with TableWriter(table.put_batch, 4, deadline()) as writer:
        for value in ("earlier", "later"):
            for number in range(BATCH_ITEMS):
                writer.put(item(f"k{number}", value))
    assert set(table.rows.values()) == {"later"}


def test_a_batch_ends_before_it_is_too_large() -> None:
    """R-A5. Items of 400 KB fill a batch long before they are 25."""
    table = MemoryTable()
    with TableWriter(table.put_batch, 1, deadline()) as writer:
        for number in range(7):
            writer.put(item(str(number), "x" * 400_000))
    assert [len(batch) for batch in table.batches] == [BATCH_BYTES // 400_000] * 3 + [1]


def test_pauses_grow_with_each_attempt_in_vain_and_begin_anew_with_each_success(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """R-A8. Given a table that takes nothing eight times, then some, then nothing again; a pause
    is any time up to the bound: many that are refused at once must not come back at once."""
    bounds: list[tuple[float, float]] = []
    slept: list[float] = []

    def longest(low: float, high: float) -> float:
        bounds.append((low, high))
        return high

    monkeypatch.setattr("processor.table_writer.random.uniform", longest)
    monkeypatch.setattr("processor.table_writer.time.sleep", slept.append)
    chances = iter([25] * 9 + [20, 20, 0])
    table = MemoryTable(lambda items: items[: next(chances)])
    with TableWriter(table.put_batch, 1, deadline()) as writer:
        for number in range(25):
            writer.put(item(str(number), "x"))
    growing = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]
    assert slept == pytest.approx([*growing, 0.05, 0.1])
    assert bounds == [(0, pause) for pause in slept]


def test_unprocessed_items_are_sent_again_until_none_is_left() -> None:
    """R-A8."""
    chances = iter([20, 20, 7, 0])
    table = MemoryTable(lambda items: items[: next(chances)])
    with TableWriter(table.put_batch, 1, deadline()) as writer:
        for number in range(25):
            writer.put(item(str(number), "x"))
    assert [len(batch) for batch in table.batches] == [25, 20, 20, 7]
    assert len(table.rows) == 25


@pytest.mark.parametrize(
    "error",
    [
        fault("ProvisionedThroughputExceededException"),
        fault("ThrottlingException"),
        fault("InternalServerError", 500),
        ConnectTimeoutError(endpoint_url="http://127.0.0.1"),
    ],
)
def test_a_throttled_or_failing_table_is_tried_again(error: Exception) -> None:
    """R-A8."""
    errors = iter([error, error])

    def refuse(_: list[WireItem]) -> list[WireItem]:
        for one in errors:
            raise one
        return []

    table = MemoryTable(refuse)
    with TableWriter(table.put_batch, 1, deadline()) as writer:
        writer.put(item("a", "x"))
    assert table.rows == {"a": "x"}


def test_retries_end_with_the_invocation_and_name_the_cause() -> None:
    """R-A8."""

    def refuse(_: list[WireItem]) -> list[WireItem]:
        raise fault("ThrottlingException")

    table = MemoryTable(refuse)
    with (
        pytest.raises(TableBusyError, match="ThrottlingException"),
        TableWriter(table.put_batch, 1, deadline(500)) as writer,
    ):
        writer.put(item("a"))


def test_a_refusal_for_good_is_raised_once_nothing_is_under_way() -> None:
    """R-A8. Whoever handles the error can be sure that no batch is written behind its back."""
    under_way = threading.Event()

    def refuse(items: list[WireItem]) -> list[WireItem]:
        if items[0]["recordId"]["S"] == "0":
            under_way.wait(5)
            raise fault("AccessDeniedException")
        under_way.set()
        time.sleep(0.05)
        return []

    table = MemoryTable(refuse)
    writer = TableWriter(table.put_batch, 2, deadline())

    def write_all() -> None:
        with writer:
            for number in range(50):
                writer.put(item(str(number)))

    with pytest.raises(ClientError, match="AccessDenied"):
        write_all()
    assert [len(batch) for batch in table.batches] == [25]


def test_all_threads_of_a_writer_are_on_one_core_and_the_caller_has_its_own_again() -> None:
    """R-F5. They take turns anyway; on two cores each turn costs a fifth more."""
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    before = os.sched_getaffinity(0)
    cores = set()

    def look(_: list[WireItem]) -> list[WireItem]:
        cores.add(frozenset(os.sched_getaffinity(0)))
        return []

    with TableWriter(MemoryTable(look).put_batch, 4, deadline()) as writer:
        within = os.sched_getaffinity(0)
        for number in range(10 * BATCH_ITEMS):
            writer.put(item(str(number)))

    assert cores == {frozenset(within)}
    assert len(within) == 1
    assert within <= before == os.sched_getaffinity(0)


def test_a_system_that_knows_no_cores_is_no_hindrance(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-F5. Given a system without affinity, and then one that does not allow it."""

    def refuse(_process: int, _cores: set[int]) -> None:
        raise PermissionError

    table = MemoryTable()
    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    with TableWriter(table.put_batch, 4, deadline()) as writer:
        writer.put(item("refused"))
    monkeypatch.delattr(os, "sched_getaffinity")
    with TableWriter(table.put_batch, 4, deadline()) as writer:
        writer.put(item("unknown"))

    assert set(table.rows) == {"refused", "unknown"}
