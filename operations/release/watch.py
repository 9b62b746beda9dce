"""What a release looks at while it waits: the region's alarms, and how green itself fares."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from operations.region import Region
from operations.release.record import Versions
from pipeline.naming import LIVE

ENOUGH_INVOCATIONS = 5
"""With fewer, a rate of errors says nothing."""

_PERIOD_SECONDS = 60
_METRICS = ("Errors", "Invocations")


@dataclass(frozen=True)
class Counts:
    """What Lambda has counted of one version of a function, called through its alias."""

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
        # The name of every alarm of the environment has these ends, those that people add, too.
        middle = "RESOURCE"
        self._prefix, _, self._suffix = region.names.resource("alarm", middle).partition(middle)

    def alarms(self, ignored: Collection[str]) -> list[str]:
        """Return the environment's alarms that are on, but for those that do not count.

        Composite alarms only repeat others.
        """
        pages = self._cloudwatch.get_paginator("describe_alarms").paginate(
            AlarmTypes=["MetricAlarm"],
            StateValue="ALARM",
            **({"AlarmNamePrefix": self._prefix} if self._prefix else {}),
        )
        found = (each["AlarmName"] for page in pages for each in page["MetricAlarms"])
        return sorted(n for n in found if n.endswith(self._suffix) and n not in ignored)

    def green(self, functions: Mapping[str, Versions], since: datetime) -> dict[str, Counts]:
        """Return what Lambda has counted of the green versions.

        While an alias has weights, Lambda tells its versions apart by ``ExecutedVersion`` (AWS
        Lambda Developer Guide, "Types of metrics for Lambda functions").

        Parameters
        ----------
        functions
            Name -> versions.
        since
            From the minute of this moment on.
        """
        names = list(functions)
        queries = [
            {
                "Id": f"{metric.lower()}{number}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/Lambda",
                        "MetricName": metric,
                        "Dimensions": [
                            {"Name": "FunctionName", "Value": name},
                            {"Name": "Resource", "Value": f"{name}:{LIVE}"},
                            {"Name": "ExecutedVersion", "Value": functions[name].green},
                        ],
                    },
                    "Period": _PERIOD_SECONDS,
                    "Stat": "Sum",
                },
            }
            for number, name in enumerate(names)
            for metric in _METRICS
        ]
        sums: dict[str, float] = {}
        pages = self._cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries,
            StartTime=since.replace(second=0, microsecond=0),
            EndTime=datetime.now(UTC) + timedelta(seconds=_PERIOD_SECONDS),
        )
        for page in pages:
            for each in page["MetricDataResults"]:
                sums[each["Id"]] = sums.get(each["Id"], 0.0) + sum(each["Values"])
        return {
            name: Counts(
                *(round(sums.get(f"{metric.lower()}{number}", 0.0)) for metric in _METRICS)
            )
            for number, name in enumerate(names)
        }
