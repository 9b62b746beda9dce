"""EventBridge event patterns: whether one matches every event that another one matches.

EventBridge User Guide, "Creating Amazon EventBridge event patterns": fields are joined by AND, the
values of a field by OR.
"""

from __future__ import annotations

from typing import Any

from operations.review.policies.patterns import covers
from operations.review.values import dumped


def matches_all_of(wide: Any, narrow: Any) -> bool:
    """Tell whether a pattern matches every event that another one matches.

    What is not known here to be wider counts as narrower.
    """
    if wide == narrow:
        return True
    if not isinstance(wide, dict) or not isinstance(narrow, dict):
        return False
    if "$or" in wide or "$or" in narrow:
        return dumped(wide) == dumped(narrow)
    return all(key in narrow and _field(wide[key], narrow[key]) for key in wide)


def _field(wide: Any, narrow: Any) -> bool:
    if isinstance(wide, dict):
        return matches_all_of(wide, narrow)
    if not isinstance(wide, list) or not isinstance(narrow, list):
        return False
    return all(any(_value(one, other) for one in wide) for other in narrow)


def _value(wide: Any, narrow: Any) -> bool:
    if dumped(wide) == dumped(narrow):
        return True
    if wide == {"exists": True}:
        return bool(narrow != {"exists": False})
    outer, inner = _as_pattern(wide), _as_pattern(narrow)
    return outer is not None and inner is not None and covers(outer, inner)


def _as_pattern(value: Any) -> str | None:
    """Return a value as a pattern with ``*``; None for what is none, such as numbers."""
    if isinstance(value, str):
        return None if set(value) & {"*", "?"} else value
    if isinstance(value, dict) and len(value) == 1:
        ((kind, given),) = value.items()
        if not isinstance(given, str) or "?" in given:
            return None
        if kind == "wildcard":
            return given
        if "*" not in given:
            return {"prefix": f"{given}*", "suffix": f"*{given}"}.get(kind)
    return None
