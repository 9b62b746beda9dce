"""Hours without a dependency: nothing reaches the dead-letter queue, and all is done afterwards."""

import json
import logging
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import botocore.client
import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError, ReadTimeoutError

from processor.connections import DEPENDENCIES, connect_places
from processor.deliveries import Deliveries
from processor.events import ObjectCreated
from processor.outcomes import Invocation, Outcome
from processor.processing import ObjectProcessor
from processor.reporting import Reporting
from processor.settings import Settings
from shared.announcement import announcement
from shared.aws_clients import ITEMS, is_transient
from shared.aws_work_queue import DeadLetterQueue, WorkQueue
from shared.circuit_breaker import CircuitOpenError, Circuits

from .compressed_time import HOUR, MAXIMUM_RECEIVES, Queue, VirtualTime, work_off
from .conftest import Pipeline, lines

CALLS = {
    "table": {"BatchWriteItem"},
    "ledger": {"UpdateItem", "Query"},
    "object-store": {"GetObject", "HeadObject"},
    "everything": {"BatchWriteItem", "UpdateItem", "Query", "GetObject", "PutItem", "PutObject"},
}


@pytest.fixture
def clock() -> Iterator[VirtualTime]:
    virtual = VirtualTime()
    with virtual.installed():
        yield virtual


@pytest.fixture(autouse=True)
def same_every_time() -> None:
    random.seed(8)


class Quiet(Reporting):
    """Reports nothing: that would cost more than everything else here."""

    def ended(self, outcome: Outcome) -> None: ...

    def held_back(self, created: ObjectCreated, refusal: CircuitOpenError) -> None: ...

    def not_processed(self, created: ObjectCreated, error: Exception) -> None: ...


@pytest.fixture
def quiet() -> Reporting:
    return Quiet(Logger(service="tests", level=logging.CRITICAL), "tests", "tests")


def error(code: str) -> ClientError:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 503}}
    return ClientError(answer, "UpdateItem")


@pytest.mark.parametrize(
    ("dependency", "way"),
    [
        ("table", "refused"),
        ("ledger", "hanging"),
        ("object-store", "refused"),
        ("everything", "hanging"),
    ],
)
def test_six_hours_put_nothing_into_the_dead_letter_queue(
    pipeline: Pipeline,
    clock: VirtualTime,
    quiet: Reporting,
    monkeypatch: pytest.MonkeyPatch,
    dependency: str,
    way: str,
) -> None:
    """R-A8, R-F3. Given the whole processor, and sandboxes that come and go; when the dependency
    is back, every object is completed, once."""
    queue, back = Queue(clock), clock.now + 6 * HOUR
    objects = [f"orders/{number}.jsonl" for number in range(20)]
    for number, key in enumerate(objects):
        created = pipeline.upload(key, lines({"id": str(number), "total": 1}, {"id": "bad"}))
        queue.send_message(MessageBody=told(created))
    real = botocore.client.BaseClient._make_api_call

    def call(client: Any, operation: str, parameters: Any) -> Any:
        if operation not in CALLS[dependency] or clock.now >= back:
            clock.sleep(0.005)
            return real(client, operation, parameters)
        if way == "hanging":
            clock.sleep(ITEMS.longest_call)
            raise ReadTimeoutError(endpoint_url="http://127.0.0.1")
        clock.sleep(1.5)
        raise error("ServiceUnavailable")

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", call)

    def new_sandbox() -> Deliveries:
        circuits = Circuits(DEPENDENCIES, clock=clock.time)
        work, dead = WorkQueue(queue, "q"), DeadLetterQueue(queue, "d")
        places = connect_places(Settings.read(os.environ), circuits, work)
        return Deliveries(ObjectProcessor(places), work, dead, circuits, quiet)

    work_off(queue, new_sandbox, sandboxes=2, until=back + HOUR, lifetime=4 * HOUR)

    assert queue.dead == queue.forgotten == []
    assert queue.messages == {}
    assert queue.most_receives <= 40 < MAXIMUM_RECEIVES
    assert {(row["key"], row["status"]) for row in pipeline.ledger()} == {
        (key, "COMPLETED") for key in objects
    }
    for row in pipeline.ledger():
        counts = [row[name] for name in ("read", "stored", "superseded", "rejected")]
        assert counts == [2, 1, 0, 1]
    assert len(pipeline.records()) == 2 * len(objects)
    assert len(pipeline.invocation_log()) == len(objects)


def told(created: ObjectCreated) -> str:
    return announcement(created.bucket, created.key, created.version_id or "", created.event_name)


@dataclass
class Modelled:
    """A processor that calls what the real one calls, in its order, and keeps nothing."""

    circuits: Circuits
    call: Callable[[str], None]

    def process(self, created: ObjectCreated, invocation: Invocation) -> Outcome:
        invocation.deadline.check()
        for name in ("ledger", "object-store", "table", "invocation-log", "ledger"):
            self.circuits[name].call(lambda name=name: self.call(name), is_transient)  # type: ignore[misc]
        return Outcome("COMPLETED", "orders", created.key)


@pytest.mark.parametrize(
    ("dependency", "hours", "backlog", "receives"),
    [
        ("table", 6, 2000, 40),
        ("ledger", 6, 2000, 40),
        ("object-store", 6, 2000, 40),
        ("table", 24, 500, 140),
    ],
)
def test_a_backlog_of_thousands_of_messages_outlasts_an_outage(
    clock: VirtualTime, quiet: Reporting, dependency: str, hours: int, backlog: int, receives: int
) -> None:
    """R-A8, R-F3. Ten sandboxes, each of which knows only what it has seen, for at most two
    hours; a day without the table costs less than the receives that a message has."""
    queue, back = Queue(clock), clock.now + hours * HOUR
    body = json.dumps({"announcement": {"bucket": "b", "versionId": "v"}})
    for number in range(backlog):
        told = json.loads(body)
        told["announcement"] |= {"key": f"orders/{number}", "eventName": "ObjectCreated:Put"}
        queue.send_message(MessageBody=json.dumps(told))
    calls = 0

    def call(name: str) -> None:
        nonlocal calls
        if name == dependency and clock.now < back:
            calls += 1
            clock.sleep(1.5)
            raise error("ServiceUnavailable")
        clock.sleep(0.005)

    def new_sandbox() -> Deliveries:
        circuits = Circuits(DEPENDENCIES, clock=clock.time)
        work, dead = WorkQueue(queue, "q"), DeadLetterQueue(queue, "d")
        processor: Any = Modelled(circuits, call)
        return Deliveries(processor, work, dead, circuits, quiet)

    work_off(queue, new_sandbox, sandboxes=10, until=back + HOUR)

    assert queue.dead == queue.forgotten == []
    assert queue.messages == {}, "within an hour all is done"
    assert queue.most_receives <= receives < MAXIMUM_RECEIVES
    # Without circuits each of the messages would try each time.
    assert calls < hours * 500


def test_what_is_never_done_reaches_the_dead_letter_queue(
    clock: VirtualTime, quiet: Reporting
) -> None:
    """R-A8. Given one object whose permission is missing, for ever; the others are done."""
    queue = Queue(clock)
    for number in range(3):
        queue.send_message(
            MessageBody=announcement("b", f"orders/{number}", "v", "ObjectCreated:Put")
        )

    class Forbidden(Modelled):
        def process(self, created: ObjectCreated, invocation: Invocation) -> Outcome:
            if created.key == "orders/1":
                raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject")
            return super().process(created, invocation)

    def new_sandbox() -> Deliveries:
        circuits = Circuits(DEPENDENCIES, clock=clock.time)
        processor: Any = Forbidden(circuits, lambda _: None)
        work, dead = WorkQueue(queue, "q"), DeadLetterQueue(queue, "d")
        return Deliveries(processor, work, dead, circuits, quiet)

    work_off(queue, new_sandbox, sandboxes=2, until=clock.now + 72 * HOUR)

    assert ["orders/1" in message.body for message in queue.dead] == [True]
    assert queue.messages == {}
