"""The items that the peers write: the same as the pipeline's, in the form of boto3's resources."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from zlib import crc32

_MODIFIED = "2026-11-20T09:00:00.000000Z"
_VERSION = "benchmark-version"
_SHARDS = 8


def records(body: bytes) -> list[tuple[int, dict[str, Any]]]:
    """Parse a whole body of JSON Lines into records, each with the offset of its line.

    DynamoDB has no floats: boto3 takes `Decimal` alone, as every sample for it does.
    """
    found = []
    position = 0
    for line in body.decode().splitlines():
        found.append((position, json.loads(line, parse_float=Decimal)))
        position += len(line) + 1
    return found


def item(key: str, position: int, record: dict[str, Any]) -> dict[str, Any]:
    """Return the item of a record."""
    record_id = f"events#{record['id']}"
    return {
        "recordId": record_id,
        "timestamp": f"{record['time'][:19]}.000000Z",
        "status": "PROCESSED",
        "statusKey": f"events#PROCESSED#{crc32(record_id.encode()) % _SHARDS}",
        "dataset": "events",
        "objectId": f"events/{key}#{_VERSION}",
        "position": position,
        "rank": f"{_MODIFIED}#{_VERSION}#{position:017}",
        "data": record,
    }
