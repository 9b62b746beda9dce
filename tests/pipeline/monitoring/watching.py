"""The alarms of a synthesized stack, as the tests read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.pipeline.stacks.synthesized import Resource, Stack, Synthesized

ALARM, COMPOSITE = "aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm"

Watched = tuple[str, str, dict[str, str], str]
"""Namespace, metric, dimensions, statistic."""


def alarm(synthesized: Synthesized, stack: Stack, name: str) -> Resource:
    """The alarm of a name, as the default pattern makes it."""
    return stack.one(ALARM, alarm_name=f"serverless-{name}-{synthesized.environment.environment}")


def watched(resource: Resource) -> list[Watched]:
    """All metrics that an alarm looks at."""
    if not resource.get("metric_query"):
        return [_watched(resource.arguments, "metric_name", _statistic(resource.arguments))]
    metrics = [query["metric"] for query in resource["metric_query"] if "metric" in query]
    return [_watched(metric, "metric_name", metric["stat"]) for metric in metrics]


def _watched(metric: Any, name: str, statistic: str) -> Watched:
    return metric["namespace"], metric[name], dict(metric.get("dimensions") or {}), statistic


def _statistic(arguments: Any) -> str:
    return str(arguments.get("statistic") or arguments["extended_statistic"])


def every_alarm(synthesized: Synthesized) -> Iterator[Resource]:
    """The metric alarms of all stacks."""
    for resource in synthesized.every_resource():
        if resource.kind == ALARM:
            yield resource
