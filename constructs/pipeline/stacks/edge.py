"""What looks at both regions together: the dashboard over the data path (row A12)."""

from __future__ import annotations

import json
from typing import Any

from cdktf_cdktf_provider_aws.cloudwatch_dashboard import CloudwatchDashboard
from constructs import Construct

from pipeline.stacks.base import PipelineStack, StackProps

_PERIOD_SECONDS = 300
_RECORDS = ("RecordsRead", "RecordsStored", "RecordsSuperseded", "RecordsRejected")
_COLUMNS, _HEIGHT = 12, 6  # half of CloudWatch's grid of 24 columns: one column per region


class Edge(PipelineStack):
    """The dashboard: records and objects, the function, its queues, a column per region."""

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

    def _widgets(self, region: str, x: int) -> list[dict[str, Any]]:
        names = self._props.names
        namespace, service = names.metrics_namespace(), names.function("data-processor")
        function = ["FunctionName", service]
        queue = ["QueueName", names.queue("data-processing")]
        dead_letters = ["QueueName", names.queue("data-processing-dlq")]
        rows: dict[str, list[list[Any]]] = {
            "Records": [[_over_datasets(namespace, service, name)] for name in _RECORDS],
            "Processor": [
                ["AWS/Lambda", name, *function] for name in ("Invocations", "Errors", "Throttles")
            ],
            "Queues": [
                ["AWS/SQS", "ApproximateNumberOfMessagesVisible", *queue],
                ["AWS/SQS", "ApproximateNumberOfMessagesVisible", *dead_letters],
            ],
        }
        return [
            _widget(f"{title} in {region}", metrics, region, x, row * _HEIGHT)
            for row, (title, metrics) in enumerate(rows.items())
        ]


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
