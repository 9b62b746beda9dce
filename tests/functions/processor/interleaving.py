"""Invocations that take turns, call by call to AWS, in an order and with faults that are given."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import botocore.client
import pytest
from botocore.exceptions import ClientError

from processor.table_writer import TableWriter

from .conftest import VARIABLES, Crash

FAULTS = ("throttled", "error", "error after", "crash", "crash after", "unprocessed")
_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Turn:
    """Who makes the next call, and what becomes of it.

    Parameters
    ----------
    actor
        Any number; those that wait are counted round.
    fault
        One of `FAULTS`, or "" for a call that succeeds.
    """

    actor: int
    fault: str = ""


def write_at_once(writer: TableWriter, batch: Any) -> None:
    """Write a batch where it is handed over, so that one invocation is one thread."""
    writer._write_batch(batch)
    if isinstance(batch.error, Crash):
        raise batch.error


@dataclass(eq=False)
class _Actor:
    work: Callable[[], None]
    turn: threading.Event = field(default_factory=threading.Event)
    fault: str = ""
    is_done: bool = False


class Interleaving:
    """Runs invocations so that exactly one is between two calls at any time.

    Parameters
    ----------
    turns
        In their order; when they are used up, calls succeed in turn.

    Attributes
    ----------
    changes
        What the table's stream has: an event's records, in their order.
    """

    def __init__(self, turns: Iterator[Turn]) -> None:
        self._turns = turns
        self._here = threading.local()
        self._baton = threading.Event()
        self.changes: list[dict[str, Any]] = []
        self.happened: set[str] = set()

    def run(self, works: Sequence[Callable[[], None]]) -> None:
        """Run all to their ends."""
        actors = [_Actor(work) for work in works]
        threads = [threading.Thread(target=self._act, args=(one,), daemon=True) for one in actors]
        for thread in threads:
            thread.start()
        number = 0
        while waiting := [one for one in actors if not one.is_done]:
            turn = next(self._turns, Turn(number))
            number += 1
            actor = waiting[turn.actor % len(waiting)]
            actor.fault = turn.fault
            self._baton.clear()
            actor.turn.set()
            assert self._baton.wait(_PATIENCE_SECONDS), "an invocation hangs"
        for thread in threads:
            thread.join()

    def _act(self, actor: _Actor) -> None:
        self._here.actor = actor
        self._wait(actor)
        try:
            actor.work()
        finally:
            actor.is_done = True
            self._baton.set()

    @staticmethod
    def _wait(actor: _Actor) -> None:
        assert actor.turn.wait(_PATIENCE_SECONDS), "nobody's turn comes"
        actor.turn.clear()

    @contextmanager
    def of_calls(self) -> Iterator[None]:
        """Let every call of an invocation wait for its turn, and meet its fault."""
        make: Any = botocore.client.BaseClient._make_api_call

        def call(client: Any, operation: str, parameters: Any) -> Any:
            actor = getattr(self._here, "actor", None)
            if actor is None:
                return make(client, operation, parameters)
            self._baton.set()
            self._wait(actor)
            return self._answer(make, actor.fault, client, operation, parameters)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(botocore.client.BaseClient, "_make_api_call", call)
            patch.setattr(TableWriter, "_hand_over", write_at_once)
            patch.setattr("processor.table_writer.time.sleep", lambda seconds: None)
            yield

    def _answer(
        self, make: Any, fault: str, client: Any, operation: str, parameters: dict[str, Any]
    ) -> Any:
        self.happened.add(fault)
        if fault == "crash":
            raise Crash
        if fault == "throttled":
            raise _error("ProvisionedThroughputExceededException", 400, operation)
        if fault == "error":
            raise _error("InternalServerError", 500, operation)
        left: list[Any] = []
        if operation == "BatchWriteItem":
            requests = json.loads(parameters["body"])["RequestItems"][VARIABLES["TABLE_NAME"]]
            if fault == "unprocessed":
                half = (len(requests) + 1) // 2
                requests, left = requests[:half], requests[half:]
            answer = self._write(make, client, requests)
        else:
            answer = make(client, operation, parameters)
        if fault == "crash after":
            raise Crash
        if fault == "error after":
            raise _error("InternalServerError", 500, operation)
        if left:
            answer["UnprocessedItems"] = {VARIABLES["TABLE_NAME"]: left}
        return answer

    def _write(self, make: Any, client: Any, requests: list[dict[str, Any]]) -> Any:
        """Write a batch, and note what the stream tells of it."""
        name = VARIABLES["TABLE_NAME"]
        for request in requests:
            new = request["PutRequest"]["Item"]
            keys = {key: new[key] for key in ("recordId", "timestamp")}
            old = make(client, "GetItem", {"TableName": name, "Key": keys}).get("Item")
            if old is not None and old != new:
                images = {"Keys": keys, "OldImage": old, "NewImage": new}
                number = {"SequenceNumber": str(len(self.changes))}
                self.changes.append({"eventName": "MODIFY", "dynamodb": images | number})
        body = json.dumps({"RequestItems": {name: requests}}).encode()
        return make(client, "BatchWriteItem", {"RequestItems": {name: []}, "body": body})


def _error(code: str, status: int, operation: str) -> ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": "injected"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, operation)
