"""EventBridge's pattern language; the cases are those of the EventBridge User Guide."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

EVENT: dict[str, Any] = {
    "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
    "account": "123456789012",
    "source": "aws.s3",
    "detail-type": "Object Created",
    "time": "2026-01-02T03:04:05Z",
    "region": "us-east-1",
    "resources": ["arn:aws:s3:::data"],
    "detail": {
        "bucket": {"name": "data"},
        "object": {"key": "orders/2026/a b+c.JSONL", "size": 5, "etag": ""},
        "reason": "PutObject",
        "flag": True,
        "one": 1,
        "rate": 300.0,
        "nothing": None,
        "address": "10.0.0.255",
        "states": ["running", "stopped"],
        "lines": [{"sku": "a", "count": 1}, {"sku": "b", "count": 2}],
    },
}

MATCHING = [
    {"source": ["aws.s3", "other"]},
    {"resources": ["arn:aws:s3:::data"]},
    {"detail": {"bucket": {"name": ["data"]}, "reason": ["PutObject"]}},
    {"detail": {"object": {"key": [{"prefix": "orders/"}]}}},
    {"detail": {"object": {"key": [{"prefix": {"equals-ignore-case": "ORDERS/"}}]}}},
    {"detail": {"object": {"key": [{"suffix": ".JSONL"}]}}},
    {"detail": {"object": {"key": [{"suffix": {"equals-ignore-case": ".jsonl"}}]}}},
    {"detail": {"object": {"key": [{"wildcard": "orders/*.JSONL"}]}}},
    {"detail": {"object": {"key": [{"wildcard": "orders/*.csv"}, {"wildcard": "*b+c*"}]}}},
    {"detail": {"object": {"key": [{"anything-but": {"prefix": "init"}}]}}},
    {"detail": {"object": {"key": [{"anything-but": {"suffix": ".csv"}}]}}},
    {"detail": {"object": {"key": [{"anything-but": {"wildcard": "*/lib/*"}}]}}},
    {"detail": {"reason": [{"anything-but": ["CopyObject", "DeleteObject"]}]}},
    {"detail": {"reason": [{"anything-but": {"equals-ignore-case": ["copyobject"]}}]}},
    {"detail": {"reason": [{"equals-ignore-case": "putobject"}]}},
    {"detail": {"object": {"size": [{"numeric": [">", 0, "<=", 5]}]}}},
    {"detail": {"object": {"size": [{"numeric": ["=", 5]}]}}},
    {"detail": {"rate": [{"numeric": ["=", 300]}]}},
    {"detail": {"object": {"size": [{"anything-but": [123, 234]}]}}},
    {"detail": {"object": {"etag": [""]}}},
    {"detail": {"object": {"version-id": [{"exists": False}]}}},
    {"detail": {"object": {"key": [{"exists": True}]}}},
    {"detail": {"flag": [True]}},
    {"detail": {"nothing": [None]}},
    {"detail": {"address": [{"cidr": "10.0.0.0/24"}]}},
    {"detail": {"states": ["stopped", "terminated"]}},
    {"detail": {"states": [{"anything-but": "running"}]}},
    {"detail": {"lines": {"sku": ["b"], "count": [2]}}},
    {"$or": [{"source": ["x"]}, {"detail": {"reason": ["PutObject"]}}]},
    {"source": ["aws.s3"], "detail": {"$or": [{"flag": [False]}, {"one": [1]}]}},
]

NOT_MATCHING = [
    {"source": ["aws.ec2"]},
    {"source": ["AWS.S3"]},
    {"detail": {"object": {"key": [{"prefix": "Orders/"}]}}},
    {"detail": {"object": {"key": [{"suffix": ".jsonl"}]}}},
    {"detail": {"object": {"key": [{"wildcard": "orders/*.csv"}]}}},
    {"detail": {"object": {"key": [{"wildcard": "orders"}]}}},
    {"detail": {"object": {"key": [{"wildcard": "orders/\\*.JSONL"}]}}},
    {"detail": {"object": {"key": [{"anything-but": {"prefix": "orders/"}}]}}},
    {"detail": {"reason": [{"anything-but": ["PutObject"]}]}},
    {"detail": {"absent": [{"anything-but": ["x"]}]}},
    {"detail": {"object": {"size": [{"numeric": [">", 5]}]}}},
    {"detail": {"reason": [{"numeric": [">", 0]}]}},
    {"detail": {"object": {"key": [{"exists": False}]}}},
    {"detail": {"object": [{"exists": True}]}},
    {"detail": {"one": [True]}},
    {"detail": {"flag": [1]}},
    {"detail": {"rate": [300]}},
    {"detail": {"nothing": [""]}},
    {"detail": {"address": [{"cidr": "10.0.1.0/24"}]}},
    {"detail": {"lines": {"sku": ["a"], "count": [2]}}},
    {"detail": {"bucket": {"name": ["data"]}, "reason": ["CopyObject"]}},
    {"$or": [{"source": ["x"]}, {"region": ["y"]}]},
]


def _result(aws: Any, pattern: dict[str, Any]) -> bool:
    answer = aws.client("events").test_event_pattern(
        EventPattern=json.dumps(pattern), Event=json.dumps(EVENT)
    )
    return bool(answer["Result"])


@pytest.mark.parametrize("pattern", MATCHING, ids=json.dumps)
def test_the_event_matches(aws: Any, pattern: dict[str, Any]) -> None:
    """R-A3, R-B4."""
    assert _result(aws, pattern) is True


@pytest.mark.parametrize("pattern", NOT_MATCHING, ids=json.dumps)
def test_the_event_does_not_match(aws: Any, pattern: dict[str, Any]) -> None:
    assert _result(aws, pattern) is False


@pytest.mark.parametrize(
    "pattern",
    [
        "{",
        "[]",
        "{}",
        '{"source": "aws.s3"}',
        '{"source": []}',
        '{"detail": {"key": [{"ends-with": "x"}]}}',
        '{"detail": {"key": [{"wildcard": "a**b"}]}}',
        '{"detail": {"key": [{"numeric": ["around", 5]}]}}',
        '{"detail": {"key": [{"exists": "yes"}]}}',
    ],
)
def test_a_pattern_that_eventbridge_refuses_is_refused(aws: Any, name: str, pattern: str) -> None:
    events = aws.client("events")
    with pytest.raises(ClientError) as refused:
        events.put_rule(Name=name, EventPattern=pattern)
    assert refused.value.response["Error"]["Code"] == "InvalidEventPatternException"
