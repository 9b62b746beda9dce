"""Messages of SQS: each to one receiver at a time, each move to the dead-letter queue exact.

Stands in for `SQSBackend.receive_message`, `delete_message`, `change_message_visibility`,
`send_message`, `purge_queue` and `set_queue_attributes`: moto's threads meet in the middle of
them, so that two receivers get one message, a message that is deleted while another is added comes
back or vanishes, and every receive copies and looks through all messages. The receipt handle of an
earlier receive deletes nothing (SQS API, DeleteMessage) and hides nothing: moto took any.
"""

from __future__ import annotations

import copy
import threading
import time
from typing import TYPE_CHECKING, Any

from moto.core.utils import unix_time
from moto.sqs.exceptions import QueueDoesNotExist, ReceiptHandleIsInvalid
from moto.sqs.models import Message, Queue, SQSBackend, _filter_message_attributes

from embedded_aws import faults
from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable

LOCK = threading.RLock()
"""Held while messages of any queue are sent, received, hidden, deleted or moved."""

_LONGEST_SLEEP = 0.25
_arrived = threading.Condition(LOCK)


def _receive_message(
    _original: Callable[..., Any],
    backend: SQSBackend,
    queue_name: str,
    count: int,
    wait_seconds_timeout: int,
    visibility_timeout: int,
    message_attribute_names: list[str] | None = None,
) -> list[Message]:
    end = time.monotonic() + wait_seconds_timeout
    with _arrived:
        while True:
            queue = backend.get_queue(queue_name)
            received = _take(queue, count, visibility_timeout)
            left = end - time.monotonic()
            if received or left <= 0:
                break
            # A message becomes visible again without anybody telling: look again now and then.
            _arrived.wait(min(left, _LONGEST_SLEEP))
        copies = [copy.copy(message) for message in received]
    for message in copies:
        _filter_message_attributes(message, message_attribute_names or [])
    return copies


def _take(queue: Queue, count: int, visibility_timeout: int) -> list[Message]:
    now = unix_time() * 1000
    busy_groups = {
        held.group_id
        for held in queue._messages
        if queue.fifo_queue and held.group_id and held.visible_at > now
    }
    limit = (queue.redrive_policy or {}).get("maxReceiveCount")
    expired = now - queue.message_retention_period * 1000
    received: list[Message] = []
    gone: list[Message] = []
    for message in queue._messages:
        if len(received) == count:
            break
        if message.sent_timestamp is not None and message.sent_timestamp <= expired:
            gone.append(message)
        elif (
            message.visible_at > now
            or message.delayed_until > now
            or message.group_id in busy_groups
        ):
            continue
        elif _is_dead(queue, message, limit):
            gone.append(message)
            _bury(queue, message)
        else:
            message.mark_received(visibility_timeout=visibility_timeout)
            queue.pending_messages.add(message)
            received.append(message)
    for message in gone:
        queue._messages.remove(message)
        queue.pending_messages.discard(message)
    return received


def _is_hidden(message: Message, now: float) -> bool:
    return bool(message.visible_at > now or message.delayed_until > now)


def _is_dead(queue: Queue, message: Message, limit: int | None) -> bool:
    return (
        limit is not None
        and queue.dead_letter_queue is not None
        and message.approximate_receive_count >= limit
    )


def _bury(queue: Queue, message: Message) -> None:
    message.visible_at = 0.0
    message.dead_letter_source = queue.queue_arn
    queue.dead_letter_queue.add_message(message)
    _arrived.notify_all()


def _locked(original: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    with LOCK:
        return original(*arguments, **named)


def _send_message(
    original: Callable[..., Any],
    backend: SQSBackend,
    queue_name: str,
    *arguments: Any,
    **named: Any,
) -> Any:
    with _arrived:
        sent = original(backend, queue_name, *arguments, **named)
        _disturb(backend.get_queue(queue_name), sent)
        _arrived.notify_all()
        return sent


def _disturb(queue: Queue, message: Message) -> None:
    """Let a message come late or repeatedly where a fault wants that, or not at all."""
    delays = faults.deliveries("sqs", queue.name, queue.region)
    if delays == [0.0]:
        return
    queue._messages.remove(message)
    for delay in delays:
        again = copy.deepcopy(message)
        again.delayed_until = max(again.delayed_until, unix_time() * 1000 + delay * 1000)
        queue._messages.append(again)


def _is_outdated(queue: Queue, receipt_handle: str) -> bool:
    """Say whether the message was received again after this handle was given out."""
    return any(receipt_handle in message._old_receipt_handles for message in queue._messages)


def _delete_message(
    original: Callable[..., None], backend: SQSBackend, queue_name: str, receipt_handle: str
) -> None:
    with LOCK:
        if not _is_outdated(backend.get_queue(queue_name), receipt_handle):
            original(backend, queue_name, receipt_handle)


def _change_visibility(
    original: Callable[..., Any],
    backend: SQSBackend,
    queue_name: str,
    receipt_handle: str,
    visibility_timeout: int,
) -> Any:
    with _arrived:
        if _is_outdated(backend.get_queue(queue_name), receipt_handle):
            raise ReceiptHandleIsInvalid
        changed = original(backend, queue_name, receipt_handle, visibility_timeout)
        _arrived.notify_all()
        return changed


def _delete_queue(original: Callable[..., Any], backend: SQSBackend, queue_name: str) -> None:
    with _arrived:
        original(backend, queue_name)
        _arrived.notify_all()


def queue_of(backend: SQSBackend, arn: str) -> Queue:
    """Return the queue with an ARN; raise moto's `QueueDoesNotExist`."""
    for queue in backend.queues.values():
        if queue.queue_arn == arn:
            return queue
    raise QueueDoesNotExist


def install() -> None:
    """Handle messages our way."""
    stand_in(SQSBackend, "receive_message", _receive_message)
    stand_in(SQSBackend, "send_message", _send_message)
    stand_in(SQSBackend, "change_message_visibility", _change_visibility)
    stand_in(SQSBackend, "delete_queue", _delete_queue)
    stand_in(SQSBackend, "delete_message", _delete_message)
    for name in ("purge_queue", "set_queue_attributes", "create_queue"):
        stand_in(SQSBackend, name, _locked)
