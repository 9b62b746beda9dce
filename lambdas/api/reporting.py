"""What the API function tells operators: a line for each request, and metrics."""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from api.exchange import Answer, Request
from shared.circuit_breaker import Circuit, CircuitState
from shared.handled_failures import report_handled_failure

_QUIET = "/health"
"""Asked from everywhere, all the time: not worth a line while it is well."""


class Reporting:
    """Logs and metrics (CloudWatch's embedded metric format) of requests.

    ``ApiRequests``, ``ApiClientErrors``, ``ApiServerErrors`` and ``ApiDurationMs`` have the
    dimensions ``route`` and ``service``; ``CircuitOpen`` has ``dependency`` and ``service``;
    ``HandledFailures``, one for each answer of 5XX, ``service`` and ``version``.

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

    def answered(self, request: Request, answer: Answer, milliseconds: float) -> None:
        """Report a request."""
        if request.resource == _QUIET and answer.status == 200:
            return
        level = self._logger.info if answer.status < 500 else self._logger.error
        level(
            "request answered",
            method=request.method,
            resource=request.resource,
            status=answer.status,
            bytes=len(answer.body),
            duration_ms=round(milliseconds, 1),
        )
        metrics = self._metrics()
        metrics.add_dimension(name="route", value=f"{request.method} {request.resource}"[:250])
        counts = {
            "ApiRequests": 1,
            "ApiClientErrors": int(400 <= answer.status < 500),
            "ApiServerErrors": int(answer.status >= 500),
        }
        for name, value in counts.items():
            metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
        metrics.add_metric(name="ApiDurationMs", unit=MetricUnit.Milliseconds, value=milliseconds)
        metrics.flush_metrics()
        if answer.status >= 500:
            report_handled_failure(self._namespace, self._service)

    def failed(self, error: Exception) -> None:
        """Report why a request could not be answered."""
        self._logger.error(
            "request failed", cause=f"{type(error).__name__}: {error}", exc_info=error
        )

    def circuit_changed(self, circuit: Circuit) -> None:
        """Report a circuit that opened, closed or lets a probe through."""
        is_open = circuit.state is CircuitState.OPEN
        level = self._logger.error if is_open else self._logger.info
        level(
            f"circuit {circuit.state}",
            dependency=circuit.dependency,
            cause=circuit.cause,
            seconds=round(circuit.wait),
        )
        if circuit.state is not CircuitState.HALF_OPEN:
            metrics = self._metrics()
            metrics.add_dimension(name="dependency", value=circuit.dependency)
            metrics.add_metric(name="CircuitOpen", unit=MetricUnit.Count, value=int(is_open))
            metrics.flush_metrics()

    def _metrics(self) -> EphemeralMetrics:
        return EphemeralMetrics(namespace=self._namespace, service=self._service)
