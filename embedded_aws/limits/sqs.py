"""Limits of SQS that moto lets pass.

moto itself refuses messages over 1 MiB (AWS's size since August 2025), batches over 10 entries or
with equal ids, wrong queue names, and delays and time-outs of single messages out of range.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .limit import check_range, limit, refuse

if TYPE_CHECKING:
    from embedded_aws.iam.call import ApiCall

RANGES = {
    "DelaySeconds": (0, 900),
    "MaximumMessageSize": (1024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}
"""Queue attributes: seconds, and bytes for the size."""

MAX_ATTRIBUTES = 10
# Characters that XML 1.0 lacks: https://www.w3.org/TR/REC-xml/#charsets
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@limit(
    "sqs",
    "CreateQueue",
    "SetQueueAttributes",
    source="AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html",
)
def queue_attributes(call: ApiCall) -> None:
    """Refuse attributes of a queue that are out of range."""
    attributes = call.parameters.get("Attributes") or {}
    for name, (lowest, highest) in RANGES.items():
        message = f"Invalid value for the parameter {name}."
        check_range(attributes.get(name), lowest, highest, "InvalidAttributeValue", message)


@limit(
    "sqs",
    "ReceiveMessage",
    source="AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html",
)
def receiving(call: ApiCall) -> None:
    """Refuse a visibility time-out over 12 hours."""
    value = call.parameters.get("VisibilityTimeout")
    message = f"Value {value} for parameter VisibilityTimeout is invalid. Reason: must be <= 43200."
    check_range(value, 0, 43_200, "InvalidParameterValue", message)


@limit(
    "sqs",
    "SendMessage",
    "SendMessageBatch",
    source="AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html",
)
def message_content(call: ApiCall) -> None:
    """Refuse more than ten attributes, characters outside XML, and delays over 15 minutes."""
    body = call.parameters
    for entry in body.get("Entries") or [body]:
        attributes = entry.get("MessageAttributes") or {}
        if len(attributes) > MAX_ATTRIBUTES:
            message = f"Number of message attributes [{len(attributes)}] exceeds the allowed "
            refuse("InvalidParameterValue", message + f"maximum [{MAX_ATTRIBUTES}].")
        if _FORBIDDEN.search(str(entry.get("MessageBody", ""))):
            message = "Invalid characters found. Valid unicode characters are "
            allowed = "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"
            refuse("InvalidMessageContents", message + allowed)
        delay = entry.get("DelaySeconds")
        message = f"Value {delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must "
        check_range(delay, 0, 900, "InvalidParameterValue", message + "be >= 0 and <= 900.")


@limit(
    "sqs",
    "DeleteMessageBatch",
    "ChangeMessageVisibilityBatch",
    source="AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html",
)
def batches(call: ApiCall) -> None:
    """Refuse more than ten entries."""
    entries = call.parameters.get("Entries") or []
    if len(entries) > 10:
        message = f"Maximum number of entries per request are 10. You have sent {len(entries)}."
        refuse("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", message)
