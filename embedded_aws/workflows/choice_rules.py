"""The rules of Choice states: every comparison operator, And, Or and Not.

Source: Step Functions Developer Guide, "Choice workflow state".
"""

from __future__ import annotations

import operator
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from embedded_aws.workflows import intrinsics, json_paths
from embedded_aws.workflows.errors import RUNTIME, StateError

if TYPE_CHECKING:
    from collections.abc import Callable

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


def moment(value: Any) -> datetime | None:
    """Return a timestamp of RFC 3339 as a moment; None when it is none."""
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00")).astimezone(UTC)
    except ValueError:
        return None


def is_number(value: Any) -> bool:
    """Say whether a value is a number of JSON."""
    return isinstance(value, int | float) and not isinstance(value, bool)


_KINDS: dict[str, Callable[[Any], Any]] = {
    "String": lambda value: value if isinstance(value, str) else None,
    "Numeric": lambda value: value if is_number(value) else None,
    "Boolean": lambda value: value if isinstance(value, bool) else None,
    "Timestamp": moment,
}
COMPARISONS: dict[str, tuple[str, str]] = {
    f"{kind}{order}{suffix}": (kind, order)
    for kind in _KINDS
    for order in (_ORDERS if kind != "Boolean" else ("Equals",))
    for suffix in ("", "Path")
}
"""Each operator with its kind of value and its order."""
TESTS: dict[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsString": lambda value: isinstance(value, str),
    "IsNumeric": is_number,
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsTimestamp": lambda value: moment(value) is not None,
}
OPERATORS = {*COMPARISONS, *TESTS, "IsPresent", "StringMatches"}


def holds(rule: dict[str, Any], value: Any, context: Any) -> bool:
    """Say whether a rule holds for an input.

    Raises
    ------
    StateError
        `States.Runtime`: a path of it leads nowhere.
    """
    if "And" in rule:
        return all(holds(each, value, context) for each in rule["And"])
    if "Or" in rule:
        return any(holds(each, value, context) for each in rule["Or"])
    if "Not" in rule:
        return not holds(rule["Not"], value, context)
    return _compare(rule, value, context)


def _compare(rule: dict[str, Any], value: Any, context: Any) -> bool:
    name = next(key for key in rule if key in OPERATORS)
    wanted = rule[name]
    if name == "IsPresent":
        return _is_present(rule["Variable"], value, context) == bool(wanted)
    variable = _value(rule["Variable"], value, context)
    if name in TESTS:
        return TESTS[name](variable) == bool(wanted)
    if name == "StringMatches":
        return isinstance(variable, str) and bool(_pattern(wanted).fullmatch(variable))
    if name.endswith("Path"):
        wanted = _value(wanted, value, context)
    kind, order = COMPARISONS[name]
    left, right = _KINDS[kind](variable), _KINDS[kind](wanted)
    return left is not None and right is not None and bool(_ORDERS[order](left, right))


def _is_present(path: str, value: Any, context: Any) -> bool:
    try:
        found = intrinsics.parse(path)(value, context)
    except json_paths.PathError:
        return False
    return found != [] or json_paths.parse(path.replace("$$", "$", 1)).definite


def _value(path: str, value: Any, context: Any) -> Any:
    try:
        return intrinsics.parse(path)(value, context)
    except json_paths.PathError as missing:
        raise StateError(
            RUNTIME,
            f"Invalid path '{path}': The choice state's condition path references an invalid "
            "value.",
        ) from missing


@lru_cache(1024)
def _pattern(text: str) -> re.Pattern[str]:
    r"""Return the pattern: `*` is anything, `\*` a star, `\\` a backslash."""
    parts = re.findall(r"\\.|\*|[^\\*]+|\\", text, re.DOTALL)
    return re.compile(
        "".join(
            ".*" if part == "*" else re.escape(part[1:] if part[:1] == "\\" else part)
            for part in parts
        ),
        re.DOTALL,
    )
