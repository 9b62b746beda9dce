"""Alarms of a function (rows A12, B10, C5, E6).

Lambda publishes what all versions of a function did under ``FunctionName`` alone, whatever alias
called them (AWS Lambda Developer Guide, "Types of metrics for Lambda functions").
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.compute.function import Function
from pipeline.config.alarms import Alarms
from pipeline.monitoring.alarm import Alarm, Metric

_API = "api"
_ANSWER_SECONDS = 26  # in which it answers, since API Gateway waits for 29
_OF_REQUESTS = ("api", "request-validator", "request-processor", "request-notifier")
# These hand what they cannot do to a queue or a bucket, and something is lost when that fails.
_WITH_DESTINATION = ("data-processor", "stream-processor")
_STREAM = "stream-processor"


def function_alarms(function: Function, settings: Alarms) -> Iterator[Alarm]:
    """Return what is watched of a function.

    Parameters
    ----------
    function
        The function; its time-out is the measure of its duration.
    settings
        The thresholds.
    """
    kind = function.kind

    def metric(name: str, statistic: str = "Sum") -> list[Metric]:
        return [Metric("AWS/Lambda", name, {"FunctionName": function.name}, statistic)]

    yield Alarm(
        f"{kind}-errors",
        "Invocations failed. The function's log says why; what it worked on is tried again, and "
        "is in a dead-letter queue in the end.",
        metric("Errors"),
        settings.function_errors,
    )
    yield Alarm(
        f"{kind}-throttles",
        "Lambda had no concurrency left for the function. Raise the account's quota, or let other "
        "functions use less.",
        metric("Throttles"),
        settings.function_throttles,
    )
    yield Alarm(
        f"{kind}-duration",
        "The slowest invocations come close to the time-out. Give the function more memory or "
        "time, and see what it waits for.",
        metric("Duration", "p99"),
        _milliseconds(function, settings),
        periods=2,
    )
    if kind in _OF_REQUESTS:
        yield Alarm(
            f"{kind}-average-duration",
            "Invocations take long, and not only the slowest ones. See what the function waits "
            "for, and whether requests have become larger.",
            metric("Duration", "Average"),
            min(settings.request_average_seconds * 1000, _near_its_end(function, settings)),
            periods=2,
        )
    if kind in _WITH_DESTINATION:
        yield Alarm(
            f"{kind}-destination-failures",
            "Lambda could not keep what the function failed to process: events or changes are "
            "lost. See the permissions of the function's role on its queue or bucket.",
            metric("DestinationDeliveryFailures"),
            1,
        )
    if kind == _STREAM:
        yield Alarm(
            f"{kind}-iterator-age",
            "The stream is read late: trail and conflict resolution are behind. See the function's "
            "errors and durations; a stream keeps its changes for 24 hours.",
            metric("IteratorAge", "Maximum"),
            settings.stream_age_minutes * 60_000,
        )


def _milliseconds(function: Function, settings: Alarms) -> float:
    if function.kind == _API:
        return settings.api_function_seconds * 1000
    return _near_its_end(function, settings)


def _near_its_end(function: Function, settings: Alarms) -> float:
    """Return the milliseconds that come close to the longest that the function can take."""
    seconds = function.timeout_seconds
    if function.kind == _API:
        seconds = min(seconds, _ANSWER_SECONDS)
    return seconds * 10 * settings.function_duration_percent
