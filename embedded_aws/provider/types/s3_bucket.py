"""``aws_s3_bucket``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from botocore.exceptions import ClientError

from embedded_aws.provider.attributes import changed, error_code, tag_list
from embedded_aws.provider.registry import data_source, resource
from embedded_aws.provider.resource_type import DataSource, ProviderError, ResourceType, State

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

# Zone of the website endpoints, needed for alias records.
# https://docs.aws.amazon.com/general/latest/gr/s3.html#s3_website_region_endpoints
_HOSTED_ZONES = {
    "us-east-1": "Z3AQBSTGFYJSTF",
    "us-east-2": "Z2O1EMRO9K5GLX",
    "us-west-1": "Z2F56UZL2M1ACD",
    "us-west-2": "Z3BJ6K6RIION7M",
    "eu-central-1": "Z21DNDUVLTQW6Q",
    "eu-west-1": "Z1BKCTXD74EZPE",
}
# DeleteObjects is told keys in XML 1.0, which has no such characters, not even as references.
# https://www.w3.org/TR/xml/#charsets
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NO_BUCKET = frozenset({"NoSuchBucket", "404"})


def describe_bucket(name: str, region: str) -> State:
    """Return what follows from a bucket's name and region."""
    return {
        "id": name,
        "arn": f"arn:aws:s3:::{name}",
        "bucket": name,
        "bucket_domain_name": f"{name}.s3.amazonaws.com",
        "bucket_region": region,
        "bucket_regional_domain_name": f"{name}.s3.{region}.amazonaws.com",
        "hosted_zone_id": _HOSTED_ZONES.get(region, ""),
    }


@resource
class S3Bucket(ResourceType):
    """A bucket; its settings are resources of their own."""

    type_name = "aws_s3_bucket"
    replace = frozenset({"bucket", "bucket_prefix", "object_lock_enabled"})
    defaults: ClassVar = {"force_destroy": False}
    conflicts = (frozenset({"bucket", "bucket_prefix"}),)
    absent = NO_BUCKET

    def validate(self, config: State) -> list[ProviderError]:
        """Refuse the blocks that have been resources of their own since version 4."""
        return [
            ProviderError(
                f"Set {block} with the resource aws_s3_bucket_{resource_name} instead.", block
            )
            for block, resource_name in _OWN_RESOURCES.items()
            if config.get(block)
        ]

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the bucket in the resource's region."""
        name = planned["bucket"] or aws.unique_name(planned["bucket_prefix"])
        arguments: dict[str, Any] = {"Bucket": name}
        if aws.region != "us-east-1":
            # us-east-1 is the only region that must not be named.
            arguments["CreateBucketConfiguration"] = {"LocationConstraint": aws.region}
        elif _owned(aws, name):
            # us-east-1 answers a repeated creation with success: it must not be taken over.
            raise ProviderError(
                f"creating aws_s3_bucket: BucketAlreadyOwnedByYou: the bucket {name} exists "
                "already and you own it. Import it, or choose another name.",
                "bucket",
            )
        if planned["object_lock_enabled"]:
            arguments["ObjectLockEnabledForBucket"] = True
        aws.client("s3").create_bucket(**arguments)
        return describe_bucket(name, aws.region)

    def complete(self, aws: AwsSession, planned: State) -> None:
        """Tag the bucket."""
        if planned["tags_all"]:
            _tag(aws, planned)

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the bucket and its tags."""
        s3, name = aws.client("s3"), state["id"]
        s3.head_bucket(Bucket=name)
        return {
            **describe_bucket(name, aws.region),
            "object_lock_enabled": bool(state.get("object_lock_enabled")),
            "request_payer": "BucketOwner",
            "tags_all": _read_tags(s3, name),
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Change the tags; force_destroy is Terraform's own."""
        if changed(prior, planned, "tags_all"):
            _tag(aws, {**planned, "id": prior["id"]})

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the bucket, emptied first when ``force_destroy`` says so."""
        s3, name = aws.client("s3"), state["id"]
        if state["force_destroy"]:
            empty_bucket(s3, name)
        s3.delete_bucket(Bucket=name)


_OWN_RESOURCES = {
    "acceleration_status": "accelerate_configuration",
    "cors_rule": "cors_configuration",
    "lifecycle_rule": "lifecycle_configuration",
    "logging": "logging",
    "policy": "policy",
    "replication_configuration": "replication_configuration",
    "server_side_encryption_configuration": "server_side_encryption_configuration",
    "versioning": "versioning",
    "website": "website_configuration",
}


def _owned(aws: AwsSession, name: str) -> bool:
    try:
        aws.client("s3").head_bucket(Bucket=name)
    except ClientError as error:
        # 403: it is somebody else's; creating it then says so.
        if error_code(error) in {*NO_BUCKET, "403"}:
            return False
        raise
    return True


def _tag(aws: AwsSession, planned: State) -> None:
    s3, tags = aws.client("s3"), tag_list(planned)
    if tags:
        s3.put_bucket_tagging(Bucket=planned["id"], Tagging={"TagSet": tags})
    else:
        s3.delete_bucket_tagging(Bucket=planned["id"])


def _read_tags(s3: Any, name: str) -> dict[str, str]:
    try:
        tags = s3.get_bucket_tagging(Bucket=name)["TagSet"]
    except ClientError as error:
        if error_code(error) != "NoSuchTagSet":
            raise
        return {}
    return {tag["Key"]: tag["Value"] for tag in tags}


def empty_bucket(s3: Any, name: str) -> None:
    """Delete every version and delete marker of a bucket, and its unfinished uploads."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        entries = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        objects = [{"Key": e["Key"], "VersionId": e["VersionId"]} for e in entries]
        for version in (each for each in objects if _NOT_IN_XML.search(each["Key"])):
            s3.delete_object(Bucket=name, **version, BypassGovernanceRetention=True)
        _delete(s3, name, [each for each in objects if not _NOT_IN_XML.search(each["Key"])])
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=name):
        for upload in page.get("Uploads", []):
            s3.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])


def _delete(s3: Any, name: str, objects: list[dict[str, str]]) -> None:
    if not objects:
        return
    answer = s3.delete_objects(
        Bucket=name, Delete={"Objects": objects, "Quiet": True}, BypassGovernanceRetention=True
    )
    for error in answer.get("Errors", []):
        raise ProviderError(
            f"emptying the bucket {name}: {error['Key']}: {error['Code']}: {error['Message']}"
        )


@data_source
class S3BucketData(DataSource):
    """A bucket, found by its name."""

    type_name = "aws_s3_bucket"

    def read(self, aws: AwsSession, config: State) -> State:
        """Check that the bucket exists and describe it."""
        try:
            aws.client("s3").head_bucket(Bucket=config["bucket"])
        except ClientError as error:
            if error_code(error) not in NO_BUCKET:
                raise
            raise ProviderError(
                f"There is no bucket {config['bucket']!r} in {aws.region}.", "bucket"
            ) from None
        return describe_bucket(config["bucket"], aws.region)
