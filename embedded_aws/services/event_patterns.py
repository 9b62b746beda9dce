"""The pattern language of EventBridge rules.

Stands in for `moto.events.models.EventPattern.matches_event` and `EventPatternParser`: moto takes 1
for true, knows no objects inside arrays, and accepts operators that do not exist.

Source: EventBridge User Guide, "Comparison operators for use in event patterns" and "Event patterns
in EventBridge" (arrays, empty strings, null).
"""

from __future__ import annotations

import ipaddress
import json
import operator
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from moto.events.exceptions import InvalidEventPatternException
from moto.events.models import EventPattern, EventPatternParser

from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable

_ABSENT = object()
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}
_OPERATORS = frozenset(
    {
        "anything-but",
        "cidr",
        "equals-ignore-case",
        "exists",
        "numeric",
        "prefix",
        "suffix",
        "wildcard",
    }
)


def matches(pattern: dict[str, Any], event: Any) -> bool:
    """Say whether an event matches a pattern; every field of the pattern must match."""
    if isinstance(event, list):
        return any(matches(pattern, element) for element in event)
    fields = event if isinstance(event, dict) else {}
    for name, wanted in pattern.items():
        if name == "$or" and isinstance(wanted, list):
            if not any(matches(alternative, event) for alternative in wanted):
                return False
        elif isinstance(wanted, dict):
            if not matches(wanted, fields.get(name, {})):
                return False
        elif not any(_field_matches(rule, fields.get(name, _ABSENT)) for rule in wanted):
            return False
    return True


def _field_matches(rule: Any, value: Any) -> bool:
    if isinstance(rule, dict) and "exists" in rule:
        return (value is not _ABSENT and not isinstance(value, dict)) is bool(rule["exists"])
    if value is _ABSENT or isinstance(value, dict):
        return False
    values = value if isinstance(value, list) else [value]
    return any(_value_matches(rule, element) for element in values)


def _value_matches(rule: Any, value: Any) -> bool:
    if not isinstance(rule, dict):
        return type(rule) is type(value) and bool(rule == value)
    ((name, argument),) = rule.items()
    return _MATCHERS[name](argument, value)


def _any_of(argument: Any, test: Callable[[Any], bool]) -> bool:
    return any(test(entry) for entry in (argument if isinstance(argument, list) else [argument]))


def _prefix(argument: Any, value: Any) -> bool:
    if not isinstance(value, str):
        return False
    if isinstance(argument, dict):
        return _any_of(
            argument["equals-ignore-case"], lambda text: value.lower().startswith(text.lower())
        )
    return _any_of(argument, value.startswith)


def _suffix(argument: Any, value: Any) -> bool:
    if not isinstance(value, str):
        return False
    if isinstance(argument, dict):
        return _any_of(
            argument["equals-ignore-case"], lambda text: value.lower().endswith(text.lower())
        )
    return _any_of(argument, value.endswith)


def _equals_ignore_case(argument: Any, value: Any) -> bool:
    return isinstance(value, str) and _any_of(argument, lambda text: text.lower() == value.lower())


def _numeric(argument: list[Any], value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return all(
        _COMPARISONS[comparison](value, number)
        for comparison, number in zip(argument[::2], argument[1::2], strict=True)
    )


def _anything_but(argument: Any, value: Any) -> bool:
    if isinstance(argument, dict):
        return not _value_matches(argument, value)
    return not _any_of(argument, lambda entry: type(entry) is type(value) and entry == value)


def _cidr(argument: str, value: Any) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(argument)
    except (ValueError, TypeError):
        return False


def _wildcard(argument: Any, value: Any) -> bool:
    return isinstance(value, str) and _any_of(
        argument, lambda text: _expression(text).fullmatch(value) is not None
    )


@lru_cache(maxsize=1024)
def _expression(wildcard: str) -> re.Pattern[str]:
    parts = re.findall(r"\\[*\\]|\*|[^*\\]+|\\", wildcard)
    return re.compile(
        "".join(
            ".*"
            if part == "*"
            else re.escape(part[1:] if len(part) > 1 and part[0] == "\\" else part)
            for part in parts
        ),
        re.DOTALL,
    )


_MATCHERS: dict[str, Callable[[Any, Any], bool]] = {
    "anything-but": _anything_but,
    "cidr": _cidr,
    "equals-ignore-case": _equals_ignore_case,
    "numeric": _numeric,
    "prefix": _prefix,
    "suffix": _suffix,
    "wildcard": _wildcard,
}


def check(pattern: Any) -> None:
    """Raise moto's `InvalidEventPatternException` if EventBridge would refuse the pattern."""
    if not isinstance(pattern, dict):
        raise InvalidEventPatternException(reason="Filter is not an object")
    if not pattern:
        raise InvalidEventPatternException(reason="Empty objects are not allowed")
    for name, wanted in pattern.items():
        if name == "$or" and isinstance(wanted, list):
            for alternative in wanted:
                check(alternative)
        elif isinstance(wanted, dict):
            check(wanted)
        elif not isinstance(wanted, list):
            raise InvalidEventPatternException(reason=f"'{name}' must be an object or an array")
        elif not wanted:
            raise InvalidEventPatternException(reason="Empty arrays are not allowed")
        else:
            for rule in wanted:
                _check_rule(rule)


def _check_rule(rule: Any) -> None:
    if not isinstance(rule, dict):
        return
    if len(rule) != 1 or not _OPERATORS.issuperset(rule):
        raise InvalidEventPatternException(
            reason=f"Unrecognized match type {', '.join(map(str, rule))}"
        )
    ((name, argument),) = rule.items()
    if name == "exists" and not isinstance(argument, bool):
        raise InvalidEventPatternException(reason="exists match pattern must be true or false")
    if name == "numeric" and not _is_numeric(argument):
        raise InvalidEventPatternException(reason="Bad numeric range operator")
    if name == "wildcard" and _any_of(argument, lambda text: "**" in str(text)):
        raise InvalidEventPatternException(reason="Consecutive wildcard characters are not allowed")
    if name == "anything-but" and isinstance(argument, dict):
        _check_rule(argument)


def _is_numeric(argument: Any) -> bool:
    return (
        isinstance(argument, list)
        and len(argument) in {2, 4}
        and all(comparison in _COMPARISONS for comparison in argument[::2])
        and all(
            isinstance(number, int | float) and not isinstance(number, bool)
            for number in argument[1::2]
        )
    )


def _matches_event(_original: Callable[..., bool], pattern: EventPattern, event: Any) -> bool:
    return matches(pattern.get_pattern(), event)


def _parse(_original: Callable[..., Any], parser: EventPatternParser) -> dict[str, Any]:
    if not parser.pattern:
        return {}
    try:
        parsed: dict[str, Any] = json.loads(parser.pattern)
    except json.JSONDecodeError as wrong:
        raise InvalidEventPatternException(reason="Invalid JSON") from wrong
    check(parsed)
    return parsed


def install() -> None:
    """Match events our way."""
    stand_in(EventPattern, "matches_event", _matches_event)
    stand_in(EventPatternParser, "parse", _parse)
