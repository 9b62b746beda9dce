"""What SQS's operations need; a batch needs what its single form needs.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.sqs.models import sqs_backends

from embedded_aws.state import RUN

from .encryption import DATA_KEY, DECRYPT, key_needs
from .need import Need, arn

if TYPE_CHECKING:
    from embedded_aws.iam.call import ApiCall

BATCHES = {
    "SendMessageBatch": "SendMessage",
    "DeleteMessageBatch": "DeleteMessage",
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
}
KEY_USE = {"SendMessage": (DATA_KEY, DECRYPT), "ReceiveMessage": (DECRYPT,)}
MOVES = {"StartMessageMoveTask", "ListMessageMoveTasks"}


def needs(call: ApiCall) -> list[Need]:
    """Give the permissions that an SQS call needs."""
    body, operation = call.parameters, call.operation
    action = BATCHES.get(operation, operation)
    if operation == "ListQueues":
        return [Need("sqs:ListQueues", arn("sqs", call.region, "*"))]
    resource = _queue_arn(body, call)
    found = [Need(f"sqs:{action}", resource)]
    if operation == "StartMessageMoveTask":
        # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
        found += [
            Need("sqs:ReceiveMessage", resource),
            Need("sqs:DeleteMessage", resource),
            Need("sqs:GetQueueAttributes", resource),
        ]
        if body.get("DestinationArn"):
            found.append(Need("sqs:SendMessage", body["DestinationArn"]))
    queue = find_queue(resource)
    if queue is not None and action in KEY_USE:
        found += key_needs(queue.kms_master_key_id, call.region, "sqs", *KEY_USE[action])
    return found


def _queue_arn(body: dict[str, Any], call: ApiCall) -> str:
    if body.get("SourceArn") and call.operation in MOVES:
        return str(body["SourceArn"])
    if body.get("TaskHandle"):
        return "*"
    url = body.get("QueueUrl") or (call.request.path if call.request.path != "/" else "")
    name = body.get("QueueName") or str(url).rstrip("/").rpartition("/")[2]
    return arn("sqs", call.region, name or "*")


def find_queue(queue_arn: str) -> Any | None:
    """Find moto's queue by ARN."""
    parts = queue_arn.split(":")
    if len(parts) < 6:
        return None
    return sqs_backends[RUN.account][parts[3]].queues.get(parts[5])
