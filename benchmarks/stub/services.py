"""Which service a request is for, and what the benchmark itself asks the stub."""

from __future__ import annotations

import json
from collections import deque
from hashlib import md5
from typing import Any

from benchmarks.stub.dynamodb import DynamoDB
from benchmarks.stub.http import Answer, Request, answer
from benchmarks.stub.s3 import s3_answer

CONTROL = "/-/"
"""Where the paths begin by which the benchmark speaks to its stub."""


class Services:
    """Answers every request.

    Parameters
    ----------
    records : int
        Numbers of records that may be put.
    """

    def __init__(self, records: int) -> None:
        self.dynamodb = DynamoDB(records)
        self._messages: deque[str] = deque()
        self._requests = 0

    def answer(self, request: Request) -> tuple[Answer, bool]:
        """Return an answer, and whether it takes the latency of a service."""
        target = request.header(b"x-amz-target")
        if target is not None:
            self._requests += 1
            service, _, operation = target.decode().partition(".")
            if service.startswith("DynamoDB"):
                return Answer(self.dynamodb.answer(operation, request)), True
            return Answer(_json(self._queue(operation, json.loads(request.body)))), True
        if request.path.startswith(CONTROL):
            return Answer(_json(self._control(request.path.removeprefix(CONTROL)))), False
        self._requests += 1
        return s3_answer(request), True

    def _queue(self, operation: str, call: dict[str, Any]) -> dict[str, Any]:
        """Keep what a function sends to its own queue; the benchmark delivers it."""
        if operation == "SendMessage":
            return self._send(call)
        if operation == "SendMessageBatch":
            return {
                "Successful": [{"Id": one["Id"], **self._send(one)} for one in call["Entries"]],
                "Failed": [],
            }
        return {}

    def _send(self, entry: dict[str, Any]) -> dict[str, Any]:
        self._messages.append(entry["MessageBody"])
        digest = md5(entry["MessageBody"].encode(), usedforsecurity=False).hexdigest()
        return {"MessageId": str(len(self._messages)), "MD5OfMessageBody": digest}

    def _control(self, command: str) -> dict[str, Any]:
        if command == "reset":
            self.dynamodb.reset()
            self._requests = 0
            return {}
        if command == "message":
            return {"body": self._messages.popleft() if self._messages else None}
        return {
            "distinct": self.dynamodb.distinct,
            "writes": self.dynamodb.writes,
            "requests": self._requests,
        }


def _json(content: object) -> bytes:
    body = json.dumps(content).encode()
    return answer(body, headers=b"Content-Type: application/x-amz-json-1.0\r\n")
