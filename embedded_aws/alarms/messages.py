"""What is told about a change of an alarm's state: to topics, functions and EventBridge.

Sources: CloudWatch User Guide, "Notifying users on alarm changes", "Invoke a Lambda function from
an alarm" and "Alarm events and EventBridge".
"""

from __future__ import annotations

import functools
import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import botocore.session

from embedded_aws.state import RUN

if TYPE_CHECKING:
    from datetime import datetime

    State = dict[str, str]


@dataclass(frozen=True)
class Change:
    """An alarm that changed its state, and the two states as CloudWatch tells them.

    Parameters
    ----------
    alarm
        moto's `Alarm`.
    before, after
        `value`, `reason`, `reasonData` and `timestamp`.
    """

    alarm: Any
    before: State
    after: State


def iso(moment: datetime) -> str:
    """Return a moment as CloudWatch writes it; moto's are UTC without saying so."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


@functools.cache
def region_name(region: str) -> str:
    """Return what AWS calls a region in messages to people."""
    endpoints = botocore.session.get_session().get_data("endpoints")
    for partition in endpoints["partitions"]:
        if region in partition["regions"]:
            return str(partition["regions"][region]["description"])
    return region


def subject(change: Change) -> str:
    """Return the subject of the notification of a topic."""
    region = region_name(change.alarm.region_name)
    return f'{change.after["value"]}: "{change.alarm.name}" in {region}'[:100]


def notification(change: Change) -> str:
    """Return the message to a topic."""
    alarm = change.alarm
    message: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": RUN.account,
        "AlarmConfigurationUpdatedTimestamp": iso(alarm.configuration_updated_timestamp),
        "NewStateValue": change.after["value"],
        "NewStateReason": change.after["reason"],
        "StateChangeTime": change.after["timestamp"],
        "Region": region_name(alarm.region_name),
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": change.before["value"],
        "OKActions": alarm.ok_actions or [],
        "AlarmActions": alarm.alarm_actions or [],
        "InsufficientDataActions": alarm.insufficient_data_actions or [],
    }
    if alarm.rule:
        message["AlarmRule"] = alarm.rule
        message["TriggeringChildren"] = [
            {
                "Arn": child["arn"],
                "State": {
                    "Value": child["state"]["value"],
                    "Timestamp": child["state"]["timestamp"],
                },
            }
            for child in json.loads(change.after.get("reasonData") or "{}").get(
                "triggeringAlarms", []
            )
        ]
    else:
        message["Trigger"] = _trigger(alarm)
    return json.dumps(message)


def _trigger(alarm: Any) -> dict[str, Any]:
    trigger: dict[str, Any] = {
        "Period": alarm.period,
        "EvaluationPeriods": alarm.evaluation_periods,
        "DatapointsToAlarm": alarm.datapoints_to_alarm or alarm.evaluation_periods,
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": float(alarm.threshold) if alarm.threshold is not None else None,
        "TreatMissingData": alarm.treat_missing_data or "",
        "EvaluateLowSampleCountPercentile": alarm.evaluate_low_sample_count_percentile or "",
    }
    if alarm.metric_data_queries:
        return {
            **trigger,
            "Metrics": [_trigger_query(query) for query in alarm.metric_data_queries],
        }
    if alarm.extended_statistic:
        statistic = {
            "StatisticType": "ExtendedStatistic",
            "ExtendedStatistic": alarm.extended_statistic,
        }
    else:
        statistic = {
            "StatisticType": "Statistic",
            "Statistic": _STATISTICS.get(alarm.statistic, alarm.statistic),
        }
    return {
        "MetricName": alarm.metric_name,
        "Namespace": alarm.namespace,
        **statistic,
        "Unit": alarm.unit,
        "Dimensions": [{"value": one.value, "name": one.name} for one in alarm.dimensions],
        **trigger,
    }


_STATISTICS = {"SampleCount": "SAMPLE_COUNT", "Average": "AVERAGE", "Sum": "SUM"} | {
    "Minimum": "MINIMUM",
    "Maximum": "MAXIMUM",
}


def _trigger_query(query: dict[str, Any]) -> dict[str, Any]:
    stat = query.get("MetricStat")
    found: dict[str, Any] = {"Id": query["Id"], "ReturnData": query.get("ReturnData") is not False}
    if query.get("Label"):
        found["Label"] = query["Label"]
    if not stat:
        return {"Expression": query.get("Expression"), **found}
    metric = stat["Metric"]
    found["MetricStat"] = {
        "Metric": {
            "Dimensions": [
                {"value": one["Value"], "name": one["Name"]}
                for one in metric.get("Dimensions") or []
            ],
            "MetricName": metric.get("MetricName"),
            "Namespace": metric.get("Namespace"),
        },
        "Period": stat["Period"],
        "Stat": stat["Stat"],
    }
    return found


def event(change: Change) -> dict[str, Any]:
    """Return the event for EventBridge's default bus."""
    alarm = change.alarm
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": RUN.account,
        "time": change.after["timestamp"][:19] + "Z",
        "region": alarm.region_name,
        "resources": [alarm.alarm_arn],
        "detail": _data(change),
    }


def invocation(change: Change) -> str:
    """Return the event for a function."""
    return json.dumps(
        {
            "source": "aws.cloudwatch",
            "alarmArn": change.alarm.alarm_arn,
            "accountId": RUN.account,
            "time": change.after["timestamp"],
            "region": change.alarm.region_name,
            "alarmData": _data(change),
        }
    )


def _data(change: Change) -> dict[str, Any]:
    return {
        "alarmName": change.alarm.name,
        "state": change.after,
        "previousState": change.before,
        "configuration": _configuration(change.alarm),
    }


def _configuration(alarm: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"description": alarm.description} if alarm.description else {}
    if alarm.rule:
        found["alarmRule"] = alarm.rule
        if alarm.actions_suppressor:
            found["actionsSuppressor"] = alarm.actions_suppressor
            found["actionsSuppressorWaitPeriod"] = alarm.actions_suppressor_wait_period
            found["actionsSuppressorExtensionPeriod"] = alarm.actions_suppressor_extension_period
        return found
    if alarm.metric_data_queries:
        found["metrics"] = [_event_query(query) for query in alarm.metric_data_queries]
        return found
    metric = {
        "namespace": alarm.namespace,
        "name": alarm.metric_name,
        "dimensions": {one.name: one.value for one in alarm.dimensions},
    }
    stat = {
        "metric": metric,
        "period": alarm.period,
        "stat": alarm.statistic or alarm.extended_statistic,
    }
    found["metrics"] = [{"id": str(uuid.uuid4()), "metricStat": stat, "returnData": True}]
    return found


def _event_query(query: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"id": query["Id"], "returnData": query.get("ReturnData") is not False}
    if query.get("Label"):
        found["label"] = query["Label"]
    stat = query.get("MetricStat")
    if not stat:
        return {**found, "expression": query.get("Expression")}
    metric = stat["Metric"]
    found["metricStat"] = {
        "metric": {
            "namespace": metric.get("Namespace"),
            "name": metric.get("MetricName"),
            "dimensions": {one["Name"]: one["Value"] for one in metric.get("Dimensions") or []},
        },
        "period": stat["Period"],
        "stat": stat["Stat"],
    }
    return found
