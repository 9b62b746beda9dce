"""The metrics of SQS: what went through a queue, and what lies in it when somebody looks.

Stands in for nothing of moto, whose queues have no metrics.

Sources: SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS". Ages are real, whatever
the time scale is. A message that was received more than three times does not count for the age of
the oldest one, and one in a dead-letter queue has the age since it was moved there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.utils import unix_time
from moto.sqs.models import Message, Queue, SQSBackend, sqs_backends

from embedded_aws.metrics.store import put, sample_by
from embedded_aws.services.seams import stand_in
from embedded_aws.services.sqs_messages import LOCK
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedded_aws.metrics.store import Dimensions

NAMESPACE = "AWS/SQS"
MOST_RECEIVES = 3
GAUGES = frozenset(
    {
        "ApproximateAgeOfOldestMessage",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesVisible",
    }
)


def _count(backend: SQSBackend, queue_name: str, *values: tuple[str, float]) -> None:
    named = [(name, "Count", value) for name, value in values]
    put(backend.region_name, NAMESPACE, [(("QueueName", queue_name),)], named)


def _send_message(
    original: Callable[..., Any],
    backend: SQSBackend,
    queue_name: str,
    message_body: str,
    *arguments: Any,
    **named: Any,
) -> Any:
    sent = original(backend, queue_name, message_body, *arguments, **named)
    _count(backend, queue_name, ("NumberOfMessagesSent", 1.0))
    size = float(len(message_body.encode()))
    put(
        backend.region_name,
        NAMESPACE,
        [(("QueueName", queue_name),)],
        [("SentMessageSize", "Bytes", size)],
    )
    return sent


def _receive_message(
    original: Callable[..., list[Message]],
    backend: SQSBackend,
    queue_name: str,
    *arguments: Any,
    **named: Any,
) -> list[Message]:
    received = original(backend, queue_name, *arguments, **named)
    if received:
        _count(backend, queue_name, ("NumberOfMessagesReceived", float(len(received))))
    else:
        _count(backend, queue_name, ("NumberOfEmptyReceives", 1.0))
    return received


def _delete_message(
    original: Callable[..., None], backend: SQSBackend, queue_name: str, receipt_handle: str
) -> None:
    original(backend, queue_name, receipt_handle)
    _count(backend, queue_name, ("NumberOfMessagesDeleted", 1.0))


def _add_message(original: Callable[..., None], queue: Queue, message: Message) -> None:
    message.entered_queue = unix_time() * 1000
    original(queue, message)


def _sample(region: str, name: str, dimensions: Dimensions) -> None:
    """Put what a queue holds now."""
    queue = sqs_backends[RUN.account][region].queues.get(dict(dimensions).get("QueueName", ""))
    if queue is None or name not in GAUGES:
        return
    now = unix_time() * 1000
    visible = hidden = delayed = 0
    oldest = now
    with LOCK:
        for message in queue._messages:
            if message.delayed_until > now:
                delayed += 1
                continue
            if message.visible_at > now:
                hidden += 1
            else:
                visible += 1
            if message.approximate_receive_count <= MOST_RECEIVES or queue.fifo_queue:
                oldest = min(oldest, getattr(message, "entered_queue", message.sent_timestamp))
    values = {
        "ApproximateAgeOfOldestMessage": (now - oldest) / 1000,
        "ApproximateNumberOfMessagesDelayed": float(delayed),
        "ApproximateNumberOfMessagesNotVisible": float(hidden),
        "ApproximateNumberOfMessagesVisible": float(visible),
    }
    unit = "Seconds" if name == "ApproximateAgeOfOldestMessage" else "Count"
    put(region, NAMESPACE, [dimensions], [(name, unit, values[name])])


def install() -> None:
    """Count from now on, and look into queues when they are asked for."""
    stand_in(SQSBackend, "send_message", _send_message)
    stand_in(SQSBackend, "receive_message", _receive_message)
    stand_in(SQSBackend, "delete_message", _delete_message)
    stand_in(Queue, "add_message", _add_message)
    sample_by(NAMESPACE, _sample)
