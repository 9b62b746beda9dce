"""An alarm as a value, and as a resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import (
    CloudwatchMetricAlarm,
    CloudwatchMetricAlarmMetricQuery,
    CloudwatchMetricAlarmMetricQueryMetric,
)
from constructs import Construct

from pipeline.naming import Names

PERIOD_SECONDS = 300
_STATISTICS = ("Average", "Maximum", "Minimum", "Sum")


@dataclass(frozen=True)
class Metric:
    """A metric as AWS publishes it.

    Parameters
    ----------
    namespace, name
        Such as ``AWS/Lambda`` and ``Errors``.
    dimensions
        Exactly those of one of the metrics that are published; another combination is another
        metric, which has no values.
    statistic
        ``Sum``, ``Average``, ``Maximum``, ``Minimum`` or a percentile such as ``p99``.
    """

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str = "Sum"


@dataclass(frozen=True)
class Alarm:
    """What is watched, and when somebody is told.

    Parameters
    ----------
    name
        What stands for ``{resource}`` in the alarm's name.
    description
        What it means and what to do, for whoever gets the message.
    metrics
        What is watched; of several their sum (`expression`).
    threshold
        It goes off at this value and above.
    periods
        So many periods in a row.
    expression
        How several metrics are put together: ``SUM`` or ``MAX``.
    below
        It goes off below the threshold instead.
    period_seconds
        The length of a period.
    """

    name: str
    description: str
    metrics: Sequence[Metric]
    threshold: float
    periods: int = 1
    expression: str = "SUM"
    below: bool = False
    period_seconds: int = PERIOD_SECONDS


def build_alarm(
    scope: Construct, names: Names, alarm: Alarm, topic_arn: str, provider: object = None
) -> CloudwatchMetricAlarm:
    """Add an alarm that tells a topic when it goes off and when it is over.

    Where a metric has no values nothing has happened: no data is no alarm.

    Parameters
    ----------
    scope
        The construct that it is part of.
    names
        The naming rule.
    alarm
        What is watched.
    topic_arn
        Who is told.
    provider
        Of the alarm's region, when it is not that of the stack.
    """
    resource = CloudwatchMetricAlarm(
        scope,
        alarm.name,
        alarm_name=names.alarm(alarm.name),
        alarm_description=alarm.description,
        comparison_operator=(
            "LessThanThreshold" if alarm.below else "GreaterThanOrEqualToThreshold"
        ),
        threshold=alarm.threshold,
        evaluation_periods=alarm.periods,
        treat_missing_data="notBreaching",
        alarm_actions=[topic_arn],
        ok_actions=[topic_arn],
        provider=provider,  # type: ignore[arg-type]
    )
    if len(alarm.metrics) == 1:
        _watch_one(resource, alarm.metrics[0], alarm.period_seconds)
    else:
        _watch_several(resource, alarm)
    return resource


def _watch_one(resource: CloudwatchMetricAlarm, metric: Metric, period: int) -> None:
    resource.namespace = metric.namespace
    resource.metric_name = metric.name
    resource.dimensions = dict(metric.dimensions)
    resource.period = period
    if metric.statistic in _STATISTICS:
        resource.statistic = metric.statistic
    else:
        resource.extended_statistic = metric.statistic


def _watch_several(resource: CloudwatchMetricAlarm, alarm: Alarm) -> None:
    ids = [f"m{number}" for number in range(len(alarm.metrics))]
    # A metric without values is left out of the sum (CloudWatch, "Using math expressions with
    # CloudWatch metrics": functions on arrays of time series).
    queries = [
        CloudwatchMetricAlarmMetricQuery(
            id="all",
            expression=f"{alarm.expression}([{', '.join(ids)}])",
            label=alarm.name,
            return_data=True,
        )
    ]
    queries += [
        CloudwatchMetricAlarmMetricQuery(
            id=each,
            metric=CloudwatchMetricAlarmMetricQueryMetric(
                namespace=metric.namespace,
                metric_name=metric.name,
                dimensions=dict(metric.dimensions),
                period=alarm.period_seconds,
                stat=metric.statistic,
            ),
        )
        for each, metric in zip(ids, alarm.metrics, strict=True)
    ]
    resource.put_metric_query(queries)
