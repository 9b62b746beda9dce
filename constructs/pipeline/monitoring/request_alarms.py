"""Alarms of the REST API and of the workflow behind it (rows B10, C5, E6).

Sources: Amazon API Gateway Developer Guide, "Amazon API Gateway dimensions and metrics"; AWS Step
Functions Developer Guide, "Monitoring Step Functions metrics using Amazon CloudWatch".
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.config.alarms import Alarms
from pipeline.monitoring.alarm import Alarm, Metric
from pipeline.naming import Names


def api_alarms(names: Names, settings: Alarms) -> Iterator[Alarm]:
    """Return what is watched of the REST API's stage."""
    dimensions = {"ApiName": names.rest_api(), "Stage": names.stage()}

    def metric(name: str, statistic: str = "Sum") -> list[Metric]:
        return [Metric("AWS/ApiGateway", name, dimensions, statistic)]

    yield Alarm(
        "data-api-client-errors",
        "Requests were refused: wrong records, missing rights, throttling. The access log has the "
        "status and the reason of each.",
        metric("4XXError"),
        settings.api_client_errors,
    )
    yield Alarm(
        "data-api-server-errors",
        "Requests were not answered. See the errors of the API's function, and its open circuits.",
        metric("5XXError"),
        settings.api_server_errors,
    )
    yield Alarm(
        "data-api-latency",
        "Answers take long. See the API function's durations, and what it waits for.",
        metric("Latency", "Average"),
        settings.api_latency_seconds * 1000,
    )


def workflow_alarms(names: Names, region: str, settings: Alarms) -> Iterator[Alarm]:
    """Return what is watched of the state machine.

    Every execution counts under ``StateMachineArn`` alone ("Execution metrics for all state
    machines"), which is unqualified; one that was started by the alias counts once more under
    ``StateMachineArn`` and ``Alias`` ("Dimensions for executions with an alias"). The first also
    has what an operator started without the alias.
    """
    dimensions = {"StateMachineArn": names.state_machine_arn(region)}
    yield Alarm(
        "process-records-failed",
        "Requests ended in a failure. The ledger has the reason of each; the same request may be "
        "sent again.",
        [Metric("AWS/States", "ExecutionsFailed", dimensions)],
        settings.failed_executions,
    )
    yield Alarm(
        "process-records-timed-out",
        "Executions took longer than they may. See where they waited in their history.",
        [Metric("AWS/States", "ExecutionsTimedOut", dimensions)],
        1,
    )
