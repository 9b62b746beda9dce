"""Resources as they are deployed, which the tests then change."""

import json
from typing import Any

from tests.operations.review.planned import Values

KEY = "arn:aws:kms:us-east-1:111122223333:key/1"
OTHER_KEY = "arn:aws:kms:us-east-1:111122223333:key/2"
TABLE: Values = {
    "arn": "arn:aws:dynamodb:us-east-1:111122223333:table/t",
    "name": "t",
    "hash_key": "id",
    "deletion_protection_enabled": True,
    "point_in_time_recovery": [{"enabled": True, "recovery_period_in_days": 35}],
    "server_side_encryption": [{"enabled": True, "kms_key_arn": KEY}],
    "stream_enabled": True,
    "ttl": [{"enabled": False, "attribute_name": ""}],
    "replica": [
        {"region_name": "us-west-2", "kms_key_arn": KEY, "point_in_time_recovery": True},
        {"region_name": "eu-west-1", "kms_key_arn": KEY, "point_in_time_recovery": True},
    ],
    "global_secondary_index": [{"name": "by-status", "hash_key": "status"}],
    "read_capacity": 5,
}
FUNCTION: Values = {
    "function_name": "f",
    "arn": "arn:aws:lambda:us-east-1:111122223333:function:f",
    "memory_size": 512,
    "timeout": 30,
    "environment": [{"variables": {"LOG_LEVEL": "INFO", "INVOCATION_LOG_TTL_DAYS": "90"}}],
    "kms_key_arn": KEY,
    "reserved_concurrent_executions": -1,
    "source_code_hash": "a",
    "layers": ["arn:aws:lambda:us-east-1:111122223333:layer:l:1"],
    "description": "one",
}
BLOCK: Values = {
    "bucket": "b",
    "block_public_acls": True,
    "block_public_policy": True,
    "ignore_public_acls": True,
    "restrict_public_buckets": True,
}
MAPPING: Values = {
    "function_name": "f",
    "event_source_arn": "arn:aws:sqs:us-east-1:111122223333:q",
    "enabled": True,
    "batch_size": 10,
    "maximum_record_age_in_seconds": 82_800,
    "filter_criteria": [],
}
PATTERN = {"source": ["aws.s3"], "detail": {"object": {"key": [{"prefix": "in/"}]}}}


def rule(**pattern: Any) -> Values:
    return {"name": "r", "event_pattern": json.dumps({**PATTERN, **pattern}), "state": "ENABLED"}


def replica(**given: Any) -> list[Values]:
    first, *rest = TABLE["replica"]
    return [{**first, **given}, *rest]


def lifecycle(prefix: str = "", **given: Any) -> Values:
    days = {"noncurrent_version_expiration": [{"noncurrent_days": 30}]}
    rule = {"id": "bounded", "status": "Enabled", "filter": [{"prefix": prefix}], **days, **given}
    return {"bucket": "b", "rule": [rule]}


def old_versions(days: int, newest: int | None = None) -> list[Values]:
    return [{"noncurrent_days": days, "newer_noncurrent_versions": newest}]


def notification(**given: Any) -> Values:
    entry = {
        "lambda_function_arn": FUNCTION["arn"],
        "events": ["s3:ObjectCreated:*"],
        "filter_prefix": "in/",
        "filter_suffix": ".csv",
        **given,
    }
    return {"bucket": "b", "eventbridge": True, "lambda_function": [entry]}
