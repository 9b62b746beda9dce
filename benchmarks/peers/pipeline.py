"""The processor, through its handler, as the event source mapping of the queue calls it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from benchmarks.peers import BUCKET
from benchmarks.stub.running import ask
from processor.handler import handler

_SECONDS = 900  # the longest that Lambda lets a function work


@dataclass
class _Context:
    """What the handler uses of the runtime's context."""

    function_name: str = "serverless-data-processor-bench"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = (
        "arn:aws:lambda:us-east-1:111122223333:function:serverless-data-processor-bench"
    )
    aws_request_id: str = field(default_factory=lambda: str(uuid4()))

    def get_remaining_time_in_millis(self) -> int:
        return _SECONDS * 1000


def process(key: str) -> None:
    """Process an object, and whatever the function leaves to further invocations."""
    bodies = [json.dumps(_announcement(key))]
    while bodies:
        answer = handler(_batch(bodies.pop()), _Context())
        if answer["batchItemFailures"]:
            raise RuntimeError(f"the processor failed on {key}; its log says why")
        while (body := ask(os.environ["AWS_ENDPOINT_URL"], "message")["body"]) is not None:
            bodies.append(body)


def _announcement(key: str) -> dict[str, Any]:
    """Return EventBridge's event; every call stands for a version of its own."""
    entry = {"key": key, "version-id": "benchmark-version"}
    detail = {"bucket": {"name": BUCKET}, "object": entry, "reason": "PutObject"}
    return {"detail-type": "Object Created", "source": "aws.s3", "detail": detail}


def _batch(body: str) -> dict[str, Any]:
    message = {
        "messageId": str(uuid4()),
        "receiptHandle": "receipt",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"},
        "eventSource": "aws:sqs",
    }
    return {"Records": [message]}
