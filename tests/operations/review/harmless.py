"""Changes that nobody has to be warned of."""

import json

from tests.operations.review.planned import Values
from tests.operations.review.resources import (
    FUNCTION,
    KEY,
    MAPPING,
    PATTERN,
    TABLE,
    lifecycle,
    notification,
    old_versions,
    rule,
)

OPEN_PORT = {"from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/0"]}

# What it is called -> resource type, what is deployed, what changes.
HARMLESS: dict[str, tuple[str, Values, Values]] = {
    "memory": ("aws_lambda_function", FUNCTION, {"memory_size": 128}),
    "time-out": ("aws_lambda_function", FUNCTION, {"timeout": 3}),
    "log level": (
        "aws_lambda_function",
        FUNCTION,
        {"environment": [{"variables": {"LOG_LEVEL": "X", "INVOCATION_LOG_TTL_DAYS": "90"}}]},
    ),
    "new code": ("aws_lambda_function", FUNCTION, {"source_code_hash": "b"}),
    "new layer": (
        "aws_lambda_function",
        FUNCTION,
        {"layers": ["arn:aws:lambda:us-east-1:111122223333:layer:l:2"]},
    ),
    "description": ("aws_lambda_function", FUNCTION, {"description": "another"}),
    "tag": ("aws_lambda_function", FUNCTION, {"tags": {"a": "b"}, "tags_all": {"a": "b"}}),
    "capacity": ("aws_dynamodb_table", TABLE, {"read_capacity": 1}),
    "replicas in another order": ("aws_dynamodb_table", TABLE, {"replica": TABLE["replica"][::-1]}),
    "one replica more": (
        "aws_dynamodb_table",
        TABLE,
        {"replica": [*TABLE["replica"], {"region_name": "eu-west-2", "kms_key_arn": KEY}]},
    ),
    "one index more": (
        "aws_dynamodb_table",
        TABLE,
        {"global_secondary_index": [*TABLE["global_secondary_index"], {"name": "x"}]},
    ),
    "a key instead of the queue's own": (
        "aws_sqs_queue",
        {"name": "q", "sqs_managed_sse_enabled": True, "kms_master_key_id": None},
        {"sqs_managed_sse_enabled": False, "kms_master_key_id": KEY},
    ),
    "batch size": ("aws_lambda_event_source_mapping", MAPPING, {"batch_size": 1}),
    "a pattern that matches more": (
        "aws_cloudwatch_event_rule",
        rule(),
        rule(detail={"object": {"key": [{"prefix": "in/"}, {"suffix": ".csv"}]}}),
    ),
    "a pattern with a shorter prefix": (
        "aws_cloudwatch_event_rule",
        rule(),
        rule(detail={"object": {"key": [{"prefix": "i"}]}}),
    ),
    "a pattern in another order": (
        "aws_cloudwatch_event_rule",
        rule(),
        {"event_pattern": json.dumps(dict(reversed(PATTERN.items())))},
    ),
    "one more notification": (
        "aws_s3_bucket_notification",
        notification(),
        {
            "lambda_function": [
                *notification(filter_prefix="other/")["lambda_function"],
                *notification()["lambda_function"],
            ]
        },
    ),
    "archived earlier": (
        "aws_s3_bucket_lifecycle_configuration",
        lifecycle(),
        lifecycle(transition=[{"days": 10, "storage_class": "GLACIER_IR"}]),
    ),
    "more of the newest old versions": (
        "aws_s3_bucket_lifecycle_configuration",
        lifecycle(),
        lifecycle(noncurrent_version_expiration=old_versions(30, 5)),
    ),
    "one more address": (
        "aws_route53_record",
        {"name": "n", "records": ["1"]},
        {"records": ["1", "2"]},
    ),
    "maximum receives": (
        "aws_sqs_queue_redrive_policy",
        {"queue_url": "q", "redrive_policy": '{"deadLetterTargetArn": "a", "maxReceiveCount": 5}'},
        {"redrive_policy": '{"maxReceiveCount": 50, "deadLetterTargetArn": "a"}'},
    ),
    "the state of a mapping": (
        "aws_lambda_event_source_mapping",
        {**MAPPING, "state": "Enabled"},
        {"state": "Updating"},
    ),
    "a port that was open before": (
        "aws_security_group",
        {"name": "s", "ingress": [OPEN_PORT], "description": "a"},
        {"description": "b"},
    ),
    "values in another order": (
        "aws_lambda_event_source_mapping",
        {**MAPPING, "function_response_types": ["a", "b"]},
        {"function_response_types": ["b", "a"]},
    ),
}
