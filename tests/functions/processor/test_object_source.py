"""Reading versions: streams that break, versions that are gone."""

import io
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.aws_clients import create_client, is_transient
from shared.aws_object_source import ObjectGoneError, ObjectSource

from .conftest import INGESTION, Pipeline

CONTENT = bytes(range(256)) * 3


class BreakingBody(io.BytesIO):
    """A response that breaks after some bytes, or ends early without an error."""

    def __init__(self, content: bytes, good: int, *, silently: bool) -> None:
        super().__init__(content[:good])
        self.whole = good >= len(content)
        self.silently = silently

    def read(self, size: int | None = -1) -> bytes:
        chunk = super().read(min(size or 100, 100))
        if not chunk and not self.whole and not self.silently:
            raise ReadTimeoutError(endpoint_url="http://127.0.0.1")
        return chunk


class BreakingS3:
    """S3 whose responses break where a test says; counts what it was asked for."""

    def __init__(self, goods: list[tuple[int, bool]]) -> None:
        self.goods = iter(goods)
        self.requests: list[dict[str, Any]] = []

    def get_object(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        begin = int(request.get("Range", "bytes=0-")[6:-1])
        good, silently = next(self.goods, (len(CONTENT), False))
        return {
            "Body": BreakingBody(CONTENT[begin:], good, silently=silently),
            "ContentLength": len(CONTENT) - begin,
            "LastModified": datetime(2026, 1, 1, tzinfo=UTC),
            "ETag": '"e"',
        }


@settings(max_examples=40, deadline=None)
@given(goods=st.lists(st.tuples(st.integers(1, 300), st.booleans()), max_size=6))
def test_a_stream_that_breaks_goes_on_where_it_broke(goods: list[tuple[int, bool]]) -> None:
    """R-A8. No byte twice, none missing, and never from the start again."""
    s3 = BreakingS3(goods)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.aws_object_source.time.sleep", lambda seconds: None)
        version = ObjectSource(s3).open("b", "k", "v1")
        assert b"".join(version.at()) == CONTENT
    assert all(request["VersionId"] == "v1" for request in s3.requests)
    assert all(request["IfMatch"] == '"e"' for request in s3.requests[1:])
    begins = [int(request["Range"][6:-1]) for request in s3.requests[1:]]
    assert begins == sorted(set(begins))


@pytest.mark.parametrize("silently", [False, True])
def test_a_stream_that_brings_nothing_more_is_a_transient_failure(
    silently: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A8."""
    monkeypatch.setattr("shared.aws_object_source.time.sleep", lambda seconds: None)
    source = ObjectSource(BreakingS3([(200, False), *[(0, silently)] * 50]))
    chunks = source.open("b", "k", "v").at()
    with pytest.raises((ReadTimeoutError, ConnectionError)) as caught:
        list(chunks)
    assert is_transient(caught.value)


def test_pauses_grow_as_long_as_a_stream_brings_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-A8."""
    slept: list[float] = []
    monkeypatch.setattr("shared.aws_object_source.random.uniform", lambda low, high: high)
    monkeypatch.setattr("shared.aws_object_source.time.sleep", slept.append)
    goods = [(200, False), (0, False), (0, False), (100, False), (0, False)]
    assert b"".join(ObjectSource(BreakingS3(goods)).open("b", "k", "v").at()) == CONTENT
    assert slept == pytest.approx([0.2, 0.4, 0.8, 0.2, 0.4])


def test_a_delete_marker_and_a_wrong_version_id_are_gone_not_transient(
    pipeline: Pipeline,
) -> None:
    """R-A8."""
    created = pipeline.upload("orders/1.csv", b"")
    marker = boto3.client("s3").delete_object(Bucket=INGESTION, Key=created.key)["VersionId"]
    source = pipeline.places.source
    for version_id in (marker, "no-such-version"):
        with pytest.raises(ObjectGoneError, match=r"orders/1\.csv"):
            source.open(INGESTION, created.key, version_id)
        with pytest.raises(ObjectGoneError, match=r"orders/1\.csv"):
            source.find(INGESTION, created.key, version_id)


def test_a_refusal_is_neither_gone_nor_transient() -> None:
    """R-A8. AccessDenied is a fault of operations."""

    class Denying:
        def get_object(self, **request: Any) -> Any:
            response = {"Error": {"Code": "AccessDenied"}}
            raise ClientError(response | {"ResponseMetadata": {"HTTPStatusCode": 403}}, "GetObject")

    with pytest.raises(ClientError, match="AccessDenied") as caught:
        ObjectSource(Denying()).open("b", "k", "v")
    assert not is_transient(caught.value)


@pytest.mark.usefixtures("aws")
def test_an_object_of_a_bucket_without_versions_is_read() -> None:
    """R-A3."""
    s3 = create_client("s3", region="us-east-1")
    s3.create_bucket(Bucket="plain-bucket")
    s3.put_object(Bucket="plain-bucket", Key="k", Body=b"x")
    source = ObjectSource(s3)
    version_id = source.find("plain-bucket", "k", None).version_id
    chunks = source.open("plain-bucket", "k", version_id).at()
    assert (version_id, list(chunks)) == ("null", [b"x"])


def test_a_version_is_read_from_any_offset_and_the_first_answer_is_used() -> None:
    """R-A4. One request for an object that is read from its start."""
    s3 = BreakingS3([])
    version = ObjectSource(s3).open("b", "k", "v1")
    assert b"".join(version.at()) == CONTENT
    assert len(s3.requests) == 1
    assert b"".join(version.at(700)) == CONTENT[700:]
    assert b"".join(version.at()) == CONTENT
    assert [request.get("Range") for request in s3.requests] == [None, "bytes=700-", "bytes=0-"]


@pytest.mark.usefixtures("aws")
def test_what_was_put_before_versioning_is_read_although_it_was_overwritten() -> None:
    """R-A3. Its version is called null, and is not the current one."""
    s3 = create_client("s3", region="us-east-1")
    s3.create_bucket(Bucket="old-bucket")
    s3.put_object(Bucket="old-bucket", Key="k", Body=b"before")
    s3.put_bucket_versioning(Bucket="old-bucket", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="old-bucket", Key="k", Body=b"afterwards")
    source = ObjectSource(s3)
    assert list(source.open("old-bucket", "k", "null").at()) == [b"before"]
    assert source.find("old-bucket", "k", "null").size == len(b"before")
