"""Versions of objects that were put while their bucket was not versioned."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.services.test_eventbridge_rules import EAST


@pytest.fixture
def s3(aws: Any) -> Any:
    return aws.client("s3", EAST)


@pytest.fixture
def bucket(s3: Any, name: str) -> str:
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"before")
    return name


def test_null_names_what_a_bucket_without_versioning_holds(s3: Any, bucket: str) -> None:
    """R-F2: S3 User Guide, "How S3 Versioning works"."""
    null = {"Bucket": bucket, "Key": "k", "VersionId": "null"}
    assert s3.head_object(**null)["ContentLength"] == len(b"before")
    assert s3.get_object(**null)["Body"].read() == b"before"
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket=bucket, Key="absent", VersionId="null")


def test_null_stays_the_version_that_was_put_before_versioning(s3: Any, bucket: str) -> None:
    """R-F2."""
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=bucket, Key="k", Body=b"afterwards")
    null = {"Bucket": bucket, "Key": "k", "VersionId": "null"}
    assert s3.head_object(**null)["ContentLength"] == len(b"before")
    assert s3.get_object(**null)["Body"].read() == b"before"
