"""What happened to alarms: changes of their configuration and state, and actions.

Source: CloudWatch API reference, "AlarmHistoryItem". A region's last `MOST` items are kept, those
of deleted alarms, too.
"""

from __future__ import annotations

import json
from collections import defaultdict, deque
from datetime import UTC, datetime
from typing import Any

MOST = 5000

_items: defaultdict[str, deque[dict[str, Any]]] = defaultdict(lambda: deque(maxlen=MOST))


def add(alarm: Any, kind: str, summary: str, data: dict[str, Any]) -> None:
    """Note what happened to an alarm.

    Parameters
    ----------
    alarm
        moto's `Alarm`.
    kind
        `ConfigurationUpdate`, `StateUpdate` or `Action`.
    summary, data
        A sentence, and what a program reads.
    """
    _items[alarm.region_name].append(
        {
            "AlarmName": alarm.name,
            "AlarmType": "CompositeAlarm" if alarm.rule else "MetricAlarm",
            "Timestamp": datetime.now(UTC),
            "HistoryItemType": kind,
            "HistorySummary": summary,
            "HistoryData": json.dumps({"version": "1.0", **data}),
        }
    )


def of(region: str) -> list[dict[str, Any]]:
    """Return the items of a region, the oldest first."""
    return list(_items[region])


def forget() -> None:
    """Begin with no history."""
    _items.clear()
