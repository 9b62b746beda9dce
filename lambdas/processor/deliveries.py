"""How events reach the processor, and how failures go back the way they came.

A batch of the work queue is answered with the messages that failed ("Implementing partial batch
responses", AWS Lambda Developer Guide), each made visible again after a backoff of its own instead
of the queue's whole visibility time-out. Without a queue (a bucket's direct notification) a failure
is raised, so that Lambda's own retries and dead-letter queue take it.
"""

import random
from typing import Any

from processor.deadline import LambdaContext, OutOfTimeError
from processor.events import (
    Ignored,
    MalformedEventError,
    ObjectCreated,
    announcements,
    announcements_in,
)
from processor.outcomes import Invocation
from processor.processing import ObjectProcessor
from processor.reporting import Reporting
from shared.aws_clients import AwsError
from shared.aws_object_ledger import ClaimedElsewhereError
from shared.aws_work_queue import WorkQueue

_FIRST_BACKOFF = 5.0
_BACKOFF_FACTOR = 4.0
_LONGEST_BACKOFF = 900.0

Event = dict[str, Any]


class ObjectsNotProcessedError(Exception):
    """A direct notification could not be processed; Lambda invokes the function with it again."""


class Deliveries:
    """Takes events, and answers them.

    Parameters
    ----------
    processor : ObjectProcessor
        Processes what the events announce.
    queue : WorkQueue
        Where messages come from.
    reporting : Reporting
        Told of every end.
    """

    def __init__(self, processor: ObjectProcessor, queue: WorkQueue, reporting: Reporting) -> None:
        self._processor = processor
        self._queue = queue
        self._reporting = reporting

    def receive(self, event: Any, context: LambdaContext) -> dict[str, Any]:
        """Process an event of the queue, of S3 or of EventBridge.

        Returns
        -------
        dict
            ``batchItemFailures`` of a batch of messages.

        Raises
        ------
        ObjectsNotProcessedError, MalformedEventError
            For events that came without the queue.
        """
        invocation = Invocation.of(context)
        if _is_batch(event):
            failed = [
                message["messageId"]
                for message in event["Records"]
                if not self._take_message(message, invocation)
            ]
            return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
        self._take_notification(event, invocation)
        return {}

    def _take_message(self, message: Event, invocation: Invocation) -> bool:
        """Process a message; return whether it is done with."""
        try:
            announced = announcements_in(message["body"])
        except MalformedEventError as error:
            self._reporting.malformed(str(error), message["messageId"])
            self._give_back(message, seconds=0)
            return False
        errors: list[Exception] = []
        for announcement in announced:
            problem = self._process(announcement, invocation, "queue")
            if problem is not None:
                errors.append(problem)
        if errors:
            receives = int(message.get("attributes", {}).get("ApproximateReceiveCount", 1))
            self._give_back(message, seconds=max(backoff(one, receives) for one in errors))
        return not errors

    def _take_notification(self, event: Any, invocation: Invocation) -> None:
        try:
            announced = announcements(event)
        except MalformedEventError as error:
            self._reporting.malformed(str(error), "")
            raise
        outcomes = [self._process(one, invocation, "invocation") for one in announced]
        errors = [error for error in outcomes if error is not None]
        if errors:
            causes = "; ".join(f"{type(error).__name__}: {error}" for error in errors)
            raise ObjectsNotProcessedError(
                f"{len(errors)} of {len(announced)} objects not processed: {causes}"
            ) from errors[0]

    def _process(
        self, announcement: ObjectCreated | Ignored, invocation: Invocation, retry: str
    ) -> Exception | None:
        if isinstance(announcement, Ignored):
            self._reporting.ignored(announcement.reason)
            return None
        try:
            outcome = self._processor.process(announcement, invocation)
        except Exception as error:  # noqa: BLE001 - one message must not take its batch along
            self._reporting.not_processed(announcement, error, retry)
            return error
        self._reporting.ended(outcome)
        return None

    def _give_back(self, message: Event, seconds: float) -> None:
        try:
            self._queue.show_again(message["receiptHandle"], round(seconds))
        except (*AwsError, OSError) as error:
            self._reporting.visibility_unchanged(message["messageId"], error)


def backoff(error: Exception, receives: int) -> float:
    """Return the seconds after which a message is worth another try.

    Exponential with jitter: about 5, 20, 80, 320 and then 900 seconds, so that the receives that a
    queue allows span the life of any other invocation. A claim that expires sooner is not
    waited for longer than that, and work that only lacked time goes on at once.
    """
    if isinstance(error, OutOfTimeError):
        return 0.0
    longest = min(_LONGEST_BACKOFF, _FIRST_BACKOFF * _BACKOFF_FACTOR ** (receives - 1))
    seconds = random.uniform(longest / 2, longest)  # noqa: S311
    if isinstance(error, ClaimedElsewhereError):
        seconds = min(seconds, error.seconds + random.uniform(1, 3))  # noqa: S311
    return seconds


def _is_batch(event: Any) -> bool:
    records = event.get("Records") if isinstance(event, dict) else None
    return (
        isinstance(records, list)
        and bool(records)
        and all(isinstance(one, dict) and one.get("eventSource") == "aws:sqs" for one in records)
    )
