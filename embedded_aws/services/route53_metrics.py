"""The metric of health checks: whether each passes when somebody looks.

Stands in for nothing of moto, whose health checks have no metrics.

Source: Route 53 Developer Guide, "Monitoring health checks using CloudWatch": in us-east-1 alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedded_aws.metrics.store import put, sample_by
from embedded_aws.services.route53_answers import passes

if TYPE_CHECKING:
    from embedded_aws.metrics.store import Dimensions

NAMESPACE, REGION = "AWS/Route53", "us-east-1"


def _sample(region: str, name: str, dimensions: Dimensions) -> None:
    check = dict(dimensions).get("HealthCheckId", "")
    if region != REGION or name != "HealthCheckStatus":
        return
    status = passes(check)
    if status is not None:
        put(region, NAMESPACE, [dimensions], [(name, "None", float(status))])


def install() -> None:
    """Look at health checks when they are asked for."""
    sample_by(NAMESPACE, _sample)
