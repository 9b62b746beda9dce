"""Limits of CloudWatch and CloudWatch Logs that neither their models nor moto hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .limit import limit, refuse

if TYPE_CHECKING:
    from embedded_aws.iam.call import ApiCall

RETENTION = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""Days that a log group may keep its events."""

DASHBOARD_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
SHORT_PERIODS = {10, 20, 30}
DATA = 1000
DIMENSIONS = 30


@limit(
    "logs",
    "PutRetentionPolicy",
    source="AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
)
def retention(call: ApiCall) -> None:
    """Refuse other numbers of days than AWS offers."""
    days = call.parameters.get("retentionInDays")
    if days not in RETENTION:
        listed = ", ".join(str(n) for n in RETENTION)
        message = f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to "
        rule = f"satisfy constraint: Member must satisfy enum value set: [{listed}]"
        refuse("InvalidParameterException", message + rule)


@limit(
    "cloudwatch",
    "PutDashboard",
    source="AmazonCloudWatch/latest/APIReference/API_PutDashboard.html",
)
def dashboard_name(call: ApiCall) -> None:
    """Refuse a dashboard name with others than letters, digits, - and _."""
    name = str(call.parameters.get("DashboardName") or "")
    if not DASHBOARD_NAME.fullmatch(name):
        message = f"The value {name} for field DashboardName contains invalid characters. It can "
        refuse("InvalidParameterInput", message + "only contain alphanumerics, dash and underscore")


@limit(
    "cloudwatch",
    "PutMetricAlarm",
    source="AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html",
)
def alarm_period(call: ApiCall) -> None:
    """Refuse a period that is neither 10, 20, 30 nor a multiple of 60 seconds."""
    period = call.parameters.get("Period")
    if period is not None and int(period) not in SHORT_PERIODS and int(period) % 60:
        message = "Period must be 10, 20, 30 or a multiple of 60"
        refuse("ValidationError", message)


@limit(
    "cloudwatch",
    "PutMetricData",
    source="AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html",
)
def metric_data(call: ApiCall) -> None:
    """Refuse more than 1,000 metrics in a request or 30 dimensions of one."""
    data = call.parameters.get("MetricData") or []
    if len(data) > DATA:
        message = f"The collection MetricData must not have a size greater than {DATA}."
        refuse("InvalidParameterValue", message)
    for index, metric in enumerate(data, 1):
        if len(metric.get("Dimensions") or []) > DIMENSIONS:
            place = f"MetricData.member.{index}.Dimensions"
            message = f"The collection {place} must not have a size greater than {DIMENSIONS}."
            refuse("InvalidParameterValue", message)
