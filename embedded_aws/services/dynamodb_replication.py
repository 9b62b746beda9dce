"""Replication between the replicas of a global table: asynchronous, last writer wins.

Stands in for nothing of moto, which knows global tables of neither version.

Global tables version 2019.11.21 with multi-Region eventual consistency (Developer Guide, How
DynamoDB global tables work): a write is acknowledged in its region and reaches the others usually
within a second; concurrent writes of one item are reconciled by last writer wins on the time of the
write, so every replica ends with the same item; a replicated write is in the stream of its replica
as well; a deletion by time to live arrives as an ordinary deletion. What concerns a region that is
down waits until it is back.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any

from embedded_aws.services import dynamodb_metrics
from embedded_aws.services.dynamodb_changes import (
    LOCK,
    Change,
    item_at,
    items_of,
    listen,
    publish,
    put_at,
    timestamp,
)
from embedded_aws.state import RUN

LAG = 0.05
"""Seconds between a write and its arrival in another region."""

_HELD_POLL = 0.1
_BATCH = 500


class ReplicaGroup:
    """The replicas of one global table, and when each of their items was written last."""

    def __init__(self, table: Any) -> None:
        self.tables: dict[str, Any] = {table.region_name: table}
        self.written: dict[str, dict[tuple[Any, Any], int]] = {table.region_name: {}}
        table.replica_group = self

    def others(self, table: Any) -> list[Any]:
        """Return the other replicas of `table`, by region."""
        return [
            other for region, other in sorted(self.tables.items()) if region != table.region_name
        ]

    def join(self, table: Any) -> None:
        """Take in a new, empty replica and give it the latest version of every item."""
        latest: dict[tuple[Any, Any], tuple[int, Any]] = {}
        for region, member in self.tables.items():
            times = self.written[region]
            for item in items_of(member):
                key = (item.hash_key, item.range_key)
                if key not in latest or times.get(key, 0) > latest[key][0]:
                    latest[key] = (times.get(key, 0), item)
        for region, times in self.written.items():
            for key, written in times.items():
                if written > latest.get(key, (0, None))[0]:
                    latest[key] = (written, item_at(self.tables[region], *key))
        for (hash_key, range_key), (_, item) in latest.items():
            put_at(table, hash_key, range_key, item)
        self.written[table.region_name] = {key: entry[0] for key, entry in latest.items()}
        self.tables[table.region_name] = table
        table.replica_group = self

    def leave(self, table: Any) -> None:
        """Let a replica go; the last one that stays is an ordinary table again."""
        self.tables.pop(table.region_name, None)
        self.written.pop(table.region_name, None)
        table.replica_group = None
        if len(self.tables) == 1:
            for last in self.tables.values():
                last.replica_group = None


class Courier:
    """Carries committed changes from replica to replica in a thread of its own."""

    def __init__(self) -> None:
        self._lanes: dict[tuple[str, str], deque[tuple[Change, Any]]] = {}
        self._wake = threading.Condition()
        self._carrying = 0
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="replication", daemon=True)
        self._thread.start()

    def send(self, change: Change, target: Any) -> None:
        """Queue a change for another replica."""
        lane = (change.table.region_name, target.region_name)
        with self._wake:
            self._lanes.setdefault(lane, deque()).append((change, target))
            self._wake.notify()

    def pending(self) -> int:
        """Return the changes that have not arrived yet, each counted once per target."""
        with self._wake:
            return self._carrying + sum(len(lane) for lane in self._lanes.values())

    def close(self) -> None:
        """Stop; what is pending is dropped."""
        self._closed.set()
        with self._wake:
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.is_set():
            with self._wake:
                batch = self._due()
                self._carrying = len(batch)
                if not batch:
                    self._wake.wait(self._pause())
            for change, target in batch:
                try:
                    arrive(change, target)
                except Exception as error:  # noqa: BLE001 - one change must not stop the others
                    RUN.error(f"replication of {target.name} to {target.region_name}: {error!r}")
            with self._wake:
                self._carrying = 0

    def _due(self) -> list[tuple[Change, Any]]:
        due: list[tuple[Change, Any]] = []
        before = time.time_ns() - int(LAG * 1e9)
        for (source, target), lane in self._lanes.items():
            if RUN.is_down(source) or RUN.is_down(target):
                continue
            while lane and len(due) < _BATCH and lane[0][0].written <= before:
                due.append(lane.popleft())
        return due

    def _pause(self) -> float | None:
        lanes = [lane for lane in self._lanes.items() if lane[1]]
        if not lanes:
            return None
        held = all(RUN.is_down(source) or RUN.is_down(target) for (source, target), _ in lanes)
        return _HELD_POLL if held else LAG / 2


_courier: Courier | None = None


def arrive(change: Change, target: Any) -> None:
    """Write a change of another replica into `target`, unless a later write is there already."""
    with LOCK:
        group = getattr(target, "replica_group", None)
        if group is None or group.tables.get(target.region_name) is not target:
            return
        times = group.written[target.region_name]
        if times.get(change.key, 0) >= change.written:
            return
        times[change.key] = change.written
        current = item_at(target, *change.key)
        put_at(target, *change.key, change.new)
        publish(Change(target, current, change.new, timestamp(), replicated=True))
    milliseconds = (time.time_ns() - change.written) / 1e6
    dynamodb_metrics.replicated(change.table, target.region_name, milliseconds)


def _replicate(change: Change) -> None:
    group: ReplicaGroup | None = getattr(change.table, "replica_group", None)
    if group is None or change.replicated or _courier is None:
        return
    group.written[change.table.region_name][change.key] = change.written
    for other in group.others(change.table):
        _courier.send(change, other)


def pending() -> int:
    """Return how many replicated writes are on their way."""
    return _courier.pending() if _courier is not None else 0


def install() -> None:
    """Begin to replicate."""
    global _courier  # noqa: PLW0603 - one per run
    if _courier is None:
        _courier = Courier()
    listen(_replicate)
    RUN.gauge("replication", pending)


def close() -> None:
    """Stop replicating."""
    global _courier  # noqa: PLW0603 - one per run
    if _courier is not None:
        _courier.close()
        _courier = None
