"""What a person calls a resource of a plan: its kind, its name, its capability and its region."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

CAPABILITIES = {
    # The longest beginning of a resource type decides.
    "Encryption": ("aws_kms", "aws_acm", "aws_secretsmanager", "aws_ssm_parameter"),
    "Storage": (
        *("aws_s3", "aws_dynamodb", "aws_backup", "aws_db", "aws_rds", "aws_efs"),
        *("aws_kinesis", "aws_glue", "aws_athena"),
    ),
    "Identity": ("aws_iam",),
    "Functions": ("aws_lambda", "aws_s3_object"),
    "Routes": (
        *("aws_cloudwatch_event", "aws_sqs", "aws_sns", "aws_s3_bucket_notification"),
        *("aws_lambda_event_source_mapping", "aws_scheduler", "aws_pipes", "aws_route53"),
        *("aws_lambda_function_event_invoke_config", "aws_lambda_permission"),
    ),
    "API": ("aws_api_gateway", "aws_apigateway", "aws_cognito", "aws_waf", "aws_cloudfront"),
    "Workflows": ("aws_sfn",),
    "Observability": ("aws_cloudwatch", "aws_xray", "aws_synthetics", "aws_cloudtrail"),
    "Network": ("aws_vpc", "aws_security_group", "aws_subnet", "aws_route", "aws_lb"),
    "Cost": ("aws_budgets", "aws_ce"),
}
_KINDS = {
    "aws_dynamodb_table": "table",
    "aws_s3_bucket": "bucket",
    "aws_s3_object": "object",
    "aws_sqs_queue": "queue",
    "aws_lambda_function": "function",
    "aws_lambda_layer_version": "layer",
    "aws_kms_key": "key",
    "aws_kms_replica_key": "replica key",
    "aws_cloudwatch_log_group": "log group",
    "aws_cloudwatch_event_rule": "rule",
    "aws_cloudwatch_event_target": "target of the rule",
    "aws_lambda_event_source_mapping": "event source mapping of",
    "aws_lambda_permission": "permission to invoke",
    "aws_iam_role": "role",
    "aws_iam_role_policy": "policy of the role",
    "aws_sfn_state_machine": "state machine",
    "aws_cognito_user_pool": "user pool",
}
# A resource that is a part of another one: the type of that one, and the attribute that names it.
OWNERS = {
    "aws_s3_bucket_": ("aws_s3_bucket", "bucket"),
    "aws_s3_object": ("aws_s3_bucket", "bucket"),
    "aws_cloudwatch_event_target": ("aws_cloudwatch_event_rule", "rule"),
    "aws_lambda_permission": ("aws_lambda_function", "function_name"),
    "aws_lambda_event_source_mapping": ("aws_lambda_function", "function_name"),
    "aws_lambda_function_": ("aws_lambda_function", "function_name"),
    "aws_lambda_alias": ("aws_lambda_function", "function_name"),
    "aws_sqs_queue_": ("aws_sqs_queue", "queue_url"),
    "aws_sns_topic_": ("aws_sns_topic", "topic_arn"),
    "aws_iam_role_": ("aws_iam_role", "role"),
    "aws_api_gateway_": ("aws_api_gateway_rest_api", "rest_api_id"),
    "aws_dynamodb_resource_policy": ("aws_dynamodb_table", "resource_arn"),
    "aws_dynamodb_table_replica": ("aws_dynamodb_table", "global_table_arn"),
    "aws_kms_key_policy": ("aws_kms_key", "key_id"),
}
_NAMES = ("name", "function_name", "bucket", "layer_name", "dashboard_name", "alarm_name")
_GLOBAL = ("aws_iam", "aws_route53", "aws_cloudfront", "aws_budgets", "aws_ce_")
_HASH = re.compile(r"_[0-9A-F]{8}$")  # CDKTF's, at the end of a name in its JSON


def capability(kind: str) -> str:
    """Return the capability that a resource type belongs to."""
    found = [
        (len(start), title)
        for title, starts in CAPABILITIES.items()
        for start in starts
        if kind.startswith(start)
    ]
    return max(found)[1] if found else "Other"


def owner_of(kind: str, values: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return type and name of what a resource is a part of."""
    owner = owner_kind(kind)
    value = values.get(owner[1]) if owner else None
    return (owner[0], last_part(value)) if owner and isinstance(value, str) and value else None


def owner_kind(kind: str) -> tuple[str, str] | None:
    """Return the type of what a resource is a part of, and the attribute that names it."""
    found = [
        (len(start), owner)
        for start, owner in OWNERS.items()
        if kind.startswith(start) and kind != owner[0]
    ]
    return max(found)[1] if found else None


def name_of(kind: str, values: Mapping[str, Any], logical: str) -> str:
    """Return what the resource is called in AWS; its construct's name where it has none there."""
    if kind == "aws_s3_object" and isinstance(values.get("key"), str):
        return str(values["key"])
    owner = owner_of(kind, values)
    if owner is not None:
        return owner[1]
    given = (values.get(key) for key in _NAMES)
    return next((each for each in given if isinstance(each, str) and each), _HASH.sub("", logical))


def label(kind: str, name: str) -> str:
    """Return the kind in words, and the name."""
    return f"{kind_in_words(kind)} {name}"


def part_in_words(kind: str, whole: str) -> str:
    """Return the kind of a part of something, without what it is a part of."""
    words = kind_in_words(kind).partition(" of the ")[0]
    return words.removeprefix(f"{kind_in_words(whole)} ")


def kind_in_words(kind: str) -> str:
    """Return a resource type in words: "bucket versioning" for ``aws_s3_bucket_versioning``."""
    if kind in _KINDS:
        return _KINDS[kind]
    words = re.sub(r"^aws_(s3_|cloudwatch_|lambda_|iam_|kms_)?", "", kind)
    return words.replace("_", " ")


def region_of(kind: str, values: Mapping[str, Any], provider: str) -> str:
    """Return the region of a resource, or "global"."""
    if kind.startswith(_GLOBAL):
        return "global"
    given = values.get("region")
    return given if isinstance(given, str) and given else provider or "global"


def last_part(name: str) -> str:
    """Return the last part of an ARN, a URL or a name."""
    return re.split(r"[:/]", name)[-1]
