"""What tests ask CloudWatch."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws


def listed(dimensions: dict[str, str]) -> list[dict[str, str]]:
    """Return dimensions as boto3 takes them."""
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]


def statistic(
    aws: EmbeddedAws,
    namespace: str,
    metric: str,
    dimensions: dict[str, str] | None = None,
    kind: str = "Sum",
    region: str = "us-east-1",
) -> float | None:
    """Return a statistic of a metric over the last hours, None when it has no value."""
    now = datetime.datetime.now(datetime.UTC)
    extended = kind.startswith("p")
    points: list[dict[str, Any]] = aws.client("cloudwatch", region).get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=listed(dimensions or {}),
        StartTime=now - datetime.timedelta(hours=10),
        EndTime=now + datetime.timedelta(minutes=5),
        Period=86_400,
        **({"ExtendedStatistics": [kind]} if extended else {"Statistics": [kind]}),
    )["Datapoints"]
    if not points:
        return None
    assert len(points) == 1
    return float((points[0]["ExtendedStatistics"] if extended else points[0])[kind])
