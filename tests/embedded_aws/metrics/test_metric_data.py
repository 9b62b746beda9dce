"""R-B10: values that are put are found again: statistics, percentiles, periods, dimensions, units.

Oracle: CloudWatch API reference, "PutMetricData", "GetMetricStatistics", "GetMetricData".
"""

from __future__ import annotations

import datetime
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.metrics import store
from embedded_aws.metrics.statistics import Aggregate
from tests.embedded_aws.functions.making import unique
from tests.embedded_aws.metrics.reading import listed, statistic

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws


def put(aws: EmbeddedAws, namespace: str, **datum: Any) -> None:
    aws.client("cloudwatch").put_metric_data(
        Namespace=namespace, MetricData=[{"MetricName": "m", **datum}]
    )


def test_values_counts_and_statistic_sets_add_up(aws: EmbeddedAws) -> None:
    """R-B10: whichever way they are put."""
    space = unique("Space")
    put(aws, space, Value=4)
    put(aws, space, Values=[1, 7], Counts=[2, 3])
    sets = {"SampleCount": 4, "Sum": 40, "Minimum": 0, "Maximum": 20}
    put(aws, space, StatisticValues=sets)

    assert statistic(aws, space, "m") == 4 + 2 + 21 + 40
    assert statistic(aws, space, "m", kind="SampleCount") == 10
    assert statistic(aws, space, "m", kind="Average") == 6.7
    assert statistic(aws, space, "m", kind="Minimum") == 0
    assert statistic(aws, space, "m", kind="Maximum") == 20


def test_a_metric_is_told_apart_by_all_its_dimensions(aws: EmbeddedAws) -> None:
    """R-B10: a metric with more dimensions is another metric; their order does not matter."""
    space = unique("Space")
    put(aws, space, Value=1, Dimensions=listed({"a": "x"}))
    put(aws, space, Value=2, Dimensions=listed({"a": "x", "b": "y"}))
    put(aws, space, Value=4, Dimensions=listed({"b": "y", "a": "x"}))

    assert statistic(aws, space, "m", {"a": "x"}) == 1
    assert statistic(aws, space, "m", {"b": "y", "a": "x"}) == 6
    assert statistic(aws, space, "m") is None
    client = aws.client("cloudwatch")
    found = client.list_metrics(Namespace=space, Dimensions=[{"Name": "b"}])["Metrics"]
    assert [metric["Dimensions"] for metric in found] == [listed({"a": "x", "b": "y"})]
    assert len(client.list_metrics(Namespace=space)["Metrics"]) == 2


def test_units_are_kept_apart(aws: EmbeddedAws) -> None:
    """R-B10: a unit that is asked for leaves out the others."""
    space, now = unique("Space"), datetime.datetime.now(datetime.UTC)
    put(aws, space, Value=1, Unit="Seconds")
    put(aws, space, Value=10, Unit="Bytes")
    points = aws.client("cloudwatch").get_metric_statistics(
        Namespace=space,
        MetricName="m",
        StartTime=now - datetime.timedelta(minutes=5),
        EndTime=now + datetime.timedelta(minutes=5),
        Period=3600,
        Statistics=["Sum"],
        Unit="Bytes",
    )["Datapoints"]
    assert [(point["Sum"], point["Unit"]) for point in points] == [(10.0, "Bytes")]


def test_percentiles_are_those_of_the_values(aws: EmbeddedAws) -> None:
    """R-B10: p50 to p99.9; a statistic set of different values has none."""
    space = unique("Space")
    put(aws, space, Values=list(range(1, 101)))
    assert statistic(aws, space, "m", kind="p50") == 50
    assert statistic(aws, space, "m", kind="p99") == 99
    assert statistic(aws, space, "m", kind="p99.9") == 100
    with pytest.raises(ClientError, match="not computed"):
        statistic(aws, space, "m", kind="p0x")


def test_values_fall_into_the_periods_of_their_time(aws: EmbeddedAws) -> None:
    """R-B10: by the timestamp, in whole minutes, and old values are refused silently."""
    space, client = unique("Space"), aws.client("cloudwatch")
    now = datetime.datetime.now(datetime.UTC).replace(second=10, microsecond=0)
    for minutes, value in ((3, 1), (3, 2), (2, 4), (60 * 24 * 20, 8)):
        moment = now - datetime.timedelta(minutes=minutes)
        put(aws, space, Value=value, Timestamp=moment)
    points = client.get_metric_statistics(
        Namespace=space,
        MetricName="m",
        StartTime=now - datetime.timedelta(minutes=10),
        EndTime=now + datetime.timedelta(minutes=1),
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]
    whole = now.replace(second=0)
    found = {point["Timestamp"]: point["Sum"] for point in points}
    assert found == {
        whole - datetime.timedelta(minutes=3): 3.0,
        whole - datetime.timedelta(minutes=2): 4.0,
    }


def test_queries_compute_with_each_other(aws: EmbeddedAws) -> None:
    """R-B10: GetMetricData with expressions of expressions; what is hidden is not returned."""
    space, now = unique("Space"), datetime.datetime.now(datetime.UTC)
    put(aws, space, Values=[3, 5])
    metric = {"Namespace": space, "MetricName": "m"}

    def ask(*queries: dict[str, Any]) -> dict[str, Any]:
        answer = aws.client("cloudwatch").get_metric_data(
            StartTime=now - datetime.timedelta(minutes=5),
            EndTime=now + datetime.timedelta(minutes=5),
            MetricDataQueries=list(queries),
        )
        return {result["Id"]: result["Values"] for result in answer["MetricDataResults"]}

    total = {"Id": "total", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "Sum"}}
    number = {"Id": "n", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "SampleCount"}}
    mean = {"Id": "mean", "Expression": "total / n"}
    assert ask(
        total, {**number, "ReturnData": False}, mean, {"Id": "e", "Expression": "mean^2"}
    ) == {
        "total": [8.0],
        "mean": [4.0],
        "e": [16.0],
    }
    with pytest.raises(ClientError, match="ANOMALY_DETECTION_BAND is not computed"):
        ask(total, {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(total)"})
    with pytest.raises(ClientError, match="in a circle"):
        ask(total, {"Id": "a", "Expression": "b + 1"}, {"Id": "b", "Expression": "a + 1"})


def test_memory_is_bounded_and_nothing_is_lost_of_what_is_kept() -> None:
    """R-B10: half a day of values, ten a second, lies in as many slots as there are widths for."""
    now, dimensions = time.time(), (("case", unique("bounded")),)
    seconds = 12 * 3600
    for ago in range(seconds, 0, -1):
        store.put("eu-west-1", "Bounded", [dimensions], [("m", "Count", 1.0)] * 10, now - ago)
    series = store._series["eu-west-1", "Bounded", "m", dimensions, "Count"]

    assert len(series.slots) < seconds / 60 + 900 + 120 + 1100
    (found,) = store.read(
        "eu-west-1", "Bounded", "m", dimensions, [now - seconds - 60], seconds + 70
    )
    assert found is not None
    assert found.count == seconds * 10


def test_many_different_values_are_kept_within_five_percent() -> None:
    """R-B10: percentiles of a long distribution, in bounded memory."""
    aggregate = Aggregate()
    for number in range(1, 100_001):
        aggregate.add(number / 7)
    assert aggregate.values is not None
    assert len(aggregate.values) < 700
    for name in ("p1", "p50", "p90", "p99", "p99.9"):
        expected = float(name[1:]) / 100 * 100_000 / 7
        assert aggregate.statistic(name) == pytest.approx(expected, rel=0.05)
