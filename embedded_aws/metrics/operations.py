"""CloudWatch's operations on metrics, answered from the store.

Stands in for
- `CloudWatchBackend.put_metric_data`, `get_filtered_metrics`: moto keeps a list for ever;
- `CloudWatchResponse.get_metric_statistics` and `get_metric_data`: moto knows no percentiles, takes
  dimensions that match in part for the metric itself, and a period for one that begins anywhere.

Sources: CloudWatch API reference, "GetMetricStatistics", "GetMetricData" and "MetricDatum".
"""

from __future__ import annotations

import calendar
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.cloudwatch.exceptions import InvalidParameterCombination, InvalidParameterValue
from moto.cloudwatch.exceptions import ValidationError as CloudWatchValidationError
from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from embedded_aws.metrics import queries, store
from embedded_aws.metrics.queries import MetricQuery, Periods, Query
from embedded_aws.metrics.statistics import Aggregate, UnknownStatisticError
from embedded_aws.metrics.values import ExpressionError
from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedded_aws.metrics.values import Value

MOST_POINTS = 1440
_OF_BUCKETS = "AWS/S3"
"""Computed by moto when asked for: what lies in buckets."""


def _put_metric_data(
    _original: Callable[..., None],
    backend: CloudWatchBackend,
    namespace: str,
    metric_data: list[dict[str, Any]],
) -> None:
    for number, datum in enumerate(metric_data, 1):
        backend._validate_parameters_put_metric_data(datum, number)
    for datum in metric_data:
        store.put_aggregate(
            backend.region_name,
            namespace,
            datum["MetricName"],
            queries.dimensions_of(datum.get("Dimensions")),
            datum.get("Unit") or "None",
            _aggregate(datum),
            _seconds(datum["Timestamp"]) if datum.get("Timestamp") else None,
        )


def _aggregate(datum: dict[str, Any]) -> Aggregate:
    found = Aggregate()
    if datum.get("Values"):
        counts = datum.get("Counts") or [1.0] * len(datum["Values"])
        for value, count in zip(datum["Values"], counts, strict=True):
            found.add(float(value), float(count))
    elif datum.get("StatisticValues"):
        stated = datum["StatisticValues"]
        names = ("SampleCount", "Sum", "Minimum", "Maximum")
        found.add_set(*(float(stated[name]) for name in names))
    else:
        found.add(float(datum.get("Value", 0)))
    return found


def _seconds(moment: datetime) -> float:
    """Return a moment as seconds since the epoch; moto's have no time zone and are UTC."""
    return calendar.timegm(moment.utctimetuple()) + moment.microsecond / 1e6


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _starts(metric: MetricQuery, region: str, begin: float, end: float, period: int) -> list[float]:
    """Return the starts of the periods in which the metric may have values.

    The first one begins at the whole minute (or the period, if that is shorter) before `begin`.
    """
    store.sample(region, metric.namespace, metric.name, metric.dimensions)
    first = begin - begin % min(period, 60)
    _, oldest, newest = store.span(region, metric.namespace, metric.name, metric.dimensions)
    low = max(0, math.floor((oldest / 1000 - first) / period))
    high = math.ceil((min(end, newest / 1000 + 1) - first) / period)
    return [first + number * period for number in range(low, high)]


def _get_metric_statistics(
    original: Callable[..., ActionResult], response: CloudWatchResponse
) -> ActionResult:
    asked = response._get_params()
    namespace, name = asked["Namespace"], asked["MetricName"]
    if namespace == _OF_BUCKETS:
        return original(response)
    plain, extended = asked.get("Statistics") or [], asked.get("ExtendedStatistics") or []
    if not plain and not extended:
        raise InvalidParameterCombination("Must specify either Statistics or ExtendedStatistics")
    begin, end, period = (
        _seconds(asked["StartTime"]),
        _seconds(asked["EndTime"]),
        int(asked["Period"]),
    )
    if begin >= end:
        raise InvalidParameterValue(
            "The parameter StartTime must be less than the parameter EndTime."
        )
    if (end - begin) / period > MOST_POINTS:
        raise InvalidParameterCombination(
            f"You have requested up to {math.ceil((end - begin) / period)} datapoints, which "
            f"exceeds the limit of {MOST_POINTS}. You may reduce the datapoints requested by "
            "increasing Period, or decreasing the time range."
        )
    metric = MetricQuery(
        namespace, name, queries.dimensions_of(asked.get("Dimensions")), "", asked.get("Unit")
    )
    starts = _starts(metric, response.region, begin, end, period)
    found = queries.aggregates(response.region, metric, Periods(starts, period, period))
    unit = metric.unit or store.span(response.region, namespace, name, metric.dimensions)[0]
    return ActionResult(
        {
            "Label": name,
            "Datapoints": [
                _datapoint(start, aggregate, unit, plain, extended)
                for start, aggregate in zip(starts, found, strict=True)
                if aggregate is not None
            ],
        }
    )


def _datapoint(
    start: float, aggregate: Aggregate, unit: str, plain: list[str], extended: list[str]
) -> dict[str, Any]:
    try:
        percentiles = {name: aggregate.statistic(name) for name in extended}
    except UnknownStatisticError as unknown:
        raise InvalidParameterValue(str(unknown)) from unknown
    return {
        "Timestamp": _moment(start),
        "Unit": unit,
        **{name: aggregate.statistic(name) for name in plain},
        **({"ExtendedStatistics": percentiles} if extended else {}),
    }


def query_of(stated: dict[str, Any]) -> Query:
    """Return a query as MetricDataQuery states it."""
    stat = stated.get("MetricStat")
    if not stat:
        return Query(stated["Id"], expression=stated.get("Expression") or "")
    metric = stat["Metric"]
    return Query(
        stated["Id"],
        MetricQuery(
            metric.get("Namespace") or "",
            metric.get("MetricName") or "",
            queries.dimensions_of(metric.get("Dimensions")),
            stat["Stat"],
            stat.get("Unit"),
        ),
    )


def _get_metric_data(
    _original: Callable[..., ActionResult], response: CloudWatchResponse
) -> ActionResult:
    asked = response._get_params()
    begin, end = _seconds(asked["StartTime"]), _seconds(asked["EndTime"])
    if begin >= end:
        words = "must not equal parameter EndTime" if begin == end else "must be before EndTime"
        raise CloudWatchValidationError(f"The parameter StartTime {words}.")
    stated = asked.get("MetricDataQueries") or []
    for number, query in enumerate(stated, 1):
        if not query.get("MetricStat") and not query.get("Expression"):
            raise CloudWatchValidationError(
                f"The parameter MetricDataQueries.member.{number}.MetricStat is required.\n"
            )
    wanted = [query_of(query) for query in stated]
    period = min(
        (int(each["MetricStat"]["Period"]) for each in stated if each.get("MetricStat")),
        default=int(next((each["Period"] for each in stated if each.get("Period")), 60)),
    )
    starts: set[float] = set()
    for query in wanted:
        if query.metric:
            starts |= set(_starts(query.metric, response.region, begin, end, period))
    try:
        values = queries.answers(response.region, wanted, Periods(sorted(starts), period, period))
    except (ExpressionError, UnknownStatisticError) as wrong:
        raise CloudWatchValidationError(str(wrong)) from wrong
    results = [
        result
        for query in stated
        if query.get("ReturnData") is not False
        for result in _results(query, values[query["Id"]], asked.get("ScanBy"))
    ]
    return ActionResult({"MetricDataResults": results, "Messages": []})


def _results(query: dict[str, Any], value: Value, order: str | None) -> list[dict[str, Any]]:
    """Return one result for each time series of a query's value."""
    if isinstance(value, float):
        raise CloudWatchValidationError(f"the result of {query['Id']} is no time series")
    stat = query.get("MetricStat")
    label = query.get("Label") or (
        f"{stat['Metric']['MetricName']} {stat['Stat']}" if stat else query["Id"]
    )
    found = []
    for series in value if isinstance(value, list) else [value]:
        times = sorted(series, reverse=order != "TimestampAscending")
        found.append(
            {
                "Id": query["Id"],
                "Label": label,
                "Timestamps": [_moment(at) for at in times],
                "Values": [series[at] for at in times],
                "StatusCode": "Complete",
            }
        )
    return found


def _get_filtered_metrics(
    original: Callable[..., list[Any]],
    backend: CloudWatchBackend,
    metric_name: str,
    namespace: str,
    dimensions: list[dict[str, str]],
) -> list[Any]:
    found = [
        {
            "Namespace": space,
            "MetricName": name,
            "Dimensions": [{"Name": key, "Value": value} for key, value in held],
        }
        for space, name, held in store.known(backend.region_name)
        if (not namespace or space == namespace)
        and (not metric_name or name == metric_name)
        and all(
            any(key == one["Name"] and one.get("Value") in (None, value) for key, value in held)
            for one in dimensions or []
        )
    ]
    if namespace in (None, "", _OF_BUCKETS):
        return found + list(original(backend, metric_name, namespace, dimensions))
    return found


def install() -> None:
    """Answer from the store, which is empty."""
    store.forget()
    stand_in(CloudWatchBackend, "put_metric_data", _put_metric_data)
    stand_in(CloudWatchBackend, "get_filtered_metrics", _get_filtered_metrics)
    stand_in(CloudWatchResponse, "get_metric_statistics", _get_metric_statistics)
    stand_in(CloudWatchResponse, "get_metric_data", _get_metric_data)
