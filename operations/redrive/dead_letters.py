"""The dead-letter queue of a region: looked at without hiding it for long, and sent back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from operations.progress import Progress
from operations.redrive.letters import Letter, read
from operations.region import Region, RegionError

SAMPLE = 1000
"""Messages whose causes are looked up."""

_MOST_HELD = 100_000  # SQS lets 120,000 messages of a queue be hidden at once
_BATCH = 10
_SAMPLE_SECONDS, _DRAIN_SECONDS = 60, 900
_POLL_SECONDS = 0.5
_COUNTED = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


class DeadLetters:
    """The queue.

    Parameters
    ----------
    region
        Whose queue it is.
    """

    def __init__(self, region: Region) -> None:
        self._sqs = region.client("sqs")
        self._url = region.queue_url("data-processing-dlq")
        self._work_url = region.queue_url("data-processing")
        self._arn = region.names.queue_arn("data-processing-dlq", region.name)
        self._work_arn = region.names.queue_arn("data-processing", region.name)

    def count(self) -> int:
        """Return about how many messages are in the queue."""
        answer = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=list(_COUNTED))
        return sum(int(answer["Attributes"][name]) for name in _COUNTED)

    def sample(self) -> list[Letter]:
        """Return up to `SAMPLE` messages, which can be received again at once."""
        with self._held(SAMPLE, _SAMPLE_SECONDS) as letters:
            return list(letters)

    def announce_failed_events(self, progress: Progress) -> int:
        """Send the events inside Lambda's records to the work queue, and remove the records.

        The processor takes from its queue what it takes directly. A record is removed after its
        event was sent: what happens in between is repeated, and a repeated event is a no-op.

        Returns
        -------
        int
            How many.
        """
        sent = 0
        with self._held(_MOST_HELD, _DRAIN_SECONDS) as letters:
            for letter in letters:
                if letter.failed_event is not None:
                    self._sqs.send_message(QueueUrl=self._work_url, MessageBody=letter.failed_event)
                    self._sqs.delete_message(
                        QueueUrl=self._url, ReceiptHandle=letter.receipt_handle
                    )
                    sent += 1
                    progress.show(f"{sent} events announced again")
        return sent

    def move(self, progress: Progress) -> int:
        """Move what is left to the work queue, by a message move task of SQS.

        A task that is under way, such as that of a redrive which was interrupted, is followed.

        Returns
        -------
        int
            How many messages it moved.

        Raises
        ------
        RegionError
            The task failed or was cancelled.
        """
        if self._task().get("Status") not in {"RUNNING", "CANCELLING"}:
            self._sqs.start_message_move_task(SourceArn=self._arn, DestinationArn=self._work_arn)
        while True:
            task = self._task()
            moved = int(task.get("ApproximateNumberOfMessagesMoved", 0))
            progress.show(f"{moved} messages moved")
            if task.get("Status") == "COMPLETED":
                return moved
            if task.get("Status") in {"FAILED", "CANCELLED"}:
                reason = task.get("FailureReason") or "somebody has cancelled it"
                raise RegionError(f"the message move task ended after {moved}: {reason}")
            time.sleep(_POLL_SECONDS)

    def _task(self) -> dict[str, str]:
        found = self._sqs.list_message_move_tasks(SourceArn=self._arn, MaxResults=1)["Results"]
        return found[0] if found else {}

    @contextmanager
    def _held(self, limit: int, seconds: int) -> Iterator[Iterator[Letter]]:
        """Receive each message once, and let all be received again at the end."""
        handles: list[str] = []

        def receive() -> Iterator[Letter]:
            while len(handles) < limit:
                found = self._sqs.receive_message(
                    QueueUrl=self._url,
                    MaxNumberOfMessages=min(_BATCH, limit - len(handles)),
                    MessageAttributeNames=["All"],
                    VisibilityTimeout=seconds,
                    WaitTimeSeconds=1,  # asks all servers of SQS, so that nothing is missed
                ).get("Messages", [])
                handles.extend(each["ReceiptHandle"] for each in found)
                if not found:
                    return
                yield from map(read, found)

        try:
            yield receive()
        finally:
            for start in range(0, len(handles), _BATCH):
                entries = [
                    {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                    for number, handle in enumerate(handles[start : start + _BATCH])
                ]
                # What was removed meanwhile is among the failed entries of the answer.
                self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)
