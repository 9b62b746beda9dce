"""One change of the table: what the trail says of a stream record, and in which object."""

import hashlib
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from shared.timestamps import utc_text
from stream_processor.images import plain_item


class Change(NamedTuple):
    """A stream record, ready for the trail.

    Parameters
    ----------
    event_id : str
        DynamoDB's "globally unique identifier for the event" (API reference, `Record`).
    sequence_number : str
        What a partial batch failure names the record by.
    object_key : str
        The object of the trail that has the change: a function of the record alone.
    line : bytes
        The change as one JSON line, without the line feed.
    """

    event_id: str
    sequence_number: str
    object_key: str
    line: bytes


def change_of(record: dict[str, Any]) -> Change:
    """Return the change that a record of a DynamoDB stream event tells."""
    stream_record = record.get("dynamodb", {})
    event_id = record.get("eventID") or _content_hash(record)
    moment = _moment(stream_record.get("ApproximateCreationDateTime"))
    region, table = _source(record)
    told = {
        "eventID": event_id,
        "eventName": record.get("eventName"),
        "cause": _cause(record),
        "table": table,
        "region": region,
        "sequenceNumber": stream_record.get("SequenceNumber"),
        "approximateCreationDateTime": utc_text(moment) if moment else None,
        "keys": plain_item(stream_record.get("Keys") or {}),
        "oldImage": _image(stream_record, "OldImage"),
        "newImage": _image(stream_record, "NewImage"),
    }
    slice_name = f"{moment:%Y-%m-%d/%H/%M-%S}" if moment else "undated"
    return Change(
        event_id=event_id,
        sequence_number=str(stream_record.get("SequenceNumber", "")),
        object_key=f"audit/{table}/{slice_name}.jsonl",
        line=msgspec.json.encode(told),
    )


def _cause(record: dict[str, Any]) -> str:
    """Tell apart what a person or program removed and what the Time to Live process removed.

    "Working with expired items (TTL) and streams", Amazon DynamoDB Developer Guide: the service
    principal signs its deletions. The replicated deletion of an expired item carries no such
    identity in the other regions, where it is a deletion like any other.
    """
    if record.get("eventName") != "REMOVE":
        return "write"
    identity = record.get("userIdentity") or {}
    principal = identity.get("principalId", identity.get("PrincipalId"))
    return "expiry" if principal == "dynamodb.amazonaws.com" else "delete"


def _source(record: dict[str, Any]) -> tuple[str, str]:
    """Return region and table of ``arn:aws:dynamodb:<region>:<account>:table/<name>/...``."""
    arn = str(record.get("eventSourceARN", "")).split(":", 5)
    is_stream = len(arn) == 6 and arn[5].startswith("table/")
    if is_stream:
        return arn[3], arn[5].split("/")[1]
    return str(record.get("awsRegion", "")), "unknown"


def _image(stream_record: dict[str, Any], name: str) -> dict[str, Any] | None:
    image = stream_record.get(name)
    return None if image is None else plain_item(image)


def _moment(epoch_seconds: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(epoch_seconds), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _content_hash(record: dict[str, Any]) -> str:
    return hashlib.sha256(msgspec.json.encode(record, order="deterministic")).hexdigest()
