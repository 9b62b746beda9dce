"""DynamoDB's answers: writes are counted and dropped, a few items of the ledger are kept."""

from __future__ import annotations

import json
import re
from typing import Any
from zlib import crc32

from benchmarks.stub.http import Request, answer

_KEY = re.compile(rb'"events#evt-(\d{8})"')
_ACTIONS = re.compile(r"\b(SET|ADD|REMOVE|DELETE)\b")
_ASSIGNMENT = re.compile(r"([#\w]+)\s*=\s*(?:if_not_exists\(\s*([#\w]+)\s*,\s*)?(:\w+)")
_TABLE = {
    "Table": {
        "TableName": "serverless-processed-data-bench",
        "TableStatus": "ACTIVE",
        "KeySchema": [
            {"AttributeName": "recordId", "KeyType": "HASH"},
            {"AttributeName": "timestamp", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": "recordId", "AttributeType": "S"},
            {"AttributeName": "timestamp", "AttributeType": "S"},
        ],
    }
}


def _ready(content: object) -> bytes:
    body = json.dumps(content, separators=(",", ":")).encode()
    headers = (
        b"x-amzn-RequestId: 0123456789ABCDEFGHIJKLMNOPQRSTUVVVV4KQNSO5AEMVJF66Q9ASUAAJG\r\n"
        b"x-amz-crc32: %d\r\nContent-Type: application/x-amz-json-1.0\r\n"
    ) % crc32(body)
    return answer(body, headers=headers)


_EMPTY = _ready({})
_ALL_PROCESSED = _ready({"UnprocessedItems": {}})
_DESCRIPTION = _ready(_TABLE)


class DynamoDB:
    """Answers, and notes which records were put.

    Parameters
    ----------
    records : int
        Numbers of records that may come; the bytes of memory that noting them takes.

    Attributes
    ----------
    writes : int
        Calls that put items, as far as they were counted.
    uncounted : int
        Bytes of writes that were answered and not looked into yet.
    """

    def __init__(self, records: int) -> None:
        self._seen = bytearray(records)
        self._waiting: list[bytes] = []
        self.uncounted = 0
        self._ledger: dict[str, dict[str, Any]] = {}
        self.writes = 0

    @property
    def distinct(self) -> int:
        """Records that were put, each counted once."""
        self.count()
        return sum(self._seen)

    def reset(self) -> None:
        """Forget what was put, and who processed what: the next run is a first one."""
        self._ledger.clear()
        self._waiting.clear()
        self.uncounted = 0
        self._seen = bytearray(len(self._seen))
        self.writes = 0

    def answer(self, operation: str, request: Request) -> bytes:
        """Return the answer to an operation, which was prepared where that is possible."""
        if operation in ("BatchWriteItem", "PutItem"):
            self._waiting.append(request.body)
            self.uncounted += len(request.body)
            return _ALL_PROCESSED if operation == "BatchWriteItem" else _EMPTY
        if operation == "UpdateItem":
            return _ready({"Attributes": self._update(json.loads(request.body))})
        if operation == "GetItem":
            item = self._ledger.get(_key_of(json.loads(request.body)))
            return _ready({} if item is None else {"Item": item})
        return _DESCRIPTION if operation == "DescribeTable" else _EMPTY

    def count(self) -> None:
        """Look into the writes that were answered."""
        seen = self._seen
        for body in self._waiting:
            self.writes += 1
            for number in map(int, _KEY.findall(body)):
                seen[number] = 1
        self._waiting.clear()
        self.uncounted = 0

    def _update(self, call: dict[str, Any]) -> dict[str, Any]:
        """Do an update without its condition: a benchmark's claims are never refused."""
        item = self._ledger.setdefault(_key_of(call), dict(call["Key"]))
        names: dict[str, str] = call.get("ExpressionAttributeNames", {})
        values: dict[str, Any] = call.get("ExpressionAttributeValues", {})
        parts = _ACTIONS.split(call.get("UpdateExpression", ""))
        for action, text in zip(parts[1::2], parts[2::2], strict=True):
            if action == "SET":
                for name, keep, value in _ASSIGNMENT.findall(text):
                    if not (keep and names.get(keep, keep) in item):
                        item[names.get(name, name)] = values[value]
            elif action == "ADD":
                for pair in text.split(","):
                    name, value = pair.split()
                    name = names.get(name, name)
                    item[name] = _sum(item.get(name), values[value])
            elif action == "REMOVE":
                for name in text.split(","):
                    item.pop(names.get(name.strip(), name.strip()), None)
        return item


def _sum(before: dict[str, Any] | None, added: dict[str, Any]) -> dict[str, Any]:
    """Return what ADD makes of a number, or of a set."""
    ((kind, value),) = added.items()
    if before is None:
        return added
    if kind == "N":
        return {kind: str(int(before[kind]) + int(value))}
    return {kind: sorted({*before[kind], *value})}


def _key_of(call: dict[str, Any]) -> str:
    return json.dumps([call["TableName"], call["Key"]], sort_keys=True)
