"""Events as they reach the processor, and what comes back."""

import json
from typing import Any
from urllib.parse import quote_plus

import boto3

from processor.events import ObjectCreated

from .conftest import VARIABLES


def eventbridge(created: ObjectCreated) -> dict[str, Any]:
    entry = {"key": created.key, "version-id": created.version_id}
    return {
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": created.bucket}, "object": entry, "reason": "PutObject"},
    }


def notification(*announced: ObjectCreated) -> dict[str, Any]:
    return {
        "Records": [
            {
                "eventSource": "aws:s3",
                "eventName": created.event_name,
                "s3": {
                    "bucket": {"name": created.bucket},
                    "object": {"key": quote_plus(created.key), "versionId": created.version_id},
                },
            }
            for created in announced
        ]
    }


def message(number: int, body: Any, receives: int = 1) -> dict[str, Any]:
    return {
        "messageId": f"m{number}",
        "receiptHandle": f"r{number}",
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": {"ApproximateReceiveCount": str(receives)},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:111122223333:serverless-data-processing-dev",
    }


def failed(answer: dict[str, Any]) -> list[str]:
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


def waiting(variable: str) -> list[dict[str, Any]]:
    """Receive what is in a queue."""
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName=VARIABLES[variable].rpartition("/")[2])["QueueUrl"]
    answer = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=0
    )
    found: list[dict[str, Any]] = answer.get("Messages", [])
    return found
