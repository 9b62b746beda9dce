"""Message move tasks of SQS: what a dead-letter queue holds goes back.

Stands in for nothing of moto, which has neither StartMessageMoveTask, ListMessageMoveTasks nor
CancelMessageMoveTask.

Source: Amazon SQS API Reference, StartMessageMoveTask: without a destination every message goes to
the queue it came from; one task per queue at a time; a task reports what it moved.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from typing import Any

from moto.core.responses import ActionResult
from moto.sqs.exceptions import QueueDoesNotExist, SQSException
from moto.sqs.models import Queue, SQSBackend
from moto.sqs.responses import SQSResponse

from embedded_aws.services.deliveries import deliver_later
from embedded_aws.services.sqs_messages import LOCK, queue_of

_PER_STEP = 100
_STEP_SECONDS = 0.01


@dataclass
class MoveTask:
    """One task, called again until everything is moved."""

    backend: SQSBackend
    source: Queue
    destination: Queue | None
    per_second: int | None
    began: int = field(default_factory=lambda: int(time.time() * 1000))
    status: str = "RUNNING"
    moved: int = 0
    to_move: int = 0
    failure: str = ""

    @property
    def handle(self) -> str:
        """The task's handle, opaque to callers."""
        inner = {"taskId": f"{id(self):x}", "sourceArn": self.source.queue_arn}
        return base64.b64encode(json.dumps(inner).encode()).decode()

    def __call__(self) -> float | None:
        """Move some messages; return the seconds until the next step, or None at the end."""
        with LOCK:
            if self.status == "CANCELLING":
                self.status = "CANCELLED"
                return None
            for _ in range(self.per_second or _PER_STEP):
                message = next((held for held in self.source._messages if held.visible), None)
                if message is None:
                    self.status = "COMPLETED"
                    return None
                if not self._move(message):
                    self.status = "FAILED"
                    return None
            return 1.0 if self.per_second else _STEP_SECONDS

    def _move(self, message: Any) -> bool:
        target = self.destination
        if target is None:
            try:
                target = queue_of(self.backend, getattr(message, "dead_letter_source", ""))
            except QueueDoesNotExist:
                self.failure = "CouldNotDetermineMessageSource"
                return False
        self.source._messages.remove(message)
        self.backend.send_message(
            target.name,
            message.body,
            message_attributes=message.message_attributes,
            group_id=message.group_id,
            deduplication_id=message.deduplication_id,
            system_attributes=message.system_attributes,
        )
        self.moved += 1
        return True

    def described(self) -> dict[str, Any]:
        """Return the task as ListMessageMoveTasks has it."""
        entry: dict[str, Any] = {
            "Status": self.status,
            "SourceArn": self.source.queue_arn,
            "ApproximateNumberOfMessagesMoved": self.moved,
            "ApproximateNumberOfMessagesToMove": self.to_move,
            "StartedTimestamp": self.began,
        }
        if self.status == "RUNNING":
            entry["TaskHandle"] = self.handle
        if self.destination is not None:
            entry["DestinationArn"] = self.destination.queue_arn
        if self.per_second is not None:
            entry["MaxNumberOfMessagesPerSecond"] = self.per_second
        if self.failure:
            entry["FailureReason"] = self.failure
        return entry


def _tasks(backend: SQSBackend) -> list[MoveTask]:
    if not hasattr(backend, "move_tasks"):
        backend.move_tasks = []
    tasks: list[MoveTask] = backend.move_tasks
    return tasks


def _queue(backend: SQSBackend, arn: str) -> Queue:
    try:
        return queue_of(backend, arn)
    except QueueDoesNotExist as absent:
        raise SQSException(
            "ResourceNotFoundException", "The resource that you specified doesn't exist."
        ) from absent


def _start(response: SQSResponse) -> ActionResult:
    backend = response.sqs_backend
    source = _queue(backend, response._get_param("SourceArn"))
    destination_arn = response._get_param("DestinationArn")
    with LOCK:
        if not any(queue.dead_letter_queue is source for queue in backend.queues.values()):
            raise SQSException(
                "InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue."
            )
        if any(
            task.source is source and task.status in {"RUNNING", "CANCELLING"}
            for task in _tasks(backend)
        ):
            raise SQSException(
                "InvalidParameterValue",
                "There is already a task running. Only one active task is allowed for a source "
                "queue arn at a given time.",
            )
        task = MoveTask(
            backend,
            source,
            _queue(backend, destination_arn) if destination_arn else None,
            response._get_param("MaxNumberOfMessagesPerSecond"),
            to_move=len(source._messages),
        )
        _tasks(backend).insert(0, task)
    deliver_later(task)
    return ActionResult({"TaskHandle": task.handle})


def _list(response: SQSResponse) -> ActionResult:
    source = _queue(response.sqs_backend, response._get_param("SourceArn"))
    limit = response._get_param("MaxResults") or 1
    found = [task for task in _tasks(response.sqs_backend) if task.source is source]
    return ActionResult({"Results": [task.described() for task in found[:limit]]})


def _cancel(response: SQSResponse) -> ActionResult:
    handle = response._get_param("TaskHandle")
    with LOCK:
        for task in _tasks(response.sqs_backend):
            if task.handle == handle and task.status == "RUNNING":
                task.status = "CANCELLING"
                return ActionResult({"ApproximateNumberOfMessagesMoved": task.moved})
    raise SQSException("ResourceNotFoundException", "Task does not exist.")


def install() -> None:
    """Give SQS its message move tasks."""
    SQSResponse.start_message_move_task = _start
    SQSResponse.list_message_move_tasks = _list
    SQSResponse.cancel_message_move_task = _cancel
