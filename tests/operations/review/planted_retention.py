"""What is kept for a shorter time."""

from tests.operations.review.planned import Values
from tests.operations.review.resources import FUNCTION, MAPPING, TABLE, lifecycle, old_versions

# What it is called -> kind of danger, resource type, what is deployed, what changes.
RETENTION: dict[str, tuple[str, str, Values, Values]] = {
    "logs": (
        "retention",
        "aws_cloudwatch_log_group",
        {"name": "g", "retention_in_days": 30},
        {"retention_in_days": 7},
    ),
    "logs that were kept for ever": (
        "retention",
        "aws_cloudwatch_log_group",
        {"name": "g", "retention_in_days": 0},
        {"retention_in_days": 3653},
    ),
    "messages": (
        "retention",
        "aws_sqs_queue",
        {"name": "q", "message_retention_seconds": 864000},
        {"message_retention_seconds": 345600},
    ),
    "points in time": (
        "retention",
        "aws_dynamodb_table",
        TABLE,
        {"point_in_time_recovery": [{"enabled": True, "recovery_period_in_days": 7}]},
    ),
    "the time to bring a key back": (
        "retention",
        "aws_kms_key",
        {"deletion_window_in_days": 30},
        {"deletion_window_in_days": 7},
    ),
    "time to live on": (
        "retention",
        "aws_dynamodb_table",
        TABLE,
        {"ttl": [{"enabled": True, "attribute_name": "expiresAt"}]},
    ),
    "a function's variable": (
        "retention",
        "aws_lambda_function",
        FUNCTION,
        {"environment": [{"variables": {"LOG_LEVEL": "INFO", "INVOCATION_LOG_TTL_DAYS": "30"}}]},
    ),
    "records of a stream": (
        "retention",
        "aws_lambda_event_source_mapping",
        MAPPING,
        {"maximum_record_age_in_seconds": 60},
    ),
    "old versions": (
        "retention",
        "aws_s3_bucket_lifecycle_configuration",
        lifecycle(),
        lifecycle(noncurrent_version_expiration=old_versions(10)),
    ),
    "fewer of the newest old versions": (
        "retention",
        "aws_s3_bucket_lifecycle_configuration",
        lifecycle(noncurrent_version_expiration=old_versions(30, 5)),
        lifecycle(noncurrent_version_expiration=old_versions(30, 2)),
    ),
    "objects that did not expire": (
        "retention",
        "aws_s3_bucket_lifecycle_configuration",
        lifecycle(),
        lifecycle(expiration=[{"days": 90}]),
    ),
    "a rule with a wider reach": (
        "retention",
        "aws_s3_bucket_lifecycle_configuration",
        lifecycle("tmp/", expiration=[{"days": 1}], noncurrent_version_expiration=[]),
        lifecycle("", expiration=[{"days": 1}], noncurrent_version_expiration=[]),
    ),
    "time to live by another attribute": (
        "retention",
        "aws_dynamodb_table",
        {**TABLE, "ttl": [{"enabled": True, "attribute_name": "expiresAt"}]},
        {"ttl": [{"enabled": True, "attribute_name": "created"}]},
    ),
}
