"""The rule by which two objects that carry the same record key are reconciled (row A7).

The higher rank wins: ``<LastModified>#<versionId>#<position>``, compared as text. Records are
written by plain puts, and the replicas of a global table are reconciled by the time of the write
("How DynamoDB global tables work", Amazon DynamoDB Developer Guide); neither knows the rank. What
has both is the stream of each replica: the item that was there and the item that replaced it,
whether it was written here or came by replication. So whoever reads that stream puts a higher rank
back where a lower one replaced it, under the condition that what is there then is still lower.

Why both regions end with the highest rank: it was written in some region, and there it can only
disappear by a change that the region's stream shows; that change brings it back, as the latest
write, which replication then takes to the other region. Why that ends: a repair replaces only what
is lower than itself, so a repair can cause another one only of a higher rank.

Nothing here asks for the time or for AWS, and a record without a conflict costs one comparison.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from shared.records import WireItem


@dataclass(frozen=True)
class Repair:
    """An item that was replaced by one of lower rank, to be put back.

    Parameters
    ----------
    key : str
        Of the item, as JSON.
    item : WireItem
        As it was.
    rank : str
        Its rank.
    sequence_number : str
        Of the change that replaced it: from there the stream has to deliver again when the repair
        fails.
    """

    key: str
    item: WireItem
    rank: str
    sequence_number: str

    @property
    def condition(self) -> dict[str, Any]:
        """Return the condition of the put, in the parameters of PutItem.

        A comparison with an attribute that is not there is false: neither an item that was deleted
        meanwhile nor one that somebody else wrote, without a rank, is replaced.
        """
        return {
            "ConditionExpression": "#rank < :rank",
            "ExpressionAttributeNames": {"#rank": "rank"},
            "ExpressionAttributeValues": {":rank": {"S": self.rank}},
        }


def repairs(records: Iterable[dict[str, Any]]) -> list[Repair]:
    """Return what has to be put back after a batch of a stream, at most one item per key.

    Parameters
    ----------
    records : iterable of dict
        Of a DynamoDB stream event, in its order, which is the order of changes of each item.

    Notes
    -----
    Of several changes of a key the highest item that was replaced counts, unless the batch shows
    that one as high came after it. A deletion, by whomever, and a write of an item without rank
    stand: what was there before them is not put back.
    """
    lost: dict[str, Repair] = {}
    for record in records:
        images = record.get("dynamodb") or {}
        old, new = _rank(images.get("OldImage")), _rank(images.get("NewImage"))
        is_lowered = old is not None and new is not None and old > new
        if not is_lowered and not lost:
            continue
        key = msgspec.json.encode(images.get("Keys"), order="deterministic").decode()
        highest = lost.get(key)
        if old is not None and is_lowered:
            if highest is None or old >= highest.rank:
                item = _wire_item(images["OldImage"])
                lost[key] = Repair(key, item, old, str(images.get("SequenceNumber", "")))
        elif highest is not None and (new is None or new >= highest.rank):
            del lost[key]
    return list(lost.values())


def _rank(image: Any) -> str | None:
    match image:
        case {"rank": {"S": str(rank)}}:
            return rank
    return None


def _wire_item(image: dict[str, Any]) -> WireItem:
    """Return an image as PutItem takes it: an event carries binary values as base64 text."""
    return {name: _wire_value(value) for name, value in image.items()}


def _wire_value(value: Any) -> Any:
    match value:
        case {"B": str(text)}:
            return {"B": base64.b64decode(text)}
        case {"BS": list(texts)}:
            return {"BS": [base64.b64decode(text) for text in texts]}
        case {"M": dict(members)}:
            return {"M": _wire_item(members)}
        case {"L": list(elements)}:
            return {"L": [_wire_value(element) for element in elements]}
    return value
