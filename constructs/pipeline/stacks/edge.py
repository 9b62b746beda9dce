"""What spans both regions: dashboard, replication, and the API's domain (rows A10, A12, C6)."""

from __future__ import annotations

import json
from typing import Any

from cdktf_cdktf_provider_aws.cloudwatch_dashboard import CloudwatchDashboard
from constructs import Construct

from pipeline.api.document import load_document, routes
from pipeline.dns.api_domain import ApiDomain, ApiDomainProps
from pipeline.layout import HEALTH_CHECK_REGION
from pipeline.monitoring.alarm import Alarm, build_alarm
from pipeline.monitoring.data_alarms import replication_alarm
from pipeline.monitoring.region_alarms import failure_alarm, standby_alarm
from pipeline.naming import QUEUES, Function, Table
from pipeline.stacks.base import PipelineStack, StackProps

_GLOBAL_TABLES: tuple[Table, ...] = ("processed-data", "object-ledger")
_PERIOD_SECONDS = 300
_RECORDS = ("RecordsRead", "RecordsStored", "RecordsSuperseded", "RecordsRejected")
_COLUMNS, _HEIGHT = 12, 6  # half of CloudWatch's grid of 24 columns: one column per region


class Edge(PipelineStack):
    """The dashboard, alarms on what happens between the regions, and the API's domain, if any."""

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
        settings = props.environment.api
        if settings.domain is not None and settings.hosted_zone_id is not None:
            self._build_domain(settings.domain, settings.hosted_zone_id)

    def _watch_replication(self, region: str, receiving: str) -> None:
        names, settings = self._props.names, self._props.environment.alarms
        scope = Construct(self, f"replication-{region}")
        for table in _GLOBAL_TABLES:
            self._watch(scope, region, replication_alarm(names, table, receiving, settings))

    def _watch(self, scope: Construct, region: str, alarm: Alarm) -> None:
        topic = self._props.names.topic_arn("alerts", region)
        build_alarm(scope, self._props.names, alarm, topic, self.providers[region])

    def _build_domain(self, domain: str, zone_id: str) -> None:
        environment, names = self._props.environment, self._props.names
        built = ApiDomain(
            self,
            "domain",
            ApiDomainProps(environment, names, domain, zone_id, self.providers),
        )
        scope = Construct(self, "regions")
        if HEALTH_CHECK_REGION in environment.both_regions:
            for region, check in built.health_check_ids.items():
                self._watch(scope, HEALTH_CHECK_REGION, failure_alarm(region, check))
        if environment.api.secondary_percent == 0:  # otherwise it does not stand by
            called = [each for each in routes(load_document()) if not each.is_open]
            secondary = environment.regions.secondary
            self._watch(scope, secondary, standby_alarm(names, called))
        self.publish("api_url", f"https://{domain}", "The API, in whichever region is healthy")
        self.publish("api_weighted_name", built.weighted_name, "Its records have the weights")

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
