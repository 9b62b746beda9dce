"""Metric data queries: metrics and expressions of each other, over the same periods of time.

Source: CloudWatch API reference, "MetricDataQuery".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedded_aws.metrics import expressions, store
from embedded_aws.metrics.statistics import STATISTICS
from embedded_aws.metrics.values import ExpressionError, Surroundings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedded_aws.metrics.statistics import Aggregate
    from embedded_aws.metrics.values import Series, Value


@dataclass(frozen=True)
class MetricQuery:
    """One metric and the statistic that is asked for."""

    namespace: str
    name: str
    dimensions: store.Dimensions
    statistic: str
    unit: str | None = None


@dataclass(frozen=True)
class Query:
    """A metric or an expression under an id."""

    id: str
    metric: MetricQuery | None = None
    expression: str = ""


@dataclass(frozen=True)
class Periods:
    """Periods of time: where they begin, seconds since the epoch, and their length in seconds.

    `nominal` is the length that PERIOD() tells; alarms look at compressed ones.
    """

    starts: Sequence[float]
    seconds: float
    nominal: float


def dimensions_of(listed: list[dict[str, str]] | None) -> store.Dimensions:
    """Return dimensions as the store has them."""
    return tuple(sorted((one["Name"], one.get("Value", "")) for one in listed or []))


def aggregates(region: str, metric: MetricQuery, periods: Periods) -> list[Aggregate | None]:
    """Return what a metric was in each period."""
    return store.read(
        region,
        metric.namespace,
        metric.name,
        metric.dimensions,
        periods.starts,
        periods.seconds,
        metric.unit,
        distribution=metric.statistic not in STATISTICS,
    )


def series_of(region: str, metric: MetricQuery, periods: Periods) -> Series:
    """Return the statistic of a metric by the start of the period, where there is one.

    Raises
    ------
    UnknownStatisticError
        The statistic is none that is computed here.
    """
    found: Series = {}
    for start, aggregate in zip(periods.starts, aggregates(region, metric, periods), strict=True):
        value = aggregate.statistic(metric.statistic) if aggregate is not None else None
        if value is not None:
            found[start] = value
    return found


def answers(region: str, queries: Sequence[Query], periods: Periods) -> dict[str, Value]:
    """Return the value of every query by its id; expressions may refer to expressions.

    Raises
    ------
    ExpressionError
        An expression is wrong, refers to itself or to nothing, or is not computed here.
    UnknownStatisticError
        A statistic is none that is computed here.
    """
    values: dict[str, Any] = {
        query.id: series_of(region, query.metric, periods) for query in queries if query.metric
    }
    metrics = tuple(values)
    waiting = {query.id: query.expression for query in queries if not query.metric}
    surroundings = Surroundings(values, metrics, periods.starts, periods.nominal)
    while waiting:
        ready = [
            name
            for name, text in waiting.items()
            if not expressions.names_in(text) & waiting.keys()
        ]
        if not ready:
            raise ExpressionError(f"{', '.join(waiting)} refer to each other in a circle")
        for name in ready:
            values[name] = expressions.compute(waiting.pop(name), surroundings)
    return values
