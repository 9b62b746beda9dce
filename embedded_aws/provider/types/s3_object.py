"""``aws_s3_object``."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import changed, given
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.s3_bucket import NO_BUCKET
from embedded_aws.provider.values import UNKNOWN

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

_CONTENT = frozenset({"source", "content", "content_base64", "source_hash", "etag"})
_HEADERS = frozenset(
    {
        "bucket_key_enabled",
        "cache_control",
        "content_disposition",
        "content_encoding",
        "content_language",
        "content_type",
        "kms_key_id",
        "metadata",
        "server_side_encryption",
        "storage_class",
        "website_redirect",
    }
)
_CHECKSUMS = {
    f"checksum_{name}": f"Checksum{name.upper()}"
    for name in ("crc32", "crc32c", "crc64nvme", "sha1", "sha256")
}


@resource
class S3Object(ResourceType):
    """An object whose content is a file or a text; every new content is a new version."""

    type_name = "aws_s3_object"
    replace = frozenset({"bucket", "key"})
    recomputed: ClassVar = dict.fromkeys(("version_id", *_CHECKSUMS), _CONTENT | _HEADERS)
    defaults: ClassVar = {"force_destroy": False}
    conflicts = (frozenset({"source", "content", "content_base64"}),)
    absent = NO_BUCKET | {"NoSuchKey"}
    enums: ClassVar = {
        "server_side_encryption": ("s3", "ServerSideEncryption"),
        "storage_class": ("s3", "StorageClass"),
        "checksum_algorithm": ("s3", "ChecksumAlgorithm"),
    }

    def plan(self, aws: AwsSession, prior: State | None, planned: State) -> State:
        """Leave the ETag open when the content changes and the ETag is not configured."""
        del aws
        if prior is None or not changed(prior, planned, *_CONTENT):
            return {}
        configured = planned["etag"] != prior["etag"]
        return {} if configured else {"etag": UNKNOWN}

    def create(self, aws: AwsSession, planned: State) -> State:
        """Upload the object."""
        self._upload(aws, planned)
        bucket, key = planned["bucket"], str(planned["key"]).lstrip("/")
        return {"id": key, "arn": f"arn:aws:s3:::{bucket}/{key}"}

    def _upload(self, aws: AwsSession, planned: State) -> None:
        key_id = planned["kms_key_id"]
        tags = planned["tags_all"] or {}
        aws.client("s3").put_object(
            Bucket=planned["bucket"],
            Key=str(planned["key"]).lstrip("/"),
            Body=_content(aws, planned),
            **given(
                BucketKeyEnabled=planned["bucket_key_enabled"],
                CacheControl=planned["cache_control"],
                ChecksumAlgorithm=planned["checksum_algorithm"],
                ContentDisposition=planned["content_disposition"],
                ContentEncoding=planned["content_encoding"],
                ContentLanguage=planned["content_language"],
                ContentType=planned["content_type"],
                Metadata=planned["metadata"],
                SSEKMSKeyId=key_id,
                ServerSideEncryption="aws:kms" if key_id else planned["server_side_encryption"],
                StorageClass=planned["storage_class"],
                WebsiteRedirectLocation=planned["website_redirect"],
            ),
        )
        if tags:
            self._tag(aws, planned)

    def _tag(self, aws: AwsSession, planned: State) -> None:
        tags = [{"Key": k, "Value": v} for k, v in sorted((planned["tags_all"] or {}).items())]
        aws.client("s3").put_object_tagging(
            Bucket=planned["bucket"],
            Key=str(planned["key"]).lstrip("/"),
            Tagging={"TagSet": tags},
        )

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read what the object's headers say."""
        s3, bucket, key = aws.client("s3"), state["bucket"], str(state["key"]).lstrip("/")
        # HeadObject answers with a bare 404, which is in `absent` too.
        head = s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
        tags = s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
        return {
            "arn": f"arn:aws:s3:::{bucket}/{key}",
            "bucket_key_enabled": head.get("BucketKeyEnabled", False),
            "cache_control": head.get("CacheControl", ""),
            "content_disposition": head.get("ContentDisposition", ""),
            "content_encoding": head.get("ContentEncoding", ""),
            "content_language": head.get("ContentLanguage", ""),
            "content_type": head.get("ContentType", ""),
            "etag": head["ETag"].strip('"'),
            "kms_key_id": head.get("SSEKMSKeyId") or state.get("kms_key_id"),
            "metadata": head.get("Metadata", {}),
            "server_side_encryption": head.get("ServerSideEncryption", ""),
            "storage_class": head.get("StorageClass", "STANDARD"),
            "tags_all": {tag["Key"]: tag["Value"] for tag in tags},
            "version_id": head.get("VersionId", ""),
            "website_redirect": head.get("WebsiteRedirectLocation", ""),
            **{name: head.get(header, "") for name, header in _CHECKSUMS.items()},
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Upload the object again when content or headers differ, else change its tags."""
        if changed(prior, planned, *_CONTENT, *_HEADERS):
            self._upload(aws, planned)
        elif changed(prior, planned, "tags_all"):
            self._tag(aws, planned)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the object with all its versions, as the AWS provider does."""
        s3, bucket, key = aws.client("s3"), state["bucket"], str(state["key"]).lstrip("/")
        bypass: dict[str, Any] = (
            {"BypassGovernanceRetention": True} if state["force_destroy"] else {}
        )
        versions = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
        for page in versions:
            for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                if entry["Key"] == key:
                    s3.delete_object(Bucket=bucket, Key=key, VersionId=entry["VersionId"], **bypass)

    def import_state(self, aws: AwsSession, identifier: str) -> State:
        """Import by ``bucket/key`` or ``s3://bucket/key``."""
        del aws
        bucket, _, key = identifier.removeprefix("s3://").partition("/")
        return {"id": key, "bucket": bucket, "key": key}


def _content(aws: AwsSession, planned: State) -> bytes:
    if planned["source"]:
        return aws.resolve_path(planned["source"]).read_bytes()
    if planned["content_base64"]:
        return base64.b64decode(planned["content_base64"])
    return str(planned["content"] or "").encode()
