"""What the processor tells operators: structured logs, and metrics for each dataset."""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from processor.events import ObjectCreated
from processor.outcomes import Outcome
from shared.circuit_breaker import Circuit, CircuitOpenError, CircuitState
from shared.handled_failures import report_handled_failure

_OBJECT_METRICS = {
    "COMPLETED": "ObjectsCompleted",
    "FAILED": "ObjectsFailed",
    "IGNORED": "ObjectsIgnored",
    "REPEATED": "ObjectsRepeated",
    "COPY": "ObjectsCopied",
    "CONTINUED": "ObjectsContinued",
    "SPLIT": "ObjectsSplit",
    "PART": "PartsEnded",
}


class Reporting:
    """Logs and metrics (CloudWatch's embedded metric format) of what was processed.

    Metrics carry the dimensions ``dataset`` and ``service``; those of events that never became an
    object have ``service`` alone. ``CircuitOpen`` has ``dependency`` and ``service``: 1 when a
    circuit opens and for everything that is held back by it, 0 when it closes.

    Parameters
    ----------
    logger : Logger
        Of Powertools.
    namespace, service : str
        Of the metrics.
    """

    def __init__(self, logger: Logger, namespace: str, service: str) -> None:
        self._logger = logger
        self._namespace = namespace
        self._service = service

    def ended(self, outcome: Outcome) -> None:
        """Report an object version whose processing ended."""
        counts = outcome.counts
        level = self._logger.info if outcome.result in _QUIET else self._logger.error
        level(
            f"object {outcome.result.lower()}",
            object=outcome.object_id,
            part=outcome.part,
            request_id=outcome.request_id,
            dataset=outcome.dataset,
            read=counts.read,
            stored=counts.stored,
            superseded=counts.superseded,
            rejected=counts.rejected,
            estimated=counts.is_estimated,
            duration_ms=round(outcome.milliseconds, 1),
            reason=outcome.reason,
        )
        values = {_OBJECT_METRICS[outcome.result]: 1}
        if outcome.result not in _NOT_PROCESSED:
            values |= {
                "RecordsRead": counts.read,
                "RecordsStored": counts.stored,
                "RecordsSuperseded": counts.superseded,
                "RecordsRejected": counts.rejected,
            }
        metrics = self._metrics(values)
        metrics.add_dimension(name="dataset", value=outcome.dataset)
        if outcome.result not in _NOT_PROCESSED:
            metrics.add_metric(
                name="DurationMs", unit=MetricUnit.Milliseconds, value=outcome.milliseconds
            )
        metrics.flush_metrics()

    def ignored(self, reason: str) -> None:
        """Report an event that announced nothing to process."""
        self._logger.info("event ignored", reason=reason)
        self._metrics({"EventsIgnored": 1}).flush_metrics()

    def malformed(self, cause: str, message_id: str) -> None:
        """Report an event that nobody can read; it goes to the dead-letter queue."""
        self._logger.error("event malformed", cause=cause, message_id=message_id)
        self._metrics({"EventsMalformed": 1}).flush_metrics()

    def not_processed(self, created: ObjectCreated, error: Exception) -> None:
        """Report an object that has to be processed later."""
        self._logger.warning(
            "object not processed",
            bucket=created.bucket,
            key=created.key,
            version_id=created.version_id,
            cause=f"{type(error).__name__}: {error}",
            exc_info=error,
        )
        self._metrics({"ObjectsRetried": 1}).flush_metrics()

    def held_back(self, created: ObjectCreated, refusal: CircuitOpenError) -> None:
        """Report an object that was not begun."""
        self._logger.info(
            "object held back",
            bucket=created.bucket,
            key=created.key,
            version_id=created.version_id,
            dependency=refusal.dependency,
            cause=str(refusal),
        )
        metrics = self._metrics({"CircuitOpen": 1, "ObjectsHeldBack": 1})
        metrics.add_dimension(name="dependency", value=refusal.dependency)
        metrics.flush_metrics()

    def put_off(self) -> None:
        """Report an invocation that gave objects back, which Lambda takes for a success."""
        report_handled_failure(self._namespace, self._service)

    def circuit_changed(self, circuit: Circuit) -> None:
        """Report that a circuit opened, closed, or lets its probe through."""
        level = self._logger.info
        if circuit.state is CircuitState.OPEN:
            level = self._logger.error
        level(
            f"circuit {circuit.state}",
            dependency=circuit.dependency,
            cause=circuit.cause,
            failures=circuit.failures,
            seconds=round(circuit.wait),
        )
        if circuit.state is not CircuitState.HALF_OPEN:
            metrics = self._metrics({"CircuitOpen": int(circuit.state is CircuitState.OPEN)})
            metrics.add_dimension(name="dependency", value=circuit.dependency)
            metrics.flush_metrics()

    def call_failed(self, what: str, message_id: str, error: Exception) -> None:
        """Report a message that comes back only after the queue's whole visibility time-out."""
        self._logger.warning(what, message_id=message_id, cause=str(error))

    def _metrics(self, values: dict[str, int]) -> EphemeralMetrics:
        metrics = EphemeralMetrics(namespace=self._namespace, service=self._service)
        for name, value in values.items():
            metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
        return metrics


_NOT_PROCESSED = frozenset({"REPEATED", "COPY", "CONTINUED", "SPLIT", "PART"})
"""What has no accounts of its own, or not yet: the records are counted when the object ends."""

_QUIET = _NOT_PROCESSED | {"COMPLETED"}
