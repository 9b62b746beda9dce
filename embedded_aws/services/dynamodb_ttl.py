"""Time to live: items whose time is over are deleted when `delete_expired` is called.

Stands in for nothing of moto, which keeps the setting and never deletes. DynamoDB deletes "within a
few days of expiration" (Developer Guide, Using time to live), so nothing here runs on a timer: a
test, or the admin API, says when those days are over.
"""

from __future__ import annotations

import time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models import dynamodb_backends

from embedded_aws.services.dynamodb_changes import LOCK, items_of, put_at, record
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from collections.abc import Iterator

FIVE_YEARS = 5 * 365 * 86400
"""Seconds. "Items with an expiration timestamp older than five years are not deleted"."""


def delete_expired(now: float | None = None) -> int:
    """Delete what is expired in every table of every region that is up.

    Parameters
    ----------
    now
        Seconds since the epoch; the present time if None.

    Returns
    -------
    int
        How many items were deleted. Each is a REMOVE record in its stream whose `userIdentity` is
        the service; replicas of a global table get the deletion as an ordinary one.
    """
    moment = time.time() if now is None else now
    deleted = 0
    for region, backend in list(dynamodb_backends[RUN.account].items()):
        if RUN.is_down(region):
            continue
        for table in list(backend.tables.values()):
            with LOCK:
                for item in list(_expired(table, moment)):
                    put_at(table, item.hash_key, item.range_key, None)
                    record(table, item, None, by_ttl=True)
                    deleted += 1
    return deleted


def _expired(table: Any, now: float) -> Iterator[Any]:
    if table.ttl.get("TimeToLiveStatus") != "ENABLED":
        return
    name = table.ttl["AttributeName"]
    for item in items_of(table):
        value = item.attrs.get(name)
        if value is None or value.type != "N":
            continue
        try:
            expires = Decimal(value.value)
        except InvalidOperation:
            continue
        if now - FIVE_YEARS <= expires <= now:
            yield item
