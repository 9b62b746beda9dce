"""Routes that are shut, and state and openings that an update makes."""

from tests.operations.review.planned import Values
from tests.operations.review.resources import FUNCTION, MAPPING, TABLE, notification, rule

# What it is called -> kind of danger, resource type, what is deployed, what changes.
ROUTES: dict[str, tuple[str, str, Values, Values]] = {
    "a rule off": ("route", "aws_cloudwatch_event_rule", rule(), {"state": "DISABLED"}),
    "a pattern that matches less": (
        "route",
        "aws_cloudwatch_event_rule",
        rule(),
        rule(detail={"object": {"key": [{"prefix": "in/a"}]}}),
    ),
    "a pattern with a field more": (
        "route",
        "aws_cloudwatch_event_rule",
        rule(),
        rule(account=["111122223333"]),
    ),
    "another target": (
        "route",
        "aws_cloudwatch_event_target",
        {"rule": "r", "arn": "a"},
        {"arn": "b"},
    ),
    "no dead-letter queue of a target": (
        "route",
        "aws_cloudwatch_event_target",
        {"rule": "r", "arn": "a", "dead_letter_config": [{"arn": "q"}]},
        {"dead_letter_config": []},
    ),
    "a mapping off": ("route", "aws_lambda_event_source_mapping", MAPPING, {"enabled": False}),
    "a filter": (
        "route",
        "aws_lambda_event_source_mapping",
        MAPPING,
        {"filter_criteria": [{"filter": [{"pattern": "{}"}]}]},
    ),
    "another queue": (
        "route",
        "aws_lambda_event_source_mapping",
        MAPPING,
        {"event_source_arn": "arn:aws:sqs:us-east-1:111122223333:other"},
    ),
    "no events to EventBridge": (
        "route",
        "aws_s3_bucket_notification",
        notification(),
        {"eventbridge": False},
    ),
    "a notification of fewer objects": (
        "route",
        "aws_s3_bucket_notification",
        notification(),
        notification(filter_prefix="in/a"),
    ),
    "a notification of fewer endings": (
        "route",
        "aws_s3_bucket_notification",
        notification(),
        notification(filter_suffix=".new.csv"),
    ),
    "a notification less": (
        "route",
        "aws_s3_bucket_notification",
        notification(),
        {"lambda_function": []},
    ),
    "no function at a time": (
        "route",
        "aws_lambda_function",
        FUNCTION,
        {"reserved_concurrent_executions": 0},
    ),
    "no stream": ("route", "aws_dynamodb_table", TABLE, {"stream_enabled": False}),
    "no index": ("route", "aws_dynamodb_table", TABLE, {"global_secondary_index": []}),
    "another address": (
        "route",
        "aws_route53_record",
        {"name": "n", "records": ["1", "2"]},
        {"records": ["1"]},
    ),
    "no queue for what fails": (
        "route",
        "aws_sqs_queue_redrive_policy",
        {"queue_url": "q", "redrive_policy": '{"deadLetterTargetArn": "a", "maxReceiveCount": 5}'},
        {"redrive_policy": '{"deadLetterTargetArn": "b", "maxReceiveCount": 5}'},
    ),
    "a replica less": ("state", "aws_dynamodb_table", TABLE, {"replica": TABLE["replica"][:1]}),
    "an API method for everybody": (
        "public protection",
        "aws_api_gateway_method",
        {"http_method": "POST", "authorization": "AWS_IAM"},
        {"authorization": "NONE"},
    ),
    "a function's URL for everybody": (
        "public protection",
        "aws_lambda_function_url",
        {"function_name": "f", "authorization_type": "AWS_IAM"},
        {"authorization_type": "NONE"},
    ),
    "an open port": (
        "public",
        "aws_security_group",
        {"name": "s", "ingress": []},
        {"ingress": [{"from_port": 22, "to_port": 22, "cidr_blocks": ["0.0.0.0/0"]}]},
    ),
}
