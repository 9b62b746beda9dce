"""The items of the processed-data table: a pure function of the object version.

No clock, no region, nothing random: whoever processes the object writes the same bytes. Only where
a rejected record stands in the quarantine depends on how invocations have cut the object.
"""

import hashlib
from datetime import timedelta
from zlib import crc32

import msgspec

from shared.datasets import Dataset
from shared.objects import ObjectVersion
from shared.quarantine import quarantine_key
from shared.records import Reason, Rejection, StoredItem, WireItem

PROCESSED = "PROCESSED"
REJECTED = "REJECTED"

STATUS_SHARDS = 8
"""Shards of the status index: 1,000 write units per second each, a GSI's partition limit."""

POSITION_DIGITS = 17
"""Of a position in a rank, so that ranks sort as text: S3's largest object has 50 TB ("Amazon S3
objects overview"), and DEFLATE makes at most 1,032 bytes of one."""

_ENCODE = msgspec.json.Encoder().encode
_STORED = (
    b'{"recordId":{"S":%b},"timestamp":{"S":"%b"},"position":{"N":"%b"},"rank":{"S":"%b%b"},'
    b'"data":{"M":%b},%b'
)
_REASONS_SHOWN = 10
_SHOWN = 500  # characters of a reason's pointer and of its message


def shard_of(record_id: str, shards: int = STATUS_SHARDS) -> int:
    """Return the shard of the status index that a record belongs to, of so many shards."""
    return crc32(record_id.encode()) % shards


class ItemBuilder:
    """Makes the items of one object version.

    The TTL attribute ``expiresAt`` counts from the object's LastModified, not from the record's
    timestamp: an upload of old data would otherwise expire at once, which nobody means who says
    "keep it for a year".

    Parameters
    ----------
    dataset : Dataset
        What the object belongs to.
    version : ObjectVersion
        The object.
    shards : int
        Shards of the status index.
    """

    def __init__(
        self, dataset: Dataset, version: ObjectVersion, shards: int = STATUS_SHARDS
    ) -> None:
        self._dataset = dataset.name
        self._version = version
        self._shards = shards
        self._rank_prefix = f"{version.modified_text}#{version.version_id}#"
        self._constant: WireItem = {
            "dataset": {"S": dataset.name},
            "objectId": {"S": version.object_id},
        }
        if dataset.retention_days is not None:
            expiry = version.last_modified + timedelta(days=dataset.retention_days)
            self._constant["expiresAt"] = {"N": str(int(expiry.timestamp()))}
        # What the items of a shard have in common, as it stands at their end.
        self._ends = [_ENCODE(self._of_shard(PROCESSED, shard))[1:] for shard in range(shards)]
        self._rank_begin = _ENCODE(self._rank_prefix)[1:-1]

    def stored_item(
        self, record_id: str, timestamp: str, position: int, line: int, data: WireItem
    ) -> StoredItem:
        """Make the item of a valid record.

        Parameters
        ----------
        record_id, timestamp : str
            Its key.
        position, line : int
            Where the record begins: byte offset in the object, and line.
        data : dict
            The record in wire form (`shared.wire.wire_map`).
        """
        place = b"%d" % position
        encoded = _STORED % (
            _ENCODE(record_id),
            timestamp.encode(),
            place,
            self._rank_begin,
            place.zfill(POSITION_DIGITS),
            _ENCODE(data),
            self._ends[crc32(record_id.encode()) % self._shards],
        )
        return StoredItem(record_id, timestamp, encoded, position, line)

    def rejected_item(
        self, rejection: Rejection, quarantine_line: int, begin: int = 0
    ) -> StoredItem:
        """Make the small item that stands for a rejected record.

        Its first reasons are in it, shortened; all of them, and the record, are in the quarantine.

        Parameters
        ----------
        rejection : Rejection
            The record.
        quarantine_line : int
            Number of its line, from 1, in the quarantine object.
        begin : int
            Which of the quarantine objects of this object version it is (`quarantine_key`).
        """
        digest = hashlib.sha256(self._version.object_id.encode()).hexdigest()[:32]
        record_id = f"{self._dataset}#rejected#{digest}#{rejection.position}"
        timestamp = self._version.modified_text
        shown = rejection.reasons[:_REASONS_SHOWN]
        place = str(rejection.position)
        item: WireItem = {
            "recordId": {"S": record_id},
            "timestamp": {"S": timestamp},
            "position": {"N": place},
            "rank": {"S": self._rank_prefix + place.zfill(POSITION_DIGITS)},
            "line": {"N": str(rejection.line)},
            "reasons": {"L": [_wire_reason(reason) for reason in shown]},
            "reasonCount": {"N": str(len(rejection.reasons))},
            "quarantineKey": {"S": quarantine_key(self._version, begin)},
            "quarantineLine": {"N": str(quarantine_line)},
            **self._of_shard(REJECTED, shard_of(record_id, self._shards)),
        }
        return StoredItem(record_id, timestamp, _ENCODE(item))

    def _of_shard(self, status: str, shard: int) -> WireItem:
        return {
            "status": {"S": status},
            "statusKey": {"S": f"{self._dataset}#{status}#{shard}"},
            **self._constant,
        }


def _wire_reason(reason: Reason) -> WireItem:
    return {
        "M": {
            "pointer": {"S": _shortened(reason.pointer)},
            "message": {"S": _shortened(reason.message)},
        }
    }


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
