"""Alarms on metrics that the functions publish themselves, in the pipeline's namespace.

Their dimensions are those with which the functions write them (`reporting` beside each handler):
CloudWatch adds nothing up over dimensions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pipeline.config.alarms import Alarms
from pipeline.monitoring.alarm import Alarm, Metric
from pipeline.naming import Function, Names

# Which functions have circuits, and around what (`connections.DEPENDENCIES` of each).
_PROCESSING = ("table", "ledger", "object-store", "quarantine", "invocation-log", "queue")
CIRCUITS: Mapping[Function, Sequence[str]] = {
    "data-processor": _PROCESSING,
    "request-processor": _PROCESSING,
    "api": ("table", "ledger", "object-store", "workflow", "secret"),
}
_OPEN = (
    "A dependency does not answer, so that nothing is begun that needs it: work waits. The "
    "function's log names it (circuit open) and says why."
)


def own_alarms(names: Names, function: Function, settings: Alarms) -> Iterator[Alarm]:
    """Return what a function itself tells of trouble."""
    service = {"service": names.function(function)}
    namespace = names.metrics_namespace()

    def metric(name: str, statistic: str = "Sum", **more: str) -> Metric:
        return Metric(namespace, name, {**service, **more}, statistic)

    if function in CIRCUITS:
        circuits = [
            metric("CircuitOpen", "Maximum", dependency=each) for each in CIRCUITS[function]
        ]
        yield Alarm(f"{function}-circuit-open", _OPEN, circuits, 1, expression="MAX")
    if function == "data-processor":
        yield Alarm(
            "data-processor-malformed-events",
            "Nobody can read some messages of the work queue; they are in the dead-letter queue, "
            "with their cause. Who else sends to the queue?",
            [metric("EventsMalformed")],
            1,
        )
        yield Alarm(
            "data-processor-retried-objects",
            "Objects go back to the work queue again and again, which Lambda does not count as "
            "errors. The processor's log (object not processed) says why.",
            [metric("ObjectsRetried")],
            settings.retried_objects,
        )
    if function == "stream-processor":
        yield Alarm(
            "stream-processor-audit-failures",
            "The trail could not be written; the stream delivers again for up to 23 hours. See the "
            "function's log.",
            [metric("AuditFailures")],
            1,
        )
        yield Alarm(
            "stream-processor-ranks-given-up",
            "DynamoDB does not take an item back that a lower rank replaced: the log has its key. "
            "Upload its object again.",
            [metric("RanksGivenUp")],
            1,
        )
