"""Hours in seconds: a clock that does not wait, and a queue with its pollers as SQS and Lambda say.

Sandboxes run at the same time: each invocation begins when its sandbox is free and messages are
visible, and has a clock of its own from there on.
"""

import heapq
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from processor.deliveries import Deliveries
from tests.functions.conftest import InvocationContext

HOUR = 3600.0
BATCH_SIZE = 10
MAXIMUM_RECEIVES = 150
VISIBILITY_SECONDS = 6 * 300
RETENTION_SECONDS = 10 * 24 * HOUR


@dataclass
class VirtualTime:
    """What `time` says; waiting makes it pass."""

    now: float = 1_800_000_000.0

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 0.0)

    @contextmanager
    def installed(self) -> Iterator[None]:
        with (
            mock.patch.object(time, "time", self.time),
            mock.patch.object(time, "monotonic", self.time),
            mock.patch.object(time, "sleep", self.sleep),
        ):
            yield


@dataclass
class Message:
    """A message of the queue."""

    number: int
    body: str
    sent: float
    visible_at: float
    receives: int = 0

    def received(self) -> dict[str, Any]:
        return {
            "messageId": f"m{self.number}",
            "receiptHandle": f"r{self.number}/{self.receives}",
            "body": self.body,
            "attributes": {"ApproximateReceiveCount": str(self.receives)},
            "eventSource": "aws:sqs",
        }


@dataclass
class Queue:
    """A standard queue with a redrive policy, and the client of SQS for it.

    "Visibility timeout", "Dead-letter queues" and "Message retention", Amazon SQS Developer Guide.
    """

    clock: VirtualTime
    messages: dict[int, Message] = field(default_factory=dict)
    dead: list[Message] = field(default_factory=list)
    forgotten: list[Message] = field(default_factory=list)
    most_receives: int = 0
    sent: int = 0
    _order: list[tuple[float, float, int]] = field(default_factory=list)

    def _show_at(self, message: Message, moment: float) -> None:
        message.visible_at = moment
        # No order is promised: messages that are visible at one moment come in any.
        heapq.heappush(self._order, (moment, random.random(), message.number))

    def next_visible(self) -> float | None:
        """Return when the next message is visible; None when there is none."""
        while self._order:
            moment, _, number = self._order[0]
            if number in self.messages and self.messages[number].visible_at == moment:
                return moment
            heapq.heappop(self._order)
        return None

    def send_message(self, *, MessageBody: str, DelaySeconds: int = 0, **_: Any) -> None:  # noqa: N803
        now = self.clock.now
        message = self.messages[self.sent] = Message(self.sent, MessageBody, now, 0)
        self._show_at(message, now + DelaySeconds)
        self.sent += 1

    def change_message_visibility(
        self,
        *,
        ReceiptHandle: str,  # noqa: N803
        VisibilityTimeout: int,  # noqa: N803
        **_: Any,
    ) -> None:
        self._show_at(self._held(ReceiptHandle), self.clock.now + VisibilityTimeout)

    def delete_message_batch(self, *, Entries: list[dict[str, str]], **_: Any) -> None:  # noqa: N803
        for entry in Entries:
            self.delete(entry["ReceiptHandle"])

    def delete(self, receipt_handle: str) -> None:
        del self.messages[self._held(receipt_handle).number]

    def _held(self, receipt_handle: str) -> Message:
        number, _, receives = receipt_handle.removeprefix("r").partition("/")
        message = self.messages[int(number)]
        assert message.receives == int(receives), "the handle of an earlier receive"
        return message

    def receive(self) -> list[Message]:
        """Receive up to a batch; what was received too often moves to the dead-letter queue."""
        now = self.clock.now
        batch: list[Message] = []
        while len(batch) < BATCH_SIZE and (self.next_visible() or now + 1) <= now:
            message = self.messages[heapq.heappop(self._order)[2]]
            if now - message.sent > RETENTION_SECONDS:
                self.forgotten.append(self.messages.pop(message.number))
            elif message.receives >= MAXIMUM_RECEIVES:
                self.dead.append(self.messages.pop(message.number))
            else:
                message.receives += 1
                self.most_receives = max(self.most_receives, message.receives)
                self._show_at(message, now + VISIBILITY_SECONDS)
                batch.append(message)
        return batch


def work_off(
    queue: Queue,
    new_sandbox: Callable[[], Deliveries],
    *,
    sandboxes: int,
    until: float,
    lifetime: float = 2 * HOUR,
) -> None:
    """Let so many sandboxes poll a queue until it is empty or a moment has come.

    Each lives for up to `lifetime` seconds; the next one knows nothing of what it has learned.
    """
    clock = queue.clock
    free = [(clock.now, number) for number in range(sandboxes)]
    alive: dict[int, tuple[float, Deliveries]] = {}
    heapq.heapify(free)
    while queue.messages and free[0][0] < until:
        clock.now, number = heapq.heappop(free)
        batch = queue.receive()
        if batch:
            if number not in alive or alive[number][0] < clock.now:
                dies = clock.now + random.uniform(0.1, 1) * lifetime
                alive[number] = (dies, new_sandbox())
            _invoke(queue, alive[number][1], batch)
            heapq.heappush(free, (clock.now, number))
        else:
            heapq.heappush(free, (max(queue.next_visible() or until, clock.now + 1), number))


def _invoke(queue: Queue, deliveries: Deliveries, batch: list[Message]) -> None:
    event = {"Records": [message.received() for message in batch]}
    answer = deliveries.receive(event, InvocationContext())
    failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
    for record in event["Records"]:
        is_there = int(record["messageId"][1:]) in queue.messages
        if record["messageId"] not in failed and is_there:
            queue.delete(record["receiptHandle"])
