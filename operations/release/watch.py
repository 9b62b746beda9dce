"""What a release looks at while it waits: the region's alarms, and how green itself fares."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from operations.region import Region
from operations.release.record import Versions
from pipeline.layout import STANDBY_ALARM, failure_alarm_name
from pipeline.naming import LIVE

ENOUGH_INVOCATIONS = 5
"""With fewer, a rate of errors says nothing."""

_PERIOD_SECONDS = 60
_DENIED = ("AccessDenied", "AccessDeniedException")
_OF_LAMBDA = ("Errors", "Invocations")
_OF_ITSELF = "HandledFailures"
"""What a function says that Lambda takes for a success: an answer of 5XX, objects given back."""


@dataclass(frozen=True)
class Counts:
    """How one version of a function, called through its alias, fared.

    Parameters
    ----------
    errors
        Invocations that failed, or of which the function says so.
    invocations
        All of them.
    """

    errors: int = 0
    invocations: int = 0

    def exceeds(self, percent: float) -> bool:
        """Whether a larger share of the invocations failed."""
        if self.invocations < ENOUGH_INVOCATIONS:
            return False
        return 100 * self.errors > percent * self.invocations

    def __str__(self) -> str:
        """Return it as a person reads it."""
        return f"{self.errors} of {self.invocations} calls failed"


class Watch:
    """The eyes on one region.

    Parameters
    ----------
    region
        The region.
    """

    def __init__(self, region: Region) -> None:
        self._cloudwatch = region.client("cloudwatch")
        self._environment = region.environment.environment
        self._names = region.names
        self._namespace = region.names.metrics_namespace()
        # The name of every alarm of the environment has these ends, those that people add, too.
        middle = "RESOURCE"
        self._prefix, _, self._suffix = region.names.resource("alarm", middle).partition(middle)

    def alarms(self, ignored: Collection[str]) -> list[str]:
        """Return the environment's alarms that are on, but for those that do not count.

        Composite alarms only repeat others. That the secondary region answers calls is no trouble
        of a release: it does so by weights, too, whatever the versions.
        """
        left_out = {*ignored, self._names.alarm(STANDBY_ALARM)}
        pages = self._cloudwatch.get_paginator("describe_alarms").paginate(
            AlarmTypes=["MetricAlarm"],
            StateValue="ALARM",
            **({"AlarmNamePrefix": self._prefix} if self._prefix else {}),
        )
        found = (each for page in pages for each in page["MetricAlarms"])
        named = (each for each in found if each["AlarmName"].endswith(self._suffix))
        counted = (each for each in named if each["AlarmName"] not in left_out)
        return sorted(filter(None, (self._if_ours(each) for each in counted)))

    def failure_of(self, region: str) -> list[str]:
        """Return the alarm that Route 53 finds a region unhealthy, if it is on, here."""
        found = self._cloudwatch.describe_alarms(
            AlarmNames=[self._names.alarm(failure_alarm_name(region))],
            AlarmTypes=["MetricAlarm"],
            StateValue="ALARM",
        )
        return [each["AlarmName"] for each in found["MetricAlarms"]]

    def _if_ours(self, alarm: Mapping[str, Any]) -> str | None:
        """Tell an alarm from one of an environment whose name ends in this one's, by its tag.

        One whose tags may not be read counts: better a release that stops than one that goes on.
        """
        name: str = alarm["AlarmName"]
        try:
            tags = self._cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
        except ClientError as error:
            if error.response["Error"]["Code"] not in _DENIED:
                raise
            return (
                f"{name} (taken for this environment's: cloudwatch:ListTagsForResource is denied)"
            )
        told: dict[str, str] = {tag["Key"]: tag["Value"] for tag in tags}
        return name if told.get("Environment", self._environment) == self._environment else None

    def green(self, functions: Mapping[str, Versions], since: datetime) -> dict[str, Counts]:
        """Return what Lambda has counted of the green versions, and what they say of themselves.

        While an alias has weights, Lambda tells its versions apart by ``ExecutedVersion`` (AWS
        Lambda Developer Guide, "Types of metrics for Lambda functions"). What a function handled,
        it tells with its version; an invocation is one of either.

        Parameters
        ----------
        functions
            Name -> versions.
        since
            From the minute of this moment on.
        """
        names = list(functions)
        metrics = [
            {"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions}
            for name in names
            for namespace, metric, dimensions in self._metrics(name, functions[name].green)
        ]
        sums = iter(self._sums(metrics, since))
        found = {}
        for name, errors, invocations, handled in zip(names, sums, sums, sums, strict=True):
            found[name] = Counts(errors + handled, invocations)
        return found

    def _metrics(
        self, function: str, version: str
    ) -> Iterator[tuple[str, str, list[dict[str, str]]]]:
        """Yield namespace, name and dimensions of what tells of a version."""
        through = {
            "FunctionName": function,
            "Resource": f"{function}:{LIVE}",
            "ExecutedVersion": version,
        }
        for metric in _OF_LAMBDA:
            yield "AWS/Lambda", metric, _dimensions(through)
        yield self._namespace, _OF_ITSELF, _dimensions({"service": function, "version": version})

    def _sums(self, metrics: Sequence[Mapping[str, Any]], since: datetime) -> list[int]:
        queries: list[dict[str, Any]] = [
            {
                "Id": f"m{number}",
                "MetricStat": {"Metric": metric, "Period": _PERIOD_SECONDS, "Stat": "Sum"},
            }
            for number, metric in enumerate(metrics)
        ]
        sums: dict[str, float] = {}
        pages = self._cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries,
            StartTime=since.replace(second=0, microsecond=0),
            EndTime=datetime.now(UTC) + timedelta(seconds=_PERIOD_SECONDS),
        )
        for page in pages:
            for result in page["MetricDataResults"]:
                sums[result["Id"]] = sums.get(result["Id"], 0.0) + sum(result["Values"])
        return [round(sums.get(query["Id"], 0.0)) for query in queries]


def _dimensions(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in values.items()]
