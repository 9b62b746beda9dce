"""Items into the table: full batches, several at once, in the order that matters.

Keys of one object may repeat, and the later position has to be what the table shows at the end. So
a key stands in one batch once (BatchWriteItem refuses more), and an item waits for a batch
that is being written with its key.
"""

import random
import time
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Self

from processor.deadline import Deadline
from shared.aws_clients import AwsError, is_transient
from shared.one_core import OneCore
from shared.records import StoredItem

BATCH_ITEMS = 25
"""Put requests that BatchWriteItem takes."""

BATCH_BYTES = 1024 * 1024
"""Of items in a batch, as sent. BatchWriteItem takes 16 MB, but all batches must fit memory."""

_LONGEST_PAUSE = 10.0

PutBatch = Callable[[list[bytes]], list[bytes]]
_Key = tuple[str, str]


class TableBusyError(Exception):
    """The table refused a batch for as long as the invocation could try.

    Unlike an invocation that merely ran out of time, this is worth a pause: going on at once would
    use up the receives of a message long before an outage of the table ends.
    """


class _Batch:
    """Items that are written together, by their keys."""

    __slots__ = ("error", "items")

    def __init__(self, items: dict[_Key, bytes]) -> None:
        self.items = items
        self.error: BaseException | None = None


class TableWriter:
    """Writes the items of one object; use it as a context manager.

    At the end of the block everything is written. When the block raises, batches that wait are
    dropped and those under way are waited for: nothing is written behind the back of whoever
    handles the error.

    Parameters
    ----------
    put_batch : callable
        Puts up to 25 items (`StoredItem.encoded`) and returns the unprocessed ones.
    concurrency : int
        Batches written at once. As many again may wait.
    deadline : Deadline
        Retries end with it.
    """

    def __init__(self, put_batch: PutBatch, concurrency: int, deadline: Deadline) -> None:
        self._put_batch = put_batch
        self._deadline = deadline
        self._concurrency = concurrency
        self._items: dict[_Key, bytes] = {}
        self._bytes = 0
        # Two queues and threads that live as long as the writer: a future for each batch would
        # take the processor longer than validating a record.
        self._threads: list[Thread] = []
        self._waiting: SimpleQueue[_Batch | None] = SimpleQueue()
        self._ended: SimpleQueue[_Batch] = SimpleQueue()
        self._under_way = 0
        self._keys_under_way: set[_Key] = set()
        self._is_dropped = False
        self._core = OneCore()

    def put(self, item: StoredItem) -> None:
        """Add an item; it replaces every earlier one with its key.

        Raises
        ------
        OutOfTimeError
            No time is left for another batch.
        TableBusyError
            The table refused an earlier batch until the time was used up.
        botocore.exceptions.ClientError
            DynamoDB refused an earlier batch for good.
        """
        key = (item.record_id, item.timestamp)
        encoded = item.encoded
        size = len(encoded)
        items = self._items
        if key in items:
            self._bytes -= len(items.pop(key))
        while key in self._keys_under_way:
            self._await_batch()
        if items and self._bytes + size > BATCH_BYTES:
            self._submit()
            items = self._items
        items[key] = encoded
        self._bytes += size
        if len(items) == BATCH_ITEMS:
            self._submit()

    def flush(self) -> None:
        """Wait until everything is written; raises like `put`."""
        if self._items:
            self._submit()
        while self._under_way:
            self._await_batch()

    def _submit(self) -> None:
        self._deadline.check()
        while self._under_way >= 2 * self._concurrency:
            self._await_batch()
        self._keys_under_way.update(self._items)
        self._under_way += 1
        self._hand_over(_Batch(self._items))
        self._items = {}
        self._bytes = 0

    def _await_batch(self) -> None:
        batch = self._ended.get()
        self._under_way -= 1
        self._keys_under_way.difference_update(batch.items)
        if batch.error is not None:
            raise batch.error

    def _hand_over(self, batch: _Batch) -> None:
        """Let a thread write a batch."""
        if len(self._threads) < min(self._concurrency, self._under_way):
            thread = Thread(target=self._write_batches, name="table-writer", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._waiting.put(batch)

    def _write_batches(self) -> None:
        while (batch := self._waiting.get()) is not None:
            self._write_batch(batch)

    def _write_batch(self, batch: _Batch) -> None:
        try:
            if not self._is_dropped:
                self._write(list(batch.items.values()))
        except BaseException as error:  # noqa: BLE001 - raised where the batch is awaited
            batch.error = error
        self._ended.put(batch)

    def _write(self, items: list[bytes]) -> None:
        """Write a batch, again and again with exponential backoff and full jitter.

        "Error retries and exponential backoff", Amazon DynamoDB Developer Guide: what came back as
        unprocessed is to be sent again after a pause.
        """
        cause = "items stay unprocessed"
        attempt = 0
        while True:
            try:
                left = self._put_batch(items)
            except (*AwsError, OSError) as error:
                if not is_transient(error):
                    raise
                left, cause = items, str(error)
            if not left:
                return
            attempt = 0 if len(left) < len(items) else attempt + 1
            items = left
            pause = random.uniform(0, min(_LONGEST_PAUSE, 0.05 * 2**attempt))  # noqa: S311
            if pause >= self._deadline.seconds_to_work:
                raise TableBusyError(f"the table did not take a batch in time: {cause}")
            time.sleep(pause)

    def __enter__(self) -> Self:
        self._core.keep()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self.flush()
        finally:
            self._is_dropped = True
            for _ in self._threads:
                self._waiting.put(None)
            for thread in self._threads:
                thread.join()
            self._core.release()
