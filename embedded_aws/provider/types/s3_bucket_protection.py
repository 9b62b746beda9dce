"""Settings that protect what is in a bucket: versions, encryption, public access, owner, policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import block, given
from embedded_aws.provider.registry import resource
from embedded_aws.provider.types.s3_bucket import NO_BUCKET
from embedded_aws.provider.types.s3_bucket_setting import BucketSetting
from embedded_aws.provider.types.s3_translation import one, shape

if TYPE_CHECKING:
    from embedded_aws.provider.resource_type import State
    from embedded_aws.provider.session import AwsSession


@resource
class S3BucketVersioning(BucketSetting):
    """Whether overwritten and deleted objects are kept as versions."""

    type_name = "aws_s3_bucket_versioning"
    absent = NO_BUCKET
    put_call, get_call = "put_bucket_versioning", "get_bucket_versioning"

    def document(self, planned: State) -> dict[str, Any]:
        """Return the versioning configuration."""
        wanted = block(planned, "versioning_configuration")
        return {
            "VersioningConfiguration": given(
                Status=wanted["status"] if wanted["status"] != "Disabled" else None,
                MFADelete=wanted.get("mfa_delete"),
            )
        }

    def attributes(self, answer: dict[str, Any], state: State) -> State | None:
        """Return the status; a bucket that never had versions answers with nothing."""
        del state
        status = answer.get("Status", "Disabled")
        mfa = answer.get("MFADelete") or ""
        return {"versioning_configuration": [{"status": status, "mfa_delete": mfa}]}

    def delete(self, aws: AwsSession, state: State) -> None:
        """Suspend versioning: it cannot be taken away again."""
        if block(state, "versioning_configuration").get("status") == "Enabled":
            aws.client("s3").put_bucket_versioning(
                Bucket=state["id"], VersioningConfiguration={"Status": "Suspended"}
            )


_ENCRYPTION_RULE = shape(
    bucket_key_enabled="BucketKeyEnabled",
    apply_server_side_encryption_by_default=one(
        "ApplyServerSideEncryptionByDefault",
        kms_master_key_id="KMSMasterKeyID",
        sse_algorithm="SSEAlgorithm",
    ),
)


@resource
class S3BucketEncryption(BucketSetting):
    """How objects are encrypted when a request does not say."""

    type_name = "aws_s3_bucket_server_side_encryption_configuration"
    absent = NO_BUCKET | {"ServerSideEncryptionConfigurationNotFoundError"}
    put_call, get_call = "put_bucket_encryption", "get_bucket_encryption"
    delete_call = "delete_bucket_encryption"
    enums: ClassVar = {
        "rule.apply_server_side_encryption_by_default.sse_algorithm": ("s3", "ServerSideEncryption")
    }

    def document(self, planned: State) -> dict[str, Any]:
        """Return the rules."""
        rules = [_ENCRYPTION_RULE.to_aws(rule) for rule in planned["rule"]]
        return {"ServerSideEncryptionConfiguration": {"Rules": rules}}

    def attributes(self, answer: dict[str, Any], state: State) -> State | None:
        """Return the rules."""
        del state
        rules = answer["ServerSideEncryptionConfiguration"]["Rules"]
        return {"rule": [_ENCRYPTION_RULE.from_aws(rule) for rule in rules]}


_ACCESS = {
    "block_public_acls": "BlockPublicAcls",
    "block_public_policy": "BlockPublicPolicy",
    "ignore_public_acls": "IgnorePublicAcls",
    "restrict_public_buckets": "RestrictPublicBuckets",
}


@resource
class S3BucketPublicAccessBlock(BucketSetting):
    """Which public access is refused whatever policies say."""

    type_name = "aws_s3_bucket_public_access_block"
    replace = frozenset({"bucket"})
    defaults: ClassVar = dict.fromkeys(_ACCESS, False)
    absent = NO_BUCKET | {"NoSuchPublicAccessBlockConfiguration"}
    put_call, get_call = "put_public_access_block", "get_public_access_block"
    delete_call = "delete_public_access_block"

    def document(self, planned: State) -> dict[str, Any]:
        """Return the four switches."""
        switches = {name: bool(planned[key]) for key, name in _ACCESS.items()}
        return {"PublicAccessBlockConfiguration": switches}

    def attributes(self, answer: dict[str, Any], state: State) -> State | None:
        """Return the four switches."""
        del state
        found = answer["PublicAccessBlockConfiguration"]
        return {key: found.get(name, False) for key, name in _ACCESS.items()}

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the setting, unless it shall stay."""
        if not state["skip_destroy"]:
            super().delete(aws, state)


@resource
class S3BucketOwnershipControls(BucketSetting):
    """Who owns uploaded objects."""

    type_name = "aws_s3_bucket_ownership_controls"
    replace = frozenset({"bucket"})
    absent = NO_BUCKET | {"OwnershipControlsNotFoundError"}
    put_call, get_call = "put_bucket_ownership_controls", "get_bucket_ownership_controls"
    delete_call = "delete_bucket_ownership_controls"
    enums: ClassVar = {"rule.object_ownership": ("s3", "ObjectOwnership")}

    def document(self, planned: State) -> dict[str, Any]:
        """Return the only rule."""
        rule = {"ObjectOwnership": block(planned, "rule")["object_ownership"]}
        return {"OwnershipControls": {"Rules": [rule]}}

    def attributes(self, answer: dict[str, Any], state: State) -> State | None:
        """Return the only rule."""
        del state
        rules = answer["OwnershipControls"]["Rules"]
        return {"rule": [{"object_ownership": rule["ObjectOwnership"]} for rule in rules]}


@resource
class S3BucketPolicy(BucketSetting):
    """The bucket's own policy."""

    type_name = "aws_s3_bucket_policy"
    replace = frozenset({"bucket"})
    policies = frozenset({"policy"})
    absent = NO_BUCKET | {"NoSuchBucketPolicy"}
    put_call, get_call = "put_bucket_policy", "get_bucket_policy"
    delete_call = "delete_bucket_policy"

    def document(self, planned: State) -> dict[str, Any]:
        """Return the policy."""
        return {"Policy": planned["policy"]}

    def attributes(self, answer: dict[str, Any], state: State) -> State | None:
        """Return the policy."""
        del state
        return {"policy": answer["Policy"]}
