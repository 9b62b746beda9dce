"""Takes down what the demo made, also an environment that is protected from deletion."""

from __future__ import annotations

from typing import Any

from operations.embedded import EmbeddedAws
from pipeline.config import Environment
from pipeline.layout import stack_homes
from pipeline.naming import BUCKETS, TABLES, Names


def lift_protection(aws: EmbeddedAws, environment: Environment, names: Names) -> None:
    """Do by hand what a protected environment asks of its operator before it can be destroyed."""
    for region in environment.both_regions:
        if environment.data.deletion_protection:
            _unprotect(aws, names, region)
        for bucket in () if environment.data.disposable else BUCKETS:
            _empty(aws.client("s3", region), names.bucket(bucket, region))


def _unprotect(aws: EmbeddedAws, names: Names, region: str) -> None:
    dynamodb, users = aws.client("dynamodb", region), aws.client("cognito-idp", region)
    for table in TABLES:
        dynamodb.update_table(TableName=names.table(table), DeletionProtectionEnabled=False)
    for pool in users.list_user_pools(MaxResults=60)["UserPools"]:
        if pool["Name"] == names.user_pool():
            _unprotect_users(users, pool["Id"])


def _unprotect_users(users: Any, pool: str) -> None:
    # Amazon Cognito, UpdateUserPool: what is not given is set to its default.
    settings = users.meta.service_model.operation_model("UpdateUserPool").input_shape.members
    found = users.describe_user_pool(UserPoolId=pool)["UserPool"]
    kept = {name: value for name, value in found.items() if name in settings}
    users.update_user_pool(**{**kept, "UserPoolId": pool, "DeletionProtection": "INACTIVE"})


def remove_state(aws: EmbeddedAws, environment: Environment, names: Names) -> None:
    """Remove the state buckets, which no stack owns."""
    for region in dict.fromkeys(stack_homes(environment).values()):
        s3, bucket = aws.client("s3", region), names.state_bucket(region)
        _empty(s3, bucket)
        s3.delete_bucket(Bucket=bucket)


def _empty(s3: Any, bucket: str) -> None:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for each in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
            # One by one: a request for many is XML, which cannot name every key that S3 takes.
            s3.delete_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])
