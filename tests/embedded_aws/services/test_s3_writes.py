"""Conditional writes of S3, on which Terraform's lock stands."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.s3.models import S3Backend
from moto.s3.utils import _VersionedKeyStore

from tests.embedded_aws.services.slowly import slowly


@pytest.fixture
def s3(aws: Any) -> Any:
    return aws.client("s3")


@pytest.fixture
def bucket(s3: Any, name: str) -> str:
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def _put(s3: Any, bucket: str, **condition: str) -> str | int:
    try:
        etag: str = s3.put_object(Bucket=bucket, Key="lock", Body=b"x" * 20_000, **condition)[
            "ETag"
        ]
    except ClientError as refused:
        status: int = refused.response["ResponseMetadata"]["HTTPStatusCode"]
        return status
    return etag


def test_of_many_that_want_the_lock_one_gets_it(
    s3: Any, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slowly(monkeypatch, S3Backend, "get_object")
    for _ in range(5):
        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(lambda _: _put(s3, bucket, IfNoneMatch="*"), range(8)))
        assert sorted(map(str, results)).count("412") == 7
        s3.delete_object(Bucket=bucket, Key="lock")


def test_a_write_for_another_version_is_refused(s3: Any, bucket: str) -> None:
    first = _put(s3, bucket)
    s3.put_object(Bucket=bucket, Key="lock", Body=b"changed", IfMatch=str(first))
    assert _put(s3, bucket, IfMatch=str(first)) == 412


def test_concurrent_puts_keep_every_version(
    s3: Any, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slowly(monkeypatch, _VersionedKeyStore, "getlist", 0.001)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: _put(s3, bucket), range(40)))
    versions = s3.list_object_versions(Bucket=bucket)["Versions"]
    assert len({version["VersionId"] for version in versions}) == 40
    assert [version["IsLatest"] for version in versions].count(True) == 1
