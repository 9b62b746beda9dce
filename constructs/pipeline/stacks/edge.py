"""What looks at both regions together: the dashboard, and the way from one to the other (A12)."""

from __future__ import annotations

import json
from typing import Any

from cdktf_cdktf_provider_aws.cloudwatch_dashboard import CloudwatchDashboard
from constructs import Construct

from pipeline.monitoring.alarm import build_alarm
from pipeline.monitoring.data_alarms import replication_alarm
from pipeline.naming import QUEUES, Function, Table
from pipeline.stacks.base import PipelineStack, StackProps

_GLOBAL_TABLES: tuple[Table, ...] = ("processed-data", "object-ledger")
_PERIOD_SECONDS = 300
_RECORDS = ("RecordsRead", "RecordsStored", "RecordsSuperseded", "RecordsRejected")
_COLUMNS, _HEIGHT = 12, 6  # half of CloudWatch's grid of 24 columns: one column per region


class Edge(PipelineStack):
    """The dashboard, a column per region, and an alarm on each table's replication."""

    def __init__(self, scope: Construct, stack_id: str, props: StackProps) -> None:
        primary, secondary = props.environment.both_regions
        super().__init__(scope, stack_id, props, home=primary, others=[secondary])
        widgets = [
            widget
            for column, region in enumerate((primary, secondary))
            for widget in self._widgets(region, column * _COLUMNS)
        ]
        name = props.names.dashboard(primary)
        CloudwatchDashboard(
            self,
            "dashboard",
            dashboard_name=name,
            dashboard_body=json.dumps({"widgets": widgets}, separators=(",", ":")),
        )
        self.publish("dashboard_name", name, "The dashboard over both regions")
        self._watch_replication(primary, secondary)
        self._watch_replication(secondary, primary)

    def _watch_replication(self, region: str, receiving: str) -> None:
        names, settings = self._props.names, self._props.environment.alarms
        scope = Construct(self, f"replication-{region}")
        for table in _GLOBAL_TABLES:
            build_alarm(
                scope,
                names,
                replication_alarm(names, table, receiving, settings),
                names.topic_arn("alerts", region),
                self.providers[region],
            )

    def _functions(self) -> list[Function]:
        environment = self._props.environment
        functions: list[Function] = ["data-processor", "stream-processor", "object-sweep"]
        if environment.api.enabled:
            functions += ["api"]
        if environment.workflow.enabled:
            functions += ["request-validator", "request-processor", "request-notifier"]
        return functions

    def _widgets(self, region: str, x: int) -> list[dict[str, Any]]:
        names = self._props.names
        namespace, service = names.metrics_namespace(), names.function("data-processor")
        functions = [["FunctionName", names.function(each)] for each in self._functions()]
        queues = [["QueueName", names.queue(each)] for each in QUEUES]
        rows: dict[str, list[list[Any]]] = {
            "Records": [[_over_datasets(namespace, service, name)] for name in _RECORDS],
            "Processor": [
                ["AWS/Lambda", name, "FunctionName", service]
                for name in ("Invocations", "Errors", "Throttles")
            ],
            "Queues": [
                ["AWS/SQS", "ApproximateNumberOfMessagesVisible", *queue] for queue in queues
            ],
            "Errors of functions": [["AWS/Lambda", "Errors", *each] for each in functions],
            "Slowest invocations (p99, ms)": [
                ["AWS/Lambda", "Duration", *each, {"stat": "p99"}] for each in functions
            ],
            **self._request_rows(region),
        }
        return [
            _widget(f"{title} in {region}", metrics, region, x, row * _HEIGHT)
            for row, (title, metrics) in enumerate(rows.items())
        ]

    def _request_rows(self, region: str) -> dict[str, list[list[Any]]]:
        names, environment = self._props.names, self._props.environment
        stage = ["ApiName", names.rest_api(), "Stage", names.stage()]
        machine = ["StateMachineArn", names.state_machine_arn(region)]
        rows: dict[str, list[list[Any]]] = {}
        if environment.api.enabled:
            rows["Requests to the API"] = [
                ["AWS/ApiGateway", name, *stage] for name in ("Count", "4XXError", "5XXError")
            ]
        if environment.workflow.enabled:
            rows["Workflow"] = [
                ["AWS/States", name, *machine]
                for name in ("ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed")
            ]
        return rows


def _over_datasets(namespace: str, service: str, metric: str) -> dict[str, str]:
    """Return a metric summed over the datasets; CloudWatch keeps each dataset apart."""
    # CloudWatch, "Search expression syntax": a namespace with hyphens has to be in quotes.
    schema = f'{{"{namespace}",dataset,service}}'
    search = f"SEARCH('{schema} service=\"{service}\" MetricName=\"{metric}\"', 'Sum')"
    return {"expression": f"SUM({search})", "label": metric, "id": metric.lower()}


def _widget(title: str, metrics: list[list[Any]], region: str, x: int, y: int) -> dict[str, Any]:
    return {
        "type": "metric",
        "x": x,
        "y": y,
        "width": _COLUMNS,
        "height": _HEIGHT,
        "properties": {
            "title": title,
            "metrics": metrics,
            "region": region,
            "stat": "Sum",
            "period": _PERIOD_SECONDS,
            "view": "timeSeries",
        },
    }
