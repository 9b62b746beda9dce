"""How events reach the processor, and how failures go back the way they came.

A batch of the work queue is answered with the messages that failed ("Implementing partial batch
responses", AWS Lambda Developer Guide), each made visible again after a pause of its own instead
of the queue's whole visibility time-out. What nobody can read goes to the dead-letter queue at
once. While a circuit is open nothing is begun.

Events that came without the queue (a bucket's direct notification) go to the queue when they
fail: Lambda would try them twice more, within minutes, and give up.
"""

import random
from collections.abc import Sequence
from typing import Any

from processor.connections import NEEDED
from processor.deadline import LambdaContext
from processor.events import (
    Announcement,
    Ignored,
    MalformedEventError,
    ObjectCreated,
    announcements,
    announcements_in,
)
from processor.outcomes import Invocation
from processor.pauses import pause
from processor.processing import ObjectProcessor
from processor.reporting import Reporting
from processor.table_writer import TableBusyError
from shared.announcement import announcement
from shared.aws_clients import AwsError
from shared.aws_object_ledger import ClaimedElsewhereError
from shared.aws_work_queue import DeadLetterQueue, WorkQueue
from shared.circuit_breaker import CircuitOpenError, Circuits

_TRUSTED_RECEIVES = 3
"""A message that was received more often may be one that kills the function."""

_CallFailed = (*AwsError, OSError, CircuitOpenError)

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
    dead_letters : DeadLetterQueue
        Where messages end that nobody can read.
    circuits : Circuits
        Of what objects cannot be processed without.
    reporting : Reporting
        Told of every end.
    """

    def __init__(
        self,
        processor: ObjectProcessor,
        queue: WorkQueue,
        dead_letters: DeadLetterQueue,
        circuits: Circuits,
        reporting: Reporting,
    ) -> None:
        self._processor = processor
        self._queue = queue
        self._dead_letters = dead_letters
        self._circuits = circuits
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
            problems = self._take_batch(event["Records"], invocation)
            self._put_off([one for each in problems.values() for one in each])
            return {"batchItemFailures": [{"itemIdentifier": one} for one in problems]}
        self._put_off(self._take_notification(event, invocation))
        return {}

    def _put_off(self, problems: Sequence[Exception]) -> None:
        """Report what was given back, but for what another invocation is at work on.

        Every delivery comes twice now and then, and no version of the function can help it.
        """
        if not all(isinstance(one, ClaimedElsewhereError) for one in problems):
            self._reporting.put_off()

    def _take_batch(
        self, messages: Sequence[Event], invocation: Invocation
    ) -> dict[str, list[Exception]]:
        """Process messages; return the ids of those that are not done with, and why."""
        done: list[Event] = []
        problems: dict[str, list[Exception]] = {}
        for message in in_order(messages):
            if receives(message) > _TRUSTED_RECEIVES:
                self._settle(done)
                done.clear()
            errors = self._take_message(message, invocation)
            if errors:
                problems[message["messageId"]] = errors
            else:
                done.append(message)
        return problems

    def _take_message(self, message: Event, invocation: Invocation) -> list[Exception]:
        """Process a message; return why it is not done with, if it is not."""
        try:
            announced = self._objects(announcements_in(message["body"]))
        except MalformedEventError as error:
            return self._bury(message, error)
        problems = [self._process(one, invocation) for one in announced]
        errors = [problem for problem in problems if problem is not None]
        if errors:
            self._give_back(message, max(pause(error, receives(message)) for error in errors))
        return errors

    def _take_notification(self, event: Any, invocation: Invocation) -> list[Exception]:
        """Process what came without the queue; return why the queue was given some, if it was."""
        try:
            announced = self._objects(announcements(event))
        except MalformedEventError as error:
            self._reporting.malformed(str(error), "")
            raise
        problems, errors = [], []
        for one in announced:
            problem = self._process(one, invocation)
            if problem is not None:
                problems.append(problem)
                if not self._hand_over(one, problem):
                    errors.append(problem)
        if errors:
            causes = "; ".join(f"{type(error).__name__}: {error}" for error in errors)
            raise ObjectsNotProcessedError(
                f"{len(errors)} of {len(announced)} objects not processed: {causes}"
            ) from errors[0]
        return problems

    def _objects(self, announced: Sequence[Announcement]) -> list[ObjectCreated]:
        for one in announced:
            if isinstance(one, Ignored):
                self._reporting.ignored(one.reason)
        return [one for one in announced if isinstance(one, ObjectCreated)]

    def _process(self, created: ObjectCreated, invocation: Invocation) -> Exception | None:
        """Process an object, unless a circuit is open; return why it has to be tried again."""
        refusal = self._circuits.refusal(NEEDED)
        if refusal is not None:
            self._reporting.held_back(created, refusal)
            return refusal
        try:
            outcome = self._processor.process(created, invocation)
        except Exception as error:  # noqa: BLE001 - one message must not take its batch along
            if isinstance(error, TableBusyError):
                self._circuits["table"].trip(str(error))
            self._reporting.not_processed(created, error)
            return error
        self._reporting.ended(outcome)
        return None

    def _bury(self, message: Event, error: MalformedEventError) -> list[Exception]:
        """Send a message to the dead-letter queue; return why it is not there, if it is not."""
        self._reporting.malformed(str(error), message["messageId"])
        try:
            self._dead_letters.bury(message["body"], "MalformedEvent", str(error))
        except _CallFailed as second:
            self._reporting.call_failed("message not dead-lettered", message["messageId"], second)
            self._give_back(message, pause(second, receives(message)))
            return [second]
        return []

    def _hand_over(self, created: ObjectCreated, problem: Exception) -> bool:
        """Let the queue announce an object again; return whether it will."""
        body = announcement(
            created.bucket,
            created.key,
            created.version_id,
            created.event_name,
            hop=created.hop,
            part=created.part,
        )
        try:
            self._queue.send(body, delay=pause(problem, 1))
        except _CallFailed as second:
            problem.add_note(f"and it could not be sent to the work queue: {second}")
            return False
        return True

    def _give_back(self, message: Event, seconds: float) -> None:
        try:
            self._queue.show_again(message["receiptHandle"], round(seconds))
        except _CallFailed as error:
            self._reporting.call_failed("visibility not changed", message["messageId"], error)

    def _settle(self, done: Sequence[Event]) -> None:
        """Delete what is done with, before something is begun that may kill the function."""
        if not done:
            return
        try:
            self._queue.delete([message["receiptHandle"] for message in done])
        except _CallFailed as error:
            self._reporting.call_failed("messages not deleted", done[0]["messageId"], error)


def in_order(messages: Sequence[Event]) -> list[Event]:
    """Return a batch's messages, those last that may be what killed earlier invocations.

    A function that dies says nothing of its batch, so all of it comes back, again and again. Once
    its messages are suspects, each is begun when the others that went well are deleted; and in no
    fixed order, so that none is always behind the one that kills.
    """
    return sorted(messages, key=_suspicion)


def receives(message: Event) -> int:
    """Return how often a message was received, this time included."""
    return int(message.get("attributes", {}).get("ApproximateReceiveCount", 1))


def _suspicion(message: Event) -> tuple[int, float]:
    count = receives(message)
    return (count, random.random()) if count > _TRUSTED_RECEIVES else (0, 0.0)  # noqa: S311


def _is_batch(event: Any) -> bool:
    records = event.get("Records") if isinstance(event, dict) else None
    return (
        isinstance(records, list)
        and bool(records)
        and all(isinstance(one, dict) and one.get("eventSource") == "aws:sqs" for one in records)
    )
