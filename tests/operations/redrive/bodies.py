"""What AWS and the pipeline put into dead-letter queues, in the form of their documents."""

import json
from typing import Any
from urllib.parse import quote_plus

BUCKET = "serverless-data-ingestion-dev-111122223333-us-east-1"


def announcement(key: str, version: str, part: int | None = None) -> dict[str, Any]:
    """The pipeline's own message."""
    told = {"bucket": BUCKET, "key": key, "versionId": version, "eventName": "ObjectCreated:Sweep"}
    return {"announcement": {**told, **({} if part is None else {"part": part})}}


def eventbridge_event(key: str, version: str) -> dict[str, Any]:
    """Amazon S3 User Guide, "EventBridge event message structure"."""
    return {
        "version": "0",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "region": "us-east-1",
        "detail": {
            "bucket": {"name": BUCKET},
            "object": {"key": key, "size": 5, "version-id": version},
            "reason": "PutObject",
        },
    }


def notification(key: str, version: str) -> dict[str, Any]:
    """Amazon S3 User Guide, "Event message structure": the key is URL-encoded."""
    described = {"key": quote_plus(key), "size": 5, "versionId": version}
    return {
        "Records": [
            {
                "eventSource": "aws:s3",
                "eventName": "ObjectCreated:Put",
                "s3": {"bucket": {"name": BUCKET}, "object": described},
            }
        ]
    }


def destination_record(event: dict[str, Any], error_type: str, message: str) -> dict[str, Any]:
    """AWS Lambda Developer Guide, "Capturing records of Lambda asynchronous invocations".

    Without an error: one that the function was never called with.
    """
    error = {"errorType": error_type, "errorMessage": message}
    called = {"responseContext": {"functionError": "Unhandled"}, "responsePayload": error}
    return {
        "version": "1.0",
        "requestContext": {
            "requestId": "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
            "condition": "RetriesExhausted" if error_type else "EventAgeExceeded",
            "approximateInvokeCount": 3,
        },
        "requestPayload": event,
        **(called if error_type else {}),
    }


def failed_batch(event_id: str) -> dict[str, Any]:
    """AWS Lambda Developer Guide, "Capturing discarded batches for a DynamoDB event source"."""
    return {
        "requestContext": {
            "requestId": "316aa6d0-8154-xmpl-9af7-85d5f4a6bc81",
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 1,
        },
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
        "DDBStreamBatchInfo": {"batchSize": 1},
        "payload": json.dumps({"Records": [{"eventID": event_id, "eventSource": "aws:dynamodb"}]}),
    }
