"""Encryption and protection that gets weaker."""

from tests.operations.review.planned import Values
from tests.operations.review.resources import BLOCK, FUNCTION, OTHER_KEY, TABLE, replica

# What it is called -> kind of danger, resource type, what is deployed, what changes.
PROTECTION: dict[str, tuple[str, str, Values, Values]] = {
    "deletion protection off": (
        "protection",
        "aws_dynamodb_table",
        TABLE,
        {"deletion_protection_enabled": False},
    ),
    "deletion protection not set": (
        "protection",
        "aws_dynamodb_table",
        TABLE,
        {"deletion_protection_enabled": None},
    ),
    "point-in-time recovery off": (
        "protection",
        "aws_dynamodb_table",
        TABLE,
        {"point_in_time_recovery": [{"enabled": False}]},
    ),
    "point-in-time recovery of a replica off": (
        "protection",
        "aws_dynamodb_table",
        TABLE,
        {"replica": replica(point_in_time_recovery=False)},
    ),
    "another key of a table": (
        "protection",
        "aws_dynamodb_table",
        TABLE,
        {"server_side_encryption": [{"enabled": True, "kms_key_arn": OTHER_KEY}]},
    ),
    "AWS's own key of a table": (
        "protection",
        "aws_dynamodb_table",
        TABLE,
        {"server_side_encryption": []},
    ),
    "another key of a replica": (
        "protection",
        "aws_dynamodb_table",
        TABLE,
        {"replica": replica(kms_key_arn=OTHER_KEY)},
    ),
    "no key of a function": ("protection", "aws_lambda_function", FUNCTION, {"kms_key_arn": None}),
    "key rotation off": (
        "protection",
        "aws_kms_key",
        {"enable_key_rotation": True},
        {"enable_key_rotation": False},
    ),
    "an alias of another key": (
        "protection",
        "aws_kms_alias",
        {"target_key_id": "1"},
        {"target_key_id": "2"},
    ),
    "versioning suspended": (
        "protection",
        "aws_s3_bucket_versioning",
        {"bucket": "b", "versioning_configuration": [{"status": "Enabled"}]},
        {"versioning_configuration": [{"status": "Suspended"}]},
    ),
    "another algorithm": (
        "protection",
        "aws_s3_bucket_server_side_encryption_configuration",
        {"rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms"}]}]},
        {"rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "AES256"}]}]},
    ),
    "force_destroy on": (
        "protection",
        "aws_s3_bucket",
        {"bucket": "b", "force_destroy": False},
        {"force_destroy": True},
    ),
    "a public access block off": (
        "protection",
        "aws_s3_bucket_public_access_block",
        BLOCK,
        {"restrict_public_buckets": False},
    ),
    "access control lists": (
        "protection",
        "aws_s3_bucket_ownership_controls",
        {"bucket": "b", "rule": [{"object_ownership": "BucketOwnerEnforced"}]},
        {"rule": [{"object_ownership": "ObjectWriter"}]},
    ),
    "a queue in clear": (
        "protection",
        "aws_sqs_queue",
        {"sqs_managed_sse_enabled": True},
        {"sqs_managed_sse_enabled": False},
    ),
    "an older TLS": (
        "protection",
        "aws_cloudfront_distribution",
        {"viewer_certificate": [{"minimum_protocol_version": "TLSv1.2_2021"}]},
        {"viewer_certificate": [{"minimum_protocol_version": "TLSv1"}]},
    ),
    "an older TLS of an API": (
        "protection",
        "aws_api_gateway_domain_name",
        {"security_policy": "TLS_1_2"},
        {"security_policy": "TLS_1_0"},
    ),
    "fewer factors": (
        "protection",
        "aws_cognito_user_pool",
        {"mfa_configuration": "ON"},
        {"mfa_configuration": "OPTIONAL"},
    ),
}
