"""Attributes of a queue that moto loses or checks wrongly.

Stands in for
- `Queue._set_attributes`: setting one attribute drops the queue's policy; the redrive allow policy
  is kept by nobody; encryption with a KMS key and with SQS's own exclude each other;
- `Queue.attributes`: `RedriveAllowPolicy`, and numbers as text;
- `SQSBackend.get_queue_attributes`: `RedriveAllowPolicy` is a name that exists.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.sqs.exceptions import SQSException
from moto.sqs.models import Queue, sqs_backends

from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable

ALLOW = "RedriveAllowPolicy"


def _set_attributes(
    original: Callable[..., None],
    queue: Queue,
    attributes: dict[str, Any],
    now: float | None = None,
) -> None:
    kept = dict(attributes)
    if "Policy" not in kept and getattr(queue, "_policy_json", None) is not None:
        kept["Policy"] = queue.policy
    if kept.get("KmsMasterKeyId"):
        kept["SqsManagedSseEnabled"] = "false"
    elif str(attributes.get("SqsManagedSseEnabled", "")).lower() == "true":
        kept.setdefault("KmsMasterKeyId", None)
    if "SqsManagedSseEnabled" in kept:
        kept["SqsManagedSseEnabled"] = str(kept["SqsManagedSseEnabled"]).lower() == "true"
    if kept.get("KmsMasterKeyId") == "":
        kept["KmsMasterKeyId"] = None
    allow = kept.pop(ALLOW, None)
    _check_dead_letter_queue(queue, kept.get("RedrivePolicy"))
    original(queue, kept, now)
    if allow is not None:
        queue.redrive_allow_policy = json.loads(allow) if allow else None


def _check_dead_letter_queue(queue: Queue, policy: str | dict[str, Any] | None) -> None:
    wanted = json.loads(policy) if isinstance(policy, str) and policy else policy
    if not isinstance(wanted, dict) or "deadLetterTargetArn" not in wanted:
        return
    target = next(
        (
            held
            for held in sqs_backends[queue.account_id][queue.region].queues.values()
            if held.queue_arn == wanted["deadLetterTargetArn"]
        ),
        None,
    )
    allow = getattr(target, "redrive_allow_policy", None) or {}
    permission = allow.get("redrivePermission", "allowAll")
    named = queue.queue_arn in allow.get("sourceQueueArns", [])
    if permission == "denyAll" or (permission == "byQueue" and not named):
        raise SQSException(
            "InvalidParameterValue",
            f"Value {json.dumps(wanted)} for parameter RedrivePolicy is invalid. Reason: The dead "
            "letter queue does not allow this queue as its source (RedriveAllowPolicy).",
        )


def _attributes(queue: Queue) -> dict[str, Any]:
    result: dict[str, Any] = _original_attributes(queue)
    allow = getattr(queue, "redrive_allow_policy", None)
    if allow:
        result[ALLOW] = json.dumps(allow)
    for name in ("CreatedTimestamp", "LastModifiedTimestamp"):
        result[name] = int(float(result[name]))
    return {name: value for name, value in result.items() if value is not None}


_original_attributes: Callable[[Queue], dict[str, Any]] = Queue.attributes.fget


def install() -> None:
    """Keep every attribute of a queue."""
    stand_in(Queue, "_set_attributes", _set_attributes)
    if ALLOW not in Queue.BASE_ATTRIBUTES:
        Queue.BASE_ATTRIBUTES = [*Queue.BASE_ATTRIBUTES, ALLOW]
        Queue.redrive_allow_policy = None
    Queue.attributes = property(_attributes)
