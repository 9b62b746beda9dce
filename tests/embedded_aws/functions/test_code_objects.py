"""Code in S3: the version that is named runs, and a missing one is an error as on AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.functions.making import call, make_function, package, unique

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws


def answering(text: str) -> bytes:
    return package({"app.py": f"def handler(e, c): return {text!r}"})


@pytest.fixture(scope="module")
def versions(aws: EmbeddedAws) -> tuple[str, list[str]]:
    """Return a bucket, and the versions of its object `code.zip`, that answer one and two."""
    s3, bucket = aws.client("s3"), unique("code")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    made = [
        s3.put_object(Bucket=bucket, Key="code.zip", Body=answering(text))["VersionId"]
        for text in ("one", "two")
    ]
    return bucket, made


def test_a_function_runs_the_version_that_it_names(
    aws: EmbeddedAws, versions: tuple[str, list[str]]
) -> None:
    """R-F1: CreateFunction and UpdateFunctionCode."""
    bucket, (first, second) = versions
    place = {"S3Bucket": bucket, "S3Key": "code.zip"}

    name = make_function(aws, "", Code={**place, "S3ObjectVersion": first}, log_group=False)
    assert call(aws, name) == ("one", None)

    aws.client("lambda").update_function_code(FunctionName=name, S3ObjectVersion=second, **place)
    assert call(aws, name) == ("two", None)

    aws.client("lambda").update_function_code(FunctionName=name, S3ObjectVersion=first, **place)
    assert call(aws, name) == ("one", None)

    aws.client("lambda").update_function_code(FunctionName=name, **place)
    assert call(aws, name) == ("two", None)


def test_a_layer_has_the_version_that_it_names(
    aws: EmbeddedAws, versions: tuple[str, list[str]]
) -> None:
    bucket, made = versions
    content = {"S3Bucket": bucket, "S3Key": "code.zip"}
    publish = aws.client("lambda").publish_layer_version
    name = unique("layer")

    first, second = (
        publish(LayerName=name, Content={**content, "S3ObjectVersion": version}) for version in made
    )
    latest = publish(LayerName=name, Content=content)

    assert first["Content"]["CodeSha256"] != second["Content"]["CodeSha256"]
    assert latest["Content"]["CodeSha256"] == second["Content"]["CodeSha256"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"S3Bucket": "no-such-bucket-anywhere"}, "NoSuchBucket"),
        ({"S3Key": "missing.zip"}, "NoSuchKey"),
        ({"S3ObjectVersion": "missing"}, "NoSuchVersion"),
    ],
)
def test_missing_code_is_refused(
    aws: EmbeddedAws, versions: tuple[str, list[str]], change: dict[str, Any], code: str
) -> None:
    bucket, _ = versions
    place = {"S3Bucket": bucket, "S3Key": "code.zip", **change}
    functions = aws.client("lambda")
    name = make_function(aws, "def handler(e, c): return 1", log_group=False)

    for request in (
        lambda: make_function(aws, "", Code=place, log_group=False),
        lambda: functions.update_function_code(FunctionName=name, **place),
        lambda: functions.publish_layer_version(LayerName=unique("layer"), Content=place),
    ):
        with pytest.raises(ClientError, match=f"S3 Error Code: {code}") as refused:
            request()
        assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"
    assert call(aws, name) == (1, None)
