"""Where the code of a function or layer comes from: a local archive or an object in S3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from embedded_aws.provider.attributes import error_code, given
from embedded_aws.provider.resource_type import ProviderError

if TYPE_CHECKING:
    from embedded_aws.provider.resource_type import State
    from embedded_aws.provider.session import AwsSession

SOURCES = ("filename", "s3_bucket", "s3_key", "s3_object_version", "source_code_hash")


def location(aws: AwsSession, state: State) -> dict[str, Any]:
    """Return the code's location as ``CreateFunction`` and ``PublishLayerVersion`` take it.

    Raises
    ------
    ProviderError
        When the archive or object does not exist, or nothing says where the code is.
    """
    if state["filename"]:
        return {"ZipFile": aws.resolve_path(state["filename"]).read_bytes()}
    if state["s3_bucket"] and state["s3_key"]:
        _must_exist(aws, state)
        return given(
            S3Bucket=state["s3_bucket"],
            S3Key=state["s3_key"],
            S3ObjectVersion=state["s3_object_version"],
        )
    if state.get("image_uri"):
        return {"ImageUri": state["image_uri"]}
    raise ProviderError(
        "No code is given: set filename, or s3_bucket and s3_key, or image_uri.", "filename"
    )


def _must_exist(aws: AwsSession, state: State) -> None:
    """Refuse a missing object, as Lambda does.

    moto takes a missing key for a function without code (`_validate_s3_bucket_and_key`).
    """
    bucket, key, version = state["s3_bucket"], state["s3_key"], state["s3_object_version"]
    try:
        aws.client("s3").head_object(**given(Bucket=bucket, Key=key, VersionId=version))
    except ClientError as error:
        which = f" in version {version}" if version else ""
        raise ProviderError(
            f"There is no code at s3://{bucket}/{key}{which}: upload the archive first"
            f" (S3 says {error_code(error)}).",
            "s3_key",
        ) from None
