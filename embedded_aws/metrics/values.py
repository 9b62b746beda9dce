"""Values of metric math, and what operators and functions make of them.

A value is a number, a time series (values by time) or a list of time series. Source: CloudWatch
User Guide, "Using math expressions with CloudWatch metrics".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Series = dict[float, float]
Value = float | Series | list[Series]

_EACH: dict[str, Callable[[float], float]] = {"ABS": abs, "CEIL": math.ceil, "FLOOR": math.floor}


class ExpressionError(ValueError):
    """The expression is wrong, or uses what is not computed here."""


@dataclass(frozen=True)
class Surroundings:
    """What an expression can refer to.

    Parameters
    ----------
    values
        Metrics and results of other expressions by their id.
    metrics
        The ids among them that are metrics, in order.
    times
        All points in time that there are.
    period
        Seconds between them.
    """

    values: dict[str, Value]
    metrics: tuple[str, ...]
    times: Sequence[float]
    period: float


def wrong(message: str) -> NoReturn:
    """Say that an expression is wrong."""
    raise ExpressionError(message)


def all_series(value: Value) -> list[Series]:
    """Return the series of a value that must not be a number."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return [value]
    wrong("a list holds time series only")


def each(function: Callable[[float], float], value: Value) -> Value:
    """Apply a function to every number of a value."""
    if isinstance(value, list):
        return [{at: float(function(x)) for at, x in one.items()} for one in value]
    if isinstance(value, dict):
        return {at: float(function(x)) for at, x in value.items()}
    return float(function(value))


def combined(function: Callable[[float, float], float], left: Value, right: Value) -> Value:
    """Apply an operator: what one of two series lacks is 0, a division by zero drops the point."""
    if isinstance(left, list) and isinstance(right, list):
        wrong("two lists of time series cannot be combined")
    if isinstance(left, list):
        return [_of_two(function, one, right) for one in left]  # type: ignore[arg-type]
    if isinstance(right, list):
        return [_of_two(function, left, one) for one in right]
    if isinstance(left, dict) or isinstance(right, dict):
        return _of_two(function, left, right)
    try:
        return float(function(left, right))
    except (ZeroDivisionError, OverflowError, ValueError, TypeError) as problem:
        raise ExpressionError(f"it cannot be computed: {problem}") from problem


def _of_two(
    function: Callable[[float, float], float], left: float | Series, right: float | Series
) -> Series:
    times = sorted({at for one in (left, right) if isinstance(one, dict) for at in one})
    found: Series = {}
    for at in times:
        first = left.get(at, 0.0) if isinstance(left, dict) else left
        second = right.get(at, 0.0) if isinstance(right, dict) else right
        try:
            found[at] = float(function(first, second))
        except (ZeroDivisionError, OverflowError, ValueError, TypeError):
            continue
    return found


def call(name: str, arguments: list[Any], known: Surroundings) -> Value:
    """Call a function of metric math by its name."""
    function = _FUNCTIONS.get(name)
    if name in _EACH and len(arguments) == 1:
        return each(_EACH[name], arguments[0])
    if function is None:
        wrong(f"the function {name} is not computed here")
    try:
        return function(known, *arguments)
    except TypeError as problem:
        raise ExpressionError(f"{name} does not take these arguments") from problem


def _aggregated(combine: Callable[[list[float]], float]) -> Callable[..., Value]:
    """Return a function that makes a number of one series, and one series of several."""

    def function(_known: Surroundings, value: Value) -> Value:
        if isinstance(value, dict):
            return combine(list(value.values())) if value else 0.0
        if isinstance(value, float):
            return value
        times = sorted({at for one in value for at in one})
        return {at: combine([one[at] for one in value if at in one]) for at in times}

    return function


def _average(known: Surroundings, value: Value) -> Value:
    """Average; in a list of series, what one of them lacks is 0."""
    total = _aggregated(math.fsum)(known, value)
    if isinstance(value, list):
        return each(lambda x: x / len(value), total)
    return each(lambda x: x / max(len(value), 1), total) if isinstance(value, dict) else total


def _metrics(known: Surroundings, part: str = "") -> Value:
    return [one for name in known.metrics if part in name for one in all_series(known.values[name])]


def _if(_known: Surroundings, condition: Value, yes: Value, no: Value | None = None) -> Value:
    if isinstance(condition, list) or isinstance(yes, list) or isinstance(no, list):
        wrong("IF takes no lists of time series")
    if not isinstance(condition, dict):
        return yes if condition else ({} if no is None else no)
    found: Series = {}
    for at, holds in condition.items():
        if holds:
            found[at] = yes.get(at, 0.0) if isinstance(yes, dict) else yes
        elif isinstance(no, dict):
            if at in no:
                found[at] = no[at]
        elif no is not None:
            found[at] = no
    return found


def _fill(known: Surroundings, value: Value, filler: Value) -> Value:
    if isinstance(filler, list):
        wrong("FILL takes a number or one time series to fill with")
    if isinstance(value, list):
        return [_fill(known, one, filler) for one in value]  # type: ignore[misc]
    if not isinstance(value, dict):
        wrong("FILL fills time series")
    other = filler if isinstance(filler, dict) else dict.fromkeys(known.times, filler)
    return {at: value.get(at, other.get(at)) for at in known.times if at in value or at in other}  # type: ignore[misc]


_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "AVG": _average,
    "FILL": _fill,
    "IF": _if,
    "MAX": _aggregated(max),
    "METRICS": _metrics,
    "METRIC_COUNT": lambda _known, value: float(len(all_series(value))),
    "MIN": _aggregated(min),
    "PERIOD": lambda known, _value: float(known.period),
    "SUM": _aggregated(math.fsum),
    "TIME_SERIES": lambda known, value: dict.fromkeys(known.times, value),
}
