"""DynamoDB Streams: what a shard holds and how it is read.

Stands in for
- `StreamShard` (`get`, and what `add` did): records keep references to items that change later,
  name us-east-1 as every region and carry wrong sequence numbers once records were dropped;
- `ShardIterator` and `DynamoDBStreamsBackend.get_records`: every poll left an iterator in memory
  for ever. Here an iterator says itself where it stands;
- `Table.set_stream_specification`: a label ends in microseconds, AWS's in milliseconds.
"""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError
from moto.core.utils import utcnow
from moto.dynamodb.models.table import StreamShard, Table
from moto.dynamodbstreams.models import DynamoDBStreamsBackend

from embedded_aws.services.dynamodb_changes import Change, listen
from embedded_aws.services.dynamodb_items import image, size_of, wire
from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_RECORDS = 1000
MAX_BYTES = 1024 * 1024
FIRST_SEQUENCE_NUMBER = 10**20  # sequence numbers have 21 to 40 digits

TTL_IDENTITY = {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
"""Developer Guide, Working with DynamoDB Streams and TTL."""


class StreamRecord:
    """One record of a stream, rendered when it is read."""

    def __init__(self, change: Change, view_type: str, sequence_number: int) -> None:
        self.change = change
        self.view_type = view_type
        self.sequence_number = sequence_number
        self.event_id = uuid.uuid4().hex

    def to_json(self) -> dict[str, Any]:
        """Return the record in the form of GetRecords."""
        change, table = self.change, self.change.table
        hash_key, range_key = change.key
        keys = {table.hash_key_attr: wire(hash_key)}
        if range_key is not None:
            keys[table.range_key_attr] = wire(range_key)
        written = datetime.fromtimestamp(change.written // 10**9, UTC)
        content: dict[str, Any] = {
            "ApproximateCreationDateTime": written,
            "Keys": keys,
            "SequenceNumber": str(self.sequence_number),
            "SizeBytes": self.size(),
            "StreamViewType": self.view_type,
        }
        if change.new is not None and self.view_type in {"NEW_IMAGE", "NEW_AND_OLD_IMAGES"}:
            content["NewImage"] = image(change.new)
        if change.old is not None and self.view_type in {"OLD_IMAGE", "NEW_AND_OLD_IMAGES"}:
            content["OldImage"] = image(change.old)
        record = {
            "eventID": self.event_id,
            "eventName": self.event_name,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": table.region_name,
            "dynamodb": content,
        }
        if change.by_ttl:
            record["userIdentity"] = dict(TTL_IDENTITY)
        return record

    @property
    def event_name(self) -> str:
        """INSERT, MODIFY or REMOVE."""
        if self.change.old is None:
            return "INSERT"
        return "REMOVE" if self.change.new is None else "MODIFY"

    def size(self) -> int:
        """Return the bytes of the images."""
        return sum(
            len(name) + size_of(value)
            for item in (self.change.old, self.change.new)
            if item is not None
            for name, value in item.attrs.items()
        )


@dataclass(frozen=True)
class Position:
    """Where an iterator stands: the sequence number that it reads next."""

    stream_arn: str
    next_number: int

    def token(self) -> str:
        """Return the iterator as AWS hands it out: the stream's ARN, a bar, and the rest."""
        inner = json.dumps({"next": self.next_number, "id": uuid.uuid4().hex})
        return f"{self.stream_arn}|1|{base64.b64encode(inner.encode()).decode()}"

    @classmethod
    def of(cls, token: str) -> Position:
        """Read an iterator back; a wrong one is a ValidationException."""
        try:
            stream_arn, _, inner = token.split("|")
            return cls(stream_arn, int(json.loads(base64.b64decode(inner))["next"]))
        except (ValueError, KeyError, binascii.Error) as wrong:
            raise JsonRESTError("ValidationException", "Invalid ShardIterator") from wrong


@dataclass(frozen=True)
class Iterator:
    """What moto's handler asks a shard iterator for."""

    arn: str


def _append(change: Change) -> None:
    shard = change.table.stream_shard
    specification = change.table.stream_specification or {}
    if shard is None or not specification.get("StreamEnabled"):
        return
    number = shard.items[-1].sequence_number + 1 if shard.items else FIRST_SEQUENCE_NUMBER
    shard.items.append(StreamRecord(change, specification["StreamViewType"], number))


def _set_specification(
    original: Callable[..., None], table: Table, specification: dict[str, Any] | None
) -> None:
    before = getattr(table, "latest_stream_label", None)
    original(table, specification)
    if table.latest_stream_label != before:
        table.latest_stream_label = utcnow().isoformat(timespec="milliseconds")


def _shard_of(backend: DynamoDBStreamsBackend, stream_arn: str) -> StreamShard:
    table_name, _, label = stream_arn.split(":", 5)[5].removeprefix("table/").partition("/stream/")
    table = backend.dynamodb.tables.get(table_name)
    if table is None or table.stream_shard is None or table.latest_stream_label != label:
        raise JsonRESTError(
            "ResourceNotFoundException", f"Requested resource not found: Stream: {stream_arn}"
        )
    return table.stream_shard


def _describe_stream(
    original: Callable[..., Any], backend: DynamoDBStreamsBackend, arn: str
) -> dict[str, Any]:
    _shard_of(backend, arn)
    description: dict[str, Any] = original(backend, arn)
    return description


def _get_shard_iterator(
    _original: Callable[..., Any],
    backend: DynamoDBStreamsBackend,
    arn: str,
    shard_id: str,
    shard_iterator_type: str,
    sequence_number: int | None = None,
) -> Iterator:
    shard = _shard_of(backend, arn)
    if shard.id != shard_id:
        raise JsonRESTError(
            "ResourceNotFoundException", f"Requested resource not found: Shard: {shard_id}"
        )
    last = shard.items[-1].sequence_number if shard.items else FIRST_SEQUENCE_NUMBER - 1
    if shard_iterator_type == "TRIM_HORIZON":
        number = FIRST_SEQUENCE_NUMBER
    elif shard_iterator_type == "LATEST":
        number = last + 1
    elif sequence_number is None:
        raise JsonRESTError(
            "ValidationException", f"SequenceNumber is required for {shard_iterator_type}"
        )
    else:
        number = int(sequence_number) + (shard_iterator_type == "AFTER_SEQUENCE_NUMBER")
    return Iterator(Position(arn, number).token())


def _get_records(
    _original: Callable[..., Any], backend: DynamoDBStreamsBackend, iterator_arn: str, limit: int
) -> dict[str, Any]:
    position = Position.of(iterator_arn)
    shard = _shard_of(backend, position.stream_arn)
    start = bisect_left(shard.items, position.next_number, key=lambda held: held.sequence_number)
    records: list[dict[str, Any]] = []
    size, number = 0, position.next_number
    for held in shard.items[start : start + min(limit, MAX_RECORDS)]:
        size += held.size()
        if records and size > MAX_BYTES:
            break
        records.append(held.to_json())
        number = held.sequence_number + 1
    return {
        "Records": records,
        "NextShardIterator": Position(position.stream_arn, number).token(),
    }


def _shard_to_json(_original: Callable[..., Any], shard: StreamShard) -> dict[str, Any]:
    return {
        "ShardId": shard.id,
        "SequenceNumberRange": {"StartingSequenceNumber": str(FIRST_SEQUENCE_NUMBER)},
    }


def install() -> None:
    """Record and read streams our way."""
    listen(_append)
    stand_in(Table, "set_stream_specification", _set_specification)
    stand_in(StreamShard, "to_json", _shard_to_json)
    stand_in(DynamoDBStreamsBackend, "describe_stream", _describe_stream)
    stand_in(DynamoDBStreamsBackend, "get_shard_iterator", _get_shard_iterator)
    stand_in(DynamoDBStreamsBackend, "get_records", _get_records)
