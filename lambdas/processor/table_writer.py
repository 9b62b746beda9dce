"""Items into the table: full batches, several at once, in the order that matters.

Keys of one object may repeat, and the later position has to be what the table shows at the end. So
a key stands in one batch once (BatchWriteItem refuses more), and an item waits for a batch
that is being written with its key.
"""

import random
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from processor.deadline import Deadline
from shared.aws_clients import AwsError, is_transient
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
        self._pool = ThreadPoolExecutor(concurrency, thread_name_prefix="table-writer")
        self._most_under_way = 2 * concurrency
        self._batch: dict[_Key, bytes] = {}
        self._batch_bytes = 0
        self._under_way: deque[tuple[Future[None], list[_Key]]] = deque()
        self._written_by: dict[_Key, Future[None]] = {}

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
        batch = self._batch
        if key in batch:
            self._batch_bytes -= len(batch.pop(key))
        if key in self._written_by:
            self._written_by[key].result()
        if batch and self._batch_bytes + len(encoded) > BATCH_BYTES:
            self._submit()
            batch = self._batch
        batch[key] = encoded
        self._batch_bytes += len(encoded)
        if len(batch) == BATCH_ITEMS:
            self._submit()

    def flush(self) -> None:
        """Wait until everything is written; raises like `put`."""
        if self._batch:
            self._submit()
        while self._under_way:
            self._await_oldest()

    def _submit(self) -> None:
        self._deadline.check()
        while len(self._under_way) >= self._most_under_way:
            self._await_oldest()
        batch, self._batch = self._batch, {}
        future = self._pool.submit(self._write, list(batch.values()))
        self._under_way.append((future, list(batch)))
        self._written_by.update(dict.fromkeys(batch, future))
        self._batch_bytes = 0

    def _await_oldest(self) -> None:
        future, keys = self._under_way.popleft()
        future.result()
        for key in keys:
            if self._written_by.get(key) is future:
                del self._written_by[key]

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
            self._pool.shutdown(wait=True, cancel_futures=True)
