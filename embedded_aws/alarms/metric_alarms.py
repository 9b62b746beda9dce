"""A metric alarm looks at its metric, or at an expression of metrics.

Sources: CloudWatch User Guide, "Alarm evaluation" and "Percentile-based CloudWatch alarms and low
data samples". What CloudWatch writes as the reason of a state stands in its sample events.
"""

from __future__ import annotations

import json
import operator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from embedded_aws.alarms import states
from embedded_aws.alarms.verdict import ALARM, INSUFFICIENT_DATA, MORE, OK, Verdict, judge
from embedded_aws.metrics import queries, store
from embedded_aws.metrics.operations import query_of
from embedded_aws.metrics.queries import MetricQuery, Periods, Query
from embedded_aws.metrics.statistics import UnknownStatisticError, percentile
from embedded_aws.metrics.values import ExpressionError
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedded_aws.metrics.values import Series

SHORTEST = 0.2
"""Seconds that the period of an alarm lasts at least, however far the time scale compresses it."""

_COMPARED: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


def nominal_period(alarm: Any) -> int:
    """Return the period of an alarm as it is configured, in seconds."""
    if alarm.period:
        return int(alarm.period)
    for query in alarm.metric_data_queries:
        if query.get("MetricStat"):
            return int(query["MetricStat"]["Period"])
    return int(
        next((each["Period"] for each in alarm.metric_data_queries if each.get("Period")), 60)
    )


def compressed(seconds: float) -> float:
    """Return how long the seconds of a period last here."""
    return max(seconds * RUN.time_scale, SHORTEST)


def sample(alarm: Any) -> None:
    """Take the present value of what the alarm is on, where that is not counted as it happens."""
    for query in _queries(alarm):
        if query.metric:
            metric = query.metric
            store.sample(alarm.region_name, metric.namespace, metric.name, metric.dimensions)


def evaluate(alarm: Any, end: float) -> None:
    """Evaluate an alarm and change its state.

    Parameters
    ----------
    alarm
        moto's `Alarm`, no composite one.
    end
        When the last period ends, seconds since the epoch.
    """
    wanted = _queries(alarm)
    evaluated = int(alarm.evaluation_periods)
    seconds = compressed(nominal_period(alarm))
    count = evaluated + MORE
    starts = [end - (count - number) * seconds for number in range(count)]
    periods = Periods(starts, seconds, nominal_period(alarm))
    try:
        series = _watched(alarm, wanted, periods)
    except (ExpressionError, UnknownStatisticError) as unknown:
        RUN.notice(f"alarm {alarm.name} in {alarm.region_name} is not evaluated: {unknown}")
        return
    to_alarm = int(alarm.datapoints_to_alarm or evaluated)
    compare, words = _COMPARED[alarm.comparison_operator]
    threshold = float(alarm.threshold)
    values = [series.get(start) for start in starts]
    points = [None if value is None else compare(value, threshold) for value in values]
    if _has_few_samples(alarm, wanted, periods):
        return
    verdict = judge(points, evaluated, to_alarm, _missing(alarm, wanted))
    if verdict.state in (None, alarm.state_value):
        return
    shown = [(starts[at], float(values[at] or 0.0)) for at in verdict.evaluated]
    number = sum(bool(points[at]) for at in verdict.evaluated)
    reason = _reason(alarm, verdict, shown, number, words)
    states.change(alarm, str(verdict.state), reason, _reason_data(alarm, shown, starts, end))


def _queries(alarm: Any) -> list[Query]:
    if alarm.metric_data_queries:
        return [query_of(query) for query in alarm.metric_data_queries]
    dimensions = tuple((one.name, one.value) for one in alarm.dimensions)
    statistic = alarm.statistic or alarm.extended_statistic
    metric = MetricQuery(alarm.namespace, alarm.metric_name, dimensions, statistic, alarm.unit)
    return [Query("m1", metric)]


def _watched(alarm: Any, wanted: list[Query], periods: Periods) -> Series:
    """Return the series that the alarm is on."""
    if alarm.comparison_operator not in _COMPARED or alarm.threshold is None:
        raise ExpressionError("there is no anomaly detection here")
    values = queries.answers(alarm.region_name, wanted, periods)
    watched = next(
        (each["Id"] for each in alarm.metric_data_queries if each.get("ReturnData") is not False),
        "m1",
    )
    value = values[watched]
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        raise ExpressionError("an alarm watches one time series, no number and no list of them")
    return value


def _missing(alarm: Any, wanted: list[Query]) -> str:
    """Return how missing points are treated: DynamoDB's are ignored if nothing else is said."""
    if alarm.treat_missing_data:
        return str(alarm.treat_missing_data)
    namespaces = {query.metric.namespace for query in wanted if query.metric}
    return "ignore" if "AWS/DynamoDB" in namespaces else "missing"


def _has_few_samples(alarm: Any, wanted: list[Query], periods: Periods) -> bool:
    """Say whether a percentile rests on too few values to count, for an alarm that minds."""
    if alarm.evaluate_low_sample_count_percentile != "ignore" or not alarm.extended_statistic:
        return False
    metric = wanted[0].metric
    if metric is None:
        return False
    share = percentile(metric.statistic) / 100
    needed = 10 / (1 - share) if 0.5 <= share < 1 else 10 / max(share, 1e-9)
    found = queries.aggregates(alarm.region_name, metric, periods)
    last = [aggregate.count for aggregate in found if aggregate is not None]
    return bool(last) and last[-1] < round(needed, 6)


def _reason(
    alarm: Any, verdict: Verdict, shown: list[tuple[float, float]], breaching: int, words: str
) -> str:
    evaluated = int(alarm.evaluation_periods)
    if verdict.state == INSUFFICIENT_DATA:
        return f"Insufficient Data: {_counted(evaluated, 'datapoint')} {_was(evaluated)} unknown."
    treated = "Breaching" if alarm.treat_missing_data == "breaching" else "NonBreaching"
    filled = (
        f"{_counted(verdict.filled, 'missing datapoint')} {_was(verdict.filled)} treated as "
        f"[{treated}]"
    )
    if not shown:
        return (
            "Threshold Crossed: no datapoints were received for "
            f"{_counted(evaluated, 'period')} and {filled}."
        )
    to_alarm = int(alarm.datapoints_to_alarm or evaluated)
    alarming = verdict.state == ALARM
    number = breaching if alarming else len(shown) - breaching
    listed = ", ".join(
        f"{value} ({datetime.fromtimestamp(at, UTC):%d/%m/%y %H:%M:%S})"
        for at, value in reversed(shown)
    )
    least = min(to_alarm, evaluated) if alarming else evaluated - to_alarm + 1
    arrow = f"{OK} -> {ALARM}" if alarming else f"{ALARM} -> {OK}"
    return (
        f"Threshold Crossed: {number} out of the last {len(shown)} datapoints [{listed}] "
        f"{_was(number)} {'' if alarming else 'not '}{words} the threshold "
        f"({float(alarm.threshold)}) (minimum {_counted(least, 'datapoint')} for {arrow} "
        f"transition){f' and {filled}' if verdict.filled else ''}."
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _was(number: int) -> str:
    return "was" if number == 1 else "were"


def _reason_data(
    alarm: Any, shown: list[tuple[float, float]], starts: list[float], end: float
) -> str:
    data: dict[str, Any] = {
        "version": "1.0",
        "queryDate": _iso(end),
        "startDate": _iso(shown[0][0] if shown else starts[MORE]),
    }
    if not alarm.metric_data_queries:
        data["statistic"] = alarm.statistic or alarm.extended_statistic
    data["period"] = nominal_period(alarm)
    data["recentDatapoints"] = [value for _, value in shown]
    data["threshold"] = float(alarm.threshold)
    data["evaluatedDatapoints"] = [
        {"timestamp": _iso(at), "value": value} for at, value in reversed(shown)
    ]
    return json.dumps(data)


def _iso(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
