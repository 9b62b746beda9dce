"""``aws_cloudwatch_metric_alarm``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import block, changed, given, tag_list
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ProviderError, ResourceType, State
from embedded_aws.provider.types.tagging import retag, tag_map
from embedded_aws.provider.types.unset import text

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession


_OF_ONE_METRIC = (
    *("dimensions", "extended_statistic", "metric_name", "namespace", "period", "statistic"),
    "unit",
)
_WORDS = {
    "treat_missing_data": ("breaching", "ignore", "missing", "notBreaching"),
    "evaluate_low_sample_count_percentiles": ("evaluate", "ignore"),
}
_SHORT_PERIODS = (10, 20, 30)


def _dimensions(owner: State) -> list[dict[str, str]]:
    dimensions: dict[str, str] = owner.get("dimensions") or {}
    return [{"Name": name, "Value": value} for name, value in sorted(dimensions.items())]


def _metric(metric: State) -> dict[str, Any]:
    return given(
        Metric=given(
            MetricName=metric["metric_name"],
            Namespace=metric["namespace"],
            Dimensions=_dimensions(metric),
        ),
        Period=int(metric["period"]),
        Stat=metric["stat"],
        Unit=metric["unit"],
    )


def _query(query: State) -> dict[str, Any]:
    metric = block(query, "metric")
    return given(
        Id=query["id"],
        AccountId=query["account_id"],
        Expression=query["expression"],
        Label=query["label"],
        Period=query["period"],
        ReturnData=bool(query["return_data"]),
        MetricStat=_metric(metric) if metric else None,
    )


def _alarm(alarm: State) -> dict[str, Any]:
    return given(
        AlarmName=alarm["alarm_name"],
        AlarmDescription=alarm["alarm_description"],
        ActionsEnabled=alarm["actions_enabled"],
        AlarmActions=alarm["alarm_actions"],
        OKActions=alarm["ok_actions"],
        InsufficientDataActions=alarm["insufficient_data_actions"],
        ComparisonOperator=alarm["comparison_operator"],
        DatapointsToAlarm=alarm["datapoints_to_alarm"],
        Dimensions=_dimensions(alarm),
        EvaluateLowSampleCountPercentile=alarm["evaluate_low_sample_count_percentiles"],
        EvaluationPeriods=alarm["evaluation_periods"],
        ExtendedStatistic=alarm["extended_statistic"],
        MetricName=alarm["metric_name"],
        Metrics=[
            _query(query)
            for query in sorted(alarm["metric_query"] or [], key=lambda one: str(one["id"]))
        ],
        Namespace=alarm["namespace"],
        Period=alarm["period"],
        Statistic=alarm["statistic"],
        # An alarm on an anomaly band has no threshold.
        Threshold=None if alarm["threshold_metric_id"] else float(alarm["threshold"] or 0),
        ThresholdMetricId=alarm["threshold_metric_id"],
        TreatMissingData=alarm["treat_missing_data"],
        Unit=alarm["unit"],
    )


def _read_dimensions(dimensions: list[dict[str, str]] | None) -> dict[str, str] | None:
    return {one["Name"]: one["Value"] for one in dimensions or []} or None


def _read_query(query: dict[str, Any]) -> State:
    stat = query.get("MetricStat") or {}
    metric = stat.get("Metric") or {}
    found: State = {
        "id": query["Id"],
        "account_id": query.get("AccountId"),
        "expression": query.get("Expression"),
        "label": query.get("Label"),
        "period": query.get("Period"),
        "return_data": query.get("ReturnData"),
        "metric": [],
    }
    if metric:
        found["metric"] = [
            {
                "dimensions": _read_dimensions(metric.get("Dimensions")),
                "metric_name": metric["MetricName"],
                "namespace": metric.get("Namespace"),
                "period": stat["Period"],
                "stat": stat["Stat"],
                "unit": stat.get("Unit"),
            }
        ]
    return found


@resource
class CloudwatchMetricAlarm(ResourceType):
    """An alarm on a metric or on an expression of metrics; its name is its id."""

    type_name = "aws_cloudwatch_metric_alarm"
    replace = frozenset({"alarm_name"})
    defaults: ClassVar = {"actions_enabled": True, "treat_missing_data": "missing"}
    enums: ClassVar = {
        "comparison_operator": ("cloudwatch", "ComparisonOperator"),
        "statistic": ("cloudwatch", "Statistic"),
        "unit": ("cloudwatch", "StandardUnit"),
    }
    conflicts = (
        *(frozenset({name, "metric_query"}) for name in _OF_ONE_METRIC),
        frozenset({"statistic", "extended_statistic"}),
        frozenset({"threshold", "threshold_metric_id"}),
    )

    def validate(self, config: State) -> list[ProviderError]:
        """Check what the real provider checks: words, periods and numbers."""
        found = []
        for name, words in _WORDS.items():
            if isinstance(config[name], str) and config[name] not in words:
                listed = ", ".join(words)
                said = f"expected {name} to be one of [{listed}], got {config[name]}"
                found.append(ProviderError(said, name))
        for name in ("evaluation_periods", "datapoints_to_alarm"):
            if isinstance(config[name], int) and config[name] < 1:
                said = f"expected {name} to be at least (1), got {config[name]}"
                found.append(ProviderError(said, name))
        period = config["period"]
        if isinstance(period, int) and period not in _SHORT_PERIODS and (period < 1 or period % 60):
            said = f"expected period to be one of [10, 20, 30] or a multiple of 60, got {period}"
            found.append(ProviderError(said, "period"))
        return found

    def create(self, aws: AwsSession, planned: State) -> State:
        """Put the alarm with its tags."""
        aws.client("cloudwatch").put_metric_alarm(
            **_alarm(planned), **given(Tags=tag_list(planned))
        )
        return {"id": planned["alarm_name"]}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Describe the alarm."""
        client = aws.client("cloudwatch")
        alarms = client.describe_alarms(AlarmNames=[state["id"]])["MetricAlarms"]
        if not alarms:
            return None
        alarm = alarms[0]
        tags = client.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
        return {
            "arn": alarm["AlarmArn"],
            "alarm_name": alarm["AlarmName"],
            "actions_enabled": alarm["ActionsEnabled"],
            "alarm_actions": alarm.get("AlarmActions") or None,
            "ok_actions": alarm.get("OKActions") or None,
            "insufficient_data_actions": alarm.get("InsufficientDataActions") or None,
            "alarm_description": text(state, "alarm_description", alarm.get("AlarmDescription")),
            "comparison_operator": alarm["ComparisonOperator"],
            "datapoints_to_alarm": alarm.get("DatapointsToAlarm"),
            "dimensions": _read_dimensions(alarm.get("Dimensions")),
            "evaluate_low_sample_count_percentiles": alarm.get(
                "EvaluateLowSampleCountPercentile", ""
            ),
            "evaluation_periods": alarm["EvaluationPeriods"],
            "extended_statistic": alarm.get("ExtendedStatistic"),
            "metric_name": alarm.get("MetricName"),
            "metric_query": [_read_query(query) for query in alarm.get("Metrics") or []],
            "namespace": alarm.get("Namespace"),
            "period": alarm.get("Period"),
            "statistic": alarm.get("Statistic"),
            "threshold": alarm.get("Threshold"),
            "threshold_metric_id": alarm.get("ThresholdMetricId"),
            "treat_missing_data": alarm.get("TreatMissingData") or "missing",
            "unit": alarm.get("Unit"),
            "tags_all": tag_map(tags),
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Put the alarm anew."""
        client = aws.client("cloudwatch")
        client.put_metric_alarm(**_alarm(planned))
        if changed(prior, planned, "tags_all"):
            retag(client, "ResourceARN", prior["arn"], prior, planned)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the alarm."""
        aws.client("cloudwatch").delete_alarms(AlarmNames=[state["id"]])
