"""Runs that die: the function killed at a call to AWS, and what AWS delivers afterwards."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

import botocore.client
import pytest
from boto3.dynamodb.types import TypeDeserializer
from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT_ID
from msgspec.structs import replace

from processor.deadline import LegTime
from processor.events import ObjectCreated, announcements_in
from processor.outcomes import Invocation
from shared.aws_object_ledger import ClaimedElsewhereError
from tests.functions.conftest import REGION, InvocationContext

from .conftest import KEYS, VARIABLES, Crash, Pipeline

OF_ONE_RUN = {"claimId", "claimExpiresAt", "awsRequestId", "requestId", "claimedAt"} | {
    "attempts",
    "completedAt",
    "parts",
    "splitBytes",
}
QUEUE = VARIABLES["QUEUE_URL"].rpartition("/")[2]
PLACE_IN_QUARANTINE = {"quarantineKey", "quarantineLine"}


@contextmanager
def killed_before(call: int, *, but_made: bool = False) -> Iterator[list[str]]:
    """Let the process die before its n-th call to AWS, counted from 1; yields the calls.

    Or when that was made, before it answers.
    """
    calls: list[str] = []
    make: Any = botocore.client.BaseClient._make_api_call

    def counted(self: Any, operation: str, parameters: Any) -> Any:
        calls.append(operation)
        if len(calls) == call:
            if but_made:
                make(self, operation, parameters)
            raise Crash
        return make(self, operation, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", counted)
        yield calls


@contextmanager
def one_call_at_a_time() -> Iterator[None]:
    """Make each call atomic, as AWS's are and those of moto in threads are not."""
    lock = RLock()
    make: Any = botocore.client.BaseClient._make_api_call

    def locked(self: Any, operation: str, parameters: Any) -> Any:
        with lock:
            return make(self, operation, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", locked)
        yield


@contextmanager
def legs_of(records: int) -> Iterator[None]:
    """Let each leg end after so many records, as if the time got short."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LegTime, "is_over", lambda self, done: done >= records)
        yield


@dataclass
class Deliveries:
    """SQS and Lambda for one object: every message is delivered until it is processed.

    Parameters
    ----------
    pipeline : Pipeline
        The processor.
    waiting : list of ObjectCreated
        What is still to be delivered.
    """

    pipeline: Pipeline
    waiting: list[ObjectCreated]
    calls: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)

    def run(self, most: int = 100) -> None:
        """Deliver until nothing is left."""
        while self.waiting:
            assert len(self.results) < most, f"it does not end: {self.results}"
            self.results.append(self.deliver(self.waiting.pop(0)))
            self.waiting += sent(self.pipeline)

    def run_side_by_side(self, threads: int) -> list[str]:
        """Deliver several messages at a time until nothing is left; return all results."""
        with ThreadPoolExecutor(threads) as pool:
            while self.waiting:
                assert len(self.results) < 200, f"it does not end: {self.results}"
                now, self.waiting = self.waiting[:threads], self.waiting[threads:]
                for created, result in zip(now, pool.map(self._try, now), strict=True):
                    self.results.append(result)
                    if result == "CLAIMED":
                        self.waiting.append(created)
                self.waiting += sent(self.pipeline)
        return self.results

    def _try(self, created: ObjectCreated) -> str:
        try:
            return self.deliver(created)
        except ClaimedElsewhereError:
            return "CLAIMED"

    def deliver(self, created: ObjectCreated) -> str:
        """Invoke the function with a message."""
        invocation = Invocation.of(InvocationContext())
        return self.pipeline.processor.process(created, invocation).result

    def run_and_die(self, call: int) -> ObjectCreated | None:
        """Deliver until the n-th call; return the message that was being processed then."""
        while self.waiting:
            with killed_before(call - len(self.calls)) as calls:
                try:
                    self.results.append(self.deliver(self.waiting[0]))
                except Crash:
                    return self.waiting[0]
                finally:
                    self.calls += calls
            self.waiting = self.waiting[1:] + sent(self.pipeline)
        return None


@contextmanager
def claims_expired(rounds: int = 1) -> Iterator[None]:
    """Let it be later than the end of every invocation so far, of so many rounds."""
    now = time.time
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.aws_object_ledger.time.time", lambda: now() + 301 * rounds)
        yield


def sent(pipeline: Pipeline) -> list[ObjectCreated]:
    """Take what the processor has sent to its queue."""
    queue = get_backend("sqs")[ACCOUNT_ID][REGION].queues[QUEUE]
    bodies = [message.body for message in queue.messages]
    queue._messages.clear()
    announced = [one for body in bodies for one in announcements_in(body)]
    return [one for one in announced if isinstance(one, ObjectCreated)]


def rows(variable: str) -> list[dict[str, Any]]:
    """Return the items of a table by their keys, read where moto keeps them."""
    table = get_backend("dynamodb")[ACCOUNT_ID][REGION].tables[VARIABLES[variable]]
    read = TypeDeserializer().deserialize
    found = [
        {name: read(value) for name, value in item.to_json()["Attributes"].items()}
        for item in table.all_items()
    ]
    return sorted(found, key=lambda row: [row[name] for name in KEYS[variable]])


def swept(created: ObjectCreated) -> ObjectCreated:
    """Return what the sweep announces of an object."""
    return replace(created, event_name="ObjectCreated:Sweep", hop=0, part=None)


def left_behind(pipeline: Pipeline) -> tuple[Any, ...]:
    """Return what a run leaves, apart from what is of that run alone."""
    lines = quarantined(pipeline)
    records, ledger = rows("TABLE_NAME"), rows("LEDGER_TABLE_NAME")
    for record in records:
        if record["status"] == "REJECTED":
            kept = lines[record["quarantineKey"]][int(record["quarantineLine"]) - 1]
            assert kept["position"] == record["position"], "it points to another record"
    return (
        [without(PLACE_IN_QUARANTINE, record) for record in records],
        sorted(json.dumps(line) for kept in lines.values() for line in kept),
        [without(OF_ONE_RUN, row) for row in ledger if "#" not in row["region"]],
        [row["status"] for row in ledger if "#" in row["region"]],
        [entry["eventName"] for entry in rows("INVOCATION_LOG_TABLE_NAME")],
    )


@contextmanager
def ranks_kept(pipeline: Pipeline) -> Iterator[None]:
    """Let the table have the highest rank of each key, as the stream's rank keeper repairs it."""
    highest: dict[tuple[str, str], str] = {}
    put_batch = pipeline.places.table.put_batch

    def keeping(items: list[bytes]) -> list[bytes]:
        higher = []
        for item in items:
            told = json.loads(item)
            key = (told["recordId"]["S"], told["timestamp"]["S"])
            rank = told["rank"]["S"]
            if rank >= highest.get(key, ""):
                higher.append(item)
                highest[key] = rank
        return put_batch(higher) if higher else []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline.places.table, "put_batch", keeping)
        yield


def quarantined(pipeline: Pipeline) -> dict[str, list[dict[str, Any]]]:
    """Return the lines of the quarantine's objects."""
    return {
        key: [json.loads(line) for line in content.splitlines()]
        for key, content in pipeline.quarantine().items()
        if key.startswith("quarantine/")
    }


def without(names: set[str], row: dict[str, Any]) -> dict[str, Any]:
    """Return a row without some of its attributes."""
    return {name: value for name, value in row.items() if name not in names}


def empty(pipeline: Pipeline) -> None:
    """Forget everything but the object."""
    sent(pipeline)
    tables = get_backend("dynamodb")[ACCOUNT_ID][REGION].tables
    for variable in KEYS:
        tables[VARIABLES[variable]].items.clear()
    get_backend("s3")[ACCOUNT_ID]["aws"].buckets[VARIABLES["QUARANTINE_BUCKET"]].keys.clear()
