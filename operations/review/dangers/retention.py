"""What would be kept for a shorter time than it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from operations.review.changes import Change
from operations.review.dangers.model import Danger, Landscape, danger
from operations.review.values import UNKNOWN, leaves, text

# Attribute of any resource -> what is kept, and which values mean "for ever".
_PERIODS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "retention_in_days": ("logs", (0, None)),
    "message_retention_seconds": ("messages", ()),
    "recovery_period_in_days": ("points in time to recover", ()),
    "deletion_window_in_days": ("a deleted key, to bring it back,", ()),
    "recovery_window_in_days": ("a deleted secret, to bring it back,", ()),
    "backup_retention_period": ("backups", ()),
    "delete_after": ("recovery points", (None,)),
    "retention_period": ("records", ()),
    "retention_days": ("archived events", (0, None)),
    "maximum_record_age_in_seconds": ("records to retry", (-1,)),
    "maximum_event_age_in_seconds": ("events to retry", ()),
    "kafka_retention": ("records", ()),
}
_VARIABLE = re.compile(r"TTL|RETENTION|EXPIR|KEEP", re.IGNORECASE)
_UNTOLD = "what it will be cannot be told before the apply"


def find(change: Change, _landscape: Landscape) -> Iterator[Danger]:
    """Yield what is kept for a shorter time after the change."""
    if change.action not in ("update", "replace"):
        if change.action == "create" and change.kind == "aws_s3_bucket_lifecycle_configuration":
            yield from _new_lifecycle(change, _landscape)
        return
    for path, before, after in leaves(change.before, change.after):
        name = path[-1]
        place = ".".join(path)
        what = f"{place}: {text(before)} → {text(after)}"
        evidence = [place, text(before), text(after)]
        if name in _PERIODS and (after is not UNKNOWN or change.sets(*path)):
            kept, for_ever = _PERIODS[name]
            if after is UNKNOWN:
                yield danger("retention", change, what, _UNTOLD, evidence)
            elif _is_shorter(before, after, for_ever):
                yield danger("retention", change, what, f"{kept} are gone earlier", evidence)
        if "variables" in path and _VARIABLE.search(name) and _number(after) < _number(before):
            why = "what the function writes expires earlier"
            yield danger("retention", change, what, why, evidence)
    if change.kind == "aws_dynamodb_table":
        yield from _time_to_live(change)
    if change.kind == "aws_s3_bucket_lifecycle_configuration":
        yield from _lifecycle(change)


def _is_shorter(before: Any, after: Any, for_ever: tuple[Any, ...]) -> bool:
    if after in for_ever:
        return False
    return before in for_ever or (after is not None and _number(after) < _number(before))


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")  # less than nothing: no comparison is true


def _time_to_live(change: Change) -> Iterator[Danger]:
    old, new = (_block(each.get("ttl")) for each in (change.before, change.after))
    if not new.get("enabled"):
        return
    if not old.get("enabled") or old.get("attribute_name") != new.get("attribute_name"):
        name = text(new.get("attribute_name"))
        what = f"time to live by {name} would be turned on"
        why = f"items whose {name} has passed are deleted"
        yield danger("retention", change, what, why, ["ttl", old, new])


def _lifecycle(change: Change) -> Iterator[Danger]:
    yield from _earlier(change, _rules(change.before), _rules(change.after))


def _new_lifecycle(change: Change, landscape: Landscape) -> Iterator[Danger]:
    """Yield what the first lifecycle of a bucket that is there already deletes."""
    if not landscape.is_new(change):
        yield from _earlier(change, [], _rules(change.after))


def _earlier(
    change: Change, old: list[Mapping[str, Any]], new: list[Mapping[str, Any]]
) -> Iterator[Danger]:
    for rule in new:
        for expiry in _expiries(rule):
            former = [
                each
                for wide in old
                if _reach(wide, rule)
                for each in _expiries(wide)
                if each.what == expiry.what
            ]
            if any(each.is_within(expiry) for each in former):
                continue
            at_first = " or ".join(map(str, former)) or "never"
            what = f"rule {rule.get('id')}: {expiry.what}: {at_first} → {expiry}"
            why = "objects or their versions are deleted earlier"
            evidence = [dict(rule), expiry.what, at_first, str(expiry)]
            yield danger("retention", change, what, why, evidence)


def _rules(values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rules = values.get("rule")
    return [each for each in rules or [] if each.get("status") == "Enabled"] if rules else []


@dataclass(frozen=True)
class _Expiry:
    """What a lifecycle rule deletes after so many days, but for the newest of them."""

    what: str
    days: Any
    kept: int = 0

    def __str__(self) -> str:
        newest = f" but for the newest {self.kept}" if self.kept else ""
        return f"after {text(self.days)} days{newest}"

    def is_within(self, later: _Expiry) -> bool:
        """Tell whether the other one deletes nothing that this one does not delete by then."""
        known = later.days is not UNKNOWN and self.days is not UNKNOWN
        return known and _number(self.days) <= _number(later.days) and self.kept <= later.kept


def _expiries(rule: Mapping[str, Any]) -> Iterator[_Expiry]:
    current, old = (
        _block(rule.get(each)) for each in ("expiration", "noncurrent_version_expiration")
    )
    if current.get("days"):
        yield _Expiry("objects expire", current["days"])
    if current.get("date"):
        yield _Expiry(f"objects expire on {text(current['date'])}", 0)
    if old.get("noncurrent_days"):
        kept = old.get("newer_noncurrent_versions")
        yield _Expiry("old versions expire", old["noncurrent_days"], int(kept or 0))


def _reach(wide: Mapping[str, Any], narrow: Mapping[str, Any]) -> bool:
    """Tell whether a rule reaches every object that the other one reaches."""
    one, other = (_block(each.get("filter")) for each in (wide, narrow))
    old, new = ({k: v for k, v in each.items() if v} for each in (one, other))
    prefixes = (old.pop("prefix", "") or wide.get("prefix") or "", new.pop("prefix", "") or "")
    return str(prefixes[1] or narrow.get("prefix") or "").startswith(str(prefixes[0])) and (
        not old or old == new
    )


def _block(value: Any) -> Mapping[str, Any]:
    first = value[0] if isinstance(value, list) and value else value
    return first if isinstance(first, dict) else {}
