"""R-F1: keys with any character, listed and deleted as on AWS."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

KEYS = (
    *("a\nb", "a\n", "\na", "a\r", "a\r\nb", "a\tb", "a\x01b", "\x1f", "a\ufffeb", "x\u2028y"),
    *("a b+c%20", "%41", "ü/ö", "a&<>\"'", "a//b", "/lead", "..", "a?b#c", " a "),
)
LISTS = (
    ("list_object_versions", "Versions"),
    ("list_objects", "Contents"),
    ("list_objects_v2", "Contents"),
)


@pytest.fixture
def s3(aws: Any) -> Any:
    return aws.client("s3")


@pytest.fixture
def bucket(s3: Any, name: str) -> str:
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


@pytest.mark.parametrize(("operation", "entries"), LISTS)
def test_every_key_is_read_and_listed_as_it_was_written(
    s3: Any, bucket: str, operation: str, entries: str
) -> None:
    for key in KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()

    pages = s3.get_paginator(operation).paginate(Bucket=bucket, PaginationConfig={"PageSize": 3})
    listed = [entry["Key"] for page in pages for entry in page.get(entries, [])]

    assert listed == sorted(KEYS)


@pytest.mark.parametrize(("operation", "entries"), LISTS)
def test_common_prefixes_and_delimiters_are_encoded_too(
    s3: Any, bucket: str, operation: str, entries: str
) -> None:
    for key in ("in/a\rb\x01x", "in/a\rb\x01y", "in/z"):
        s3.put_object(Bucket=bucket, Key=key)

    page = getattr(s3, operation)(Bucket=bucket, Prefix="in/", Delimiter="\x01")

    assert [entry["Prefix"] for entry in page["CommonPrefixes"]] == ["in/a\rb\x01"]
    assert [entry["Key"] for entry in page[entries]] == ["in/z"]
    assert (page["Prefix"], page["Delimiter"]) == ("in/", "\x01")


def test_a_key_with_a_carriage_return_is_deleted_and_named(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="a\r")
    asked = {"Objects": [{"Key": "a\r"}]}
    assert [
        entry["Key"] for entry in s3.delete_objects(Bucket=bucket, Delete=asked)["Deleted"]
    ] == ["a\r"]
    assert "Deleted" not in s3.delete_objects(Bucket=bucket, Delete={**asked, "Quiet": True})


def test_a_key_that_xml_cannot_carry_is_the_callers_error_in_delete_objects(
    s3: Any, bucket: str
) -> None:
    s3.put_object(Bucket=bucket, Key="a\x01")
    with pytest.raises(ClientError, match="MalformedXML"):
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a\x01"}]})
    s3.delete_object(Bucket=bucket, Key="a\x01")
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_whoever_deletes_page_by_page_reaches_the_end(s3: Any, bucket: str) -> None:
    for _ in range(2):
        for key in ("a", "b", "c"):
            s3.put_object(Bucket=bucket, Key=key)
    s3.delete_object(Bucket=bucket, Key="b")

    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 2}
    )
    for page in pages:
        for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=bucket, Key=entry["Key"], VersionId=entry["VersionId"])

    left = s3.list_object_versions(Bucket=bucket)
    assert "Versions" not in left
    assert "DeleteMarkers" not in left
    s3.delete_bucket(Bucket=bucket)


def test_the_newest_version_comes_first_and_is_the_latest(s3: Any, bucket: str) -> None:
    put = [s3.put_object(Bucket=bucket, Key="a")["VersionId"] for _ in range(5)]
    versions = s3.list_object_versions(Bucket=bucket)["Versions"]
    assert [version["VersionId"] for version in versions] == put[::-1]
    assert [version["IsLatest"] for version in versions] == [True] + 4 * [False]
