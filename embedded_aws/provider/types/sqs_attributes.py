"""The attributes of an SQS queue: Terraform's names, AWS's names, and writing some of them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedded_aws.provider.resource_type import State
    from embedded_aws.provider.session import AwsSession

NUMBERS: Mapping[str, str] = {
    "delay_seconds": "DelaySeconds",
    "kms_data_key_reuse_period_seconds": "KmsDataKeyReusePeriodSeconds",
    "max_message_size": "MaximumMessageSize",
    "message_retention_seconds": "MessageRetentionPeriod",
    "receive_wait_time_seconds": "ReceiveMessageWaitTimeSeconds",
    "visibility_timeout_seconds": "VisibilityTimeout",
}
FLAGS: Mapping[str, str] = {
    "content_based_deduplication": "ContentBasedDeduplication",
    "sqs_managed_sse_enabled": "SqsManagedSseEnabled",
}
TEXTS: Mapping[str, str] = {
    "deduplication_scope": "DeduplicationScope",
    "fifo_throughput_limit": "FifoThroughputLimit",
    "kms_master_key_id": "KmsMasterKeyId",
    "policy": "Policy",
    "redrive_allow_policy": "RedriveAllowPolicy",
    "redrive_policy": "RedrivePolicy",
}
ALL: Mapping[str, str] = {**NUMBERS, **FLAGS, **TEXTS}

_POLICY = "Policy"
_writing = threading.Lock()


def wire(name: str, value: Any) -> str:
    """Return a value as SQS takes it; the empty text takes a setting back."""
    if name in FLAGS:
        return "true" if value else "false"
    if name in NUMBERS:
        return str(int(value or 0))
    return value or ""


def read(aws: AwsSession, url: str) -> dict[str, str]:
    """Return all attributes of a queue."""
    answer = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    return dict(answer["Attributes"])


def write(aws: AwsSession, url: str, attributes: dict[str, str]) -> None:
    """Set attributes of a queue and leave the others as they are.

    moto forgets the queue's policy when it is not among the attributes of a
    ``SetQueueAttributes`` call (`moto.sqs.models.Queue._set_attributes`), so it is sent along.
    Several resources of Terraform write to one queue at the same time: one at a time here.
    """
    with _writing:
        policy = read(aws, url).get(_POLICY)
        kept = {_POLICY: policy} if policy else {}
        aws.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={**kept, **attributes})


def as_state(attributes: dict[str, str]) -> State:
    """Return the attributes that AWS told as Terraform's."""
    found: State = {
        name: int(attributes[argument])
        for name, argument in NUMBERS.items()
        if argument in attributes
    }
    found |= {name: attributes.get(argument) == "true" for name, argument in FLAGS.items()}
    found |= {name: attributes.get(argument) or "" for name, argument in TEXTS.items()}
    return found
