"""R-B10: which log events hold metrics.

Oracle: CloudWatch User Guide, "Specification: Embedded metric format".
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.embedded_aws.functions.making import unique
from tests.embedded_aws.metrics.reading import statistic

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws


def document(space: str, **changes: Any) -> dict[str, Any]:
    directive = {
        "Namespace": space,
        "Dimensions": [["service"]],
        "Metrics": [{"Name": "records", "Unit": "Count"}],
        **changes.pop("directive", {}),
    }
    metadata = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    return {
        "_aws": {**metadata, **changes.pop("metadata", {})},
        "service": "s",
        "records": 1,
    } | changes


def log(aws: EmbeddedAws, *messages: str) -> None:
    logs, group = aws.client("logs"), unique("group")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    now = int(time.time() * 1000)
    logs.put_log_events(
        logGroupName=group,
        logStreamName="s",
        logEvents=[{"timestamp": now, "message": message} for message in messages],
    )


def test_a_valid_document_counts_also_behind_what_lambda_puts_before_it(aws: EmbeddedAws) -> None:
    """R-B10: whoever wrote it into whichever log."""
    space = unique("App")
    text = json.dumps(document(space))
    log(aws, text, "nothing", f"2026-01-01T00:00:00.000Z\t8f1c\tINFO\t{text}")
    assert statistic(aws, space, "records", {"service": "s"}) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"service": 7},
        {"records": "many"},
        {"records": True},
        {"records": {"nested": 1}},
        {"records": [1] * 101},
        {"metadata": {"Timestamp": "now"}},
        {"metadata": {"CloudWatchMetrics": {}}},
        {"directive": {"Dimensions": [["absent"]]}},
        {"directive": {"Dimensions": ["service"]}},
        {"directive": {"Dimensions": [["service"] * 31]}},
        {"directive": {"Metrics": [{"Name": "absent"}]}},
        {"directive": {"Metrics": [{"Name": "records"}] * 101}},
        {"directive": {"Metrics": [{"Unit": "Count"}]}},
    ],
)
def test_an_invalid_document_is_ignored(aws: EmbeddedAws, changes: dict[str, Any]) -> None:
    """R-B10: as a whole, and without harm to its neighbours."""
    space = unique("App")
    log(aws, json.dumps(document(space, **changes)), '{"_aws": {', json.dumps(document(space)))
    metrics = aws.client("cloudwatch").list_metrics(Namespace=space)["Metrics"]
    assert [metric["MetricName"] for metric in metrics] == ["records"]
    assert statistic(aws, space, "records", {"service": "s"}) == 1
