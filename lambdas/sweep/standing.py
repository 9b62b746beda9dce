"""What the ledger's items say of an object version: finished, the other region's, or neither.

The sort key of an item is a region, or for the part of an object that was split
``<region>#<part>``.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

Item = dict[str, Any]


def is_settled(own: Item | None) -> bool:
    """Whether this region has nothing left to do with the version, by its own item.

    COMPLETED and FAILED without ``retryable`` are final.
    """
    if own is None:
        return False
    status = own["status"]["S"]
    is_retryable = own.get("retryable", {}).get("BOOL", False)
    return status == "COMPLETED" or (status == "FAILED" and not is_retryable)


def is_copy(item: Item | None) -> bool:
    """Whether a region has left the version to the one from whose bucket it was copied.

    That one's sweep finds the original. What it does not know was copied from somewhere else.
    """
    return item is not None and item["status"]["S"] == "COPY"


def is_stored(items: Iterable[Item]) -> bool:
    """Whether any region has stored the version's records, in the table of both.

    A FAILED of the other region does not count: its bucket may never have had the version.
    """
    return any(
        item["status"]["S"] == "COMPLETED" and "#" not in item["region"]["S"] for item in items
    )


def last_change(items: Iterable[Item], region: str) -> float:
    """Return when the last of a region's items changed, in epoch seconds; 0 without any.

    A claim counts until it expires, which is in the future as long as an invocation may be at it.
    Then its message comes back: what changed lately is still in the queue.
    """
    moments = [0.0]
    for item in items:
        if item["region"]["S"].partition("#")[0] != region:
            continue
        if "claimExpiresAt" in item:
            moments.append(float(item["claimExpiresAt"]["N"]))
        if "completedAt" in item:
            moments.append(datetime.fromisoformat(item["completedAt"]["S"]).timestamp())
    return max(moments)
