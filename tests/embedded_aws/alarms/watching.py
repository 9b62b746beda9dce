"""Alarms that tests make, and what became of them.

Tests of one evaluation use periods of an hour: 36 seconds here, so that nothing moves meanwhile.
"""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any

from tests.embedded_aws.functions.making import unique

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws

HOUR = 3600


def make_alarm(aws: EmbeddedAws, **settings: Any) -> str:
    """Put an alarm on the sum of metric `m` of the namespace of its own name; return the name."""
    name: str = settings.pop("AlarmName", None) or unique("alarm")
    metric: dict[str, Any] = {}
    if "Metrics" not in settings:
        metric = {"Namespace": name, "MetricName": "m", "Period": HOUR}
        if "ExtendedStatistic" not in settings:
            metric["Statistic"] = "Sum"
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        **{
            **metric,
            "EvaluationPeriods": 1,
            "Threshold": 10,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            **settings,
        },
    )
    return name


def feed(aws: EmbeddedAws, namespace: str, *values: float, metric: str = "m") -> None:
    """Put values to a metric, now."""
    aws.client("cloudwatch").put_metric_data(
        Namespace=namespace, MetricData=[{"MetricName": metric, "Values": list(values)}]
    )


def evaluate(aws: EmbeddedAws) -> dict[str, str]:
    """Evaluate all alarms now, and return their states by name (of us-east-1)."""
    request = urllib.request.Request(  # noqa: S310 - http on loopback
        f"{aws.endpoint}/_embedded/alarms", data=b'{"evaluate": true}', method="POST"
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        found = json.loads(answer.read())["alarms"]
    return {one["name"]: one["state"] for one in found if one["region"] == "us-east-1"}


def described(aws: EmbeddedAws, name: str) -> dict[str, Any]:
    """Return what DescribeAlarms says of a metric or composite alarm."""
    answer = aws.client("cloudwatch").describe_alarms(
        AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    found: list[dict[str, Any]] = [*answer["MetricAlarms"], *answer["CompositeAlarms"]]
    return found[0]


def history(aws: EmbeddedAws, name: str, kind: str = "StateUpdate") -> list[str]:
    """Return the summaries of an alarm's history, the oldest first."""
    answer = aws.client("cloudwatch").describe_alarm_history(
        AlarmName=name,
        AlarmTypes=["MetricAlarm", "CompositeAlarm"],
        HistoryItemType=kind,
        ScanBy="TimestampAscending",
    )
    return [item["HistorySummary"] for item in answer["AlarmHistoryItems"]]
