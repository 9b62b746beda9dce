"""Events of a DynamoDB stream, and a trail store whose moments of failure a test chooses."""

import hashlib
from collections.abc import Callable
from typing import Any

TABLE = "serverless-processed-data-dev"
STREAM = f"arn:aws:dynamodb:us-west-2:111122223333:table/{TABLE}/stream/2026-11-20T10:00:00.000"
BUCKET = "serverless-audit-trail-dev-111122223333-us-east-1"
ENVIRONMENT = {
    "AUDIT_BUCKET": BUCKET,
    "TABLE_NAME": TABLE,
    "AWS_REGION": "us-east-1",
    "POWERTOOLS_METRICS_NAMESPACE": "serverless",
    "POWERTOOLS_SERVICE_NAME": "stream-processor",
    "LOG_LEVEL": "INFO",
}


class Crash(BaseException):
    """The function's process died at this point."""


class MemoryTrail:
    """The conditional writes of S3, in memory.

    Parameters
    ----------
    interfere : callable
        Called around every access with its moment; may raise, or write something else.
    """

    def __init__(self, interfere: Callable[[str], None] = lambda moment: None) -> None:
        self.objects: dict[str, bytes] = {}
        self.interfere = interfere

    def create(self, key: str, content: bytes) -> bool:
        self.interfere("before")
        if key in self.objects:
            return False
        self.objects[key] = content
        self.interfere("after")
        return True

    def read(self, key: str) -> tuple[bytes, str]:
        found = self.objects[key], self._etag(key)
        self.interfere("after")
        return found

    def replace(self, key: str, content: bytes, etag: str) -> bool:
        self.interfere("before")
        if key not in self.objects or self._etag(key) != etag:
            return False
        self.objects[key] = content
        self.interfere("after")
        return True

    def _etag(self, key: str) -> str:
        return hashlib.sha256(self.objects[key]).hexdigest()


def stream_record(number: int, *, second: int = 0, **more: Any) -> dict[str, Any]:
    """A record as the event of a stream has it; `more` replaces members of it."""
    record: dict[str, Any] = {
        "eventID": f"{number:032x}",
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-west-2",
        "eventSourceARN": STREAM,
        "dynamodb": {
            "ApproximateCreationDateTime": 1_795_000_000 + second,
            "Keys": {"recordId": {"S": f"orders#{number}"}, "timestamp": {"S": "2026-01-01"}},
            "NewImage": {"recordId": {"S": f"orders#{number}"}, "total": {"N": "12.50"}},
            "SequenceNumber": str(10**20 + number),
            "SizeBytes": 60,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }
    return record | more
