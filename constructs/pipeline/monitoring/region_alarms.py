"""Alarms that a region is lost, where a domain leads to both (rows A10, A12, C6).

Sources: Amazon Route 53 Developer Guide, "Monitoring health checks using CloudWatch"; Amazon API
Gateway Developer Guide, "Amazon API Gateway dimensions and metrics".
"""

from __future__ import annotations

from pipeline.api.document import Route
from pipeline.layout import STANDBY_ALARM, failure_alarm_name
from pipeline.monitoring.alarm import Alarm, Metric
from pipeline.naming import Names

_MINUTE = 60  # a lost region is no matter of five


def failure_alarm(region: str, health_check_id: str) -> Alarm:
    """Return the watch over a region's health check, for ``HEALTH_CHECK_REGION``."""
    return Alarm(
        failure_alarm_name(region),
        f"Route 53 finds the API of {region} unhealthy and sends its calls to the other region. "
        "See /health of that region, and AWS's own dashboard.",
        [Metric("AWS/Route53", "HealthCheckStatus", {"HealthCheckId": health_check_id}, "Minimum")],
        1,
        below=True,
        period_seconds=_MINUTE,
    )


def standby_alarm(names: Names, routes: list[Route]) -> Alarm:
    """Return the watch over calls that the secondary region answers, for that region.

    When us-east-1 is lost, nobody may hear of it from there. It is for a region that stands by:
    where weights lead calls to it they say nothing.
    """
    stage = {"ApiName": names.rest_api(), "Stage": names.stage()}
    return Alarm(
        STANDBY_ALARM,
        "The secondary region answers requests: by failover or by weight. Should it not, see "
        "whether the primary region is lost.",
        [
            Metric("AWS/ApiGateway", "Count", {**stage, "Resource": each.path, "Method": each.verb})
            for each in routes
        ],
        1,
        period_seconds=_MINUTE,
    )
