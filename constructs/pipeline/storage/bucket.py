"""A private bucket: versioned, encrypted, closed to the public, reached over TLS only (B2, B3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
    S3BucketLifecycleConfigurationRuleTransition,
)
from cdktf_cdktf_provider_aws.s3_bucket_ownership_controls import (
    S3BucketOwnershipControls,
    S3BucketOwnershipControlsRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from cdktf_cdktf_provider_aws.s3_bucket_public_access_block import S3BucketPublicAccessBlock
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)
from cdktf_cdktf_provider_aws.s3_bucket_versioning import (
    S3BucketVersioningA,
    S3BucketVersioningVersioningConfiguration,
)
from constructs import Construct

from pipeline.identity.policy import Statement, policy

# S3 User Guide, "Aborting incomplete multipart uploads": parts of an upload that was given up
# are billed until somebody removes them.
_UPLOAD_DAYS = 7


@dataclass(frozen=True)
class BucketProps:
    """What a bucket is made of.

    Parameters
    ----------
    name
        The bucket's name.
    arn
        Its ARN, from the naming rule.
    provider
        The Terraform provider of its region.
    disposable
        Whether a destroy also deletes what is in it.
    noncurrent_version_days
        Days after which an overwritten or deleted version is removed.
    archive_after_days
        Days after which an object moves to Glacier Instant Retrieval; None: never.
    expiring
        Prefix -> days after which an object under it is removed.
    """

    name: str
    arn: str
    provider: Any
    disposable: bool
    noncurrent_version_days: int
    archive_after_days: int | None = None
    expiring: Mapping[str, int] = field(default_factory=dict)


class PrivateBucket(Construct):
    """One bucket with everything that keeps it private and bounded."""

    def __init__(self, scope: Construct, construct_id: str, props: BucketProps) -> None:
        super().__init__(scope, construct_id)
        self._props = props
        self._bucket = S3Bucket(
            self,
            "bucket",
            bucket=props.name,
            force_destroy=props.disposable,
            provider=props.provider,
        )
        self.id: str = self._bucket.id
        self.name = props.name
        self.arn = props.arn
        self.versioning = self._build_versioning()
        self._build_encryption()
        self._build_lifecycle()
        self._build_policy(after=self._build_public_access_block())

    def _build_versioning(self) -> Any:
        return S3BucketVersioningA(
            self,
            "versioning",
            bucket=self._bucket.id,
            versioning_configuration=S3BucketVersioningVersioningConfiguration(status="Enabled"),
            provider=self._props.provider,
        )

    def _build_encryption(self) -> None:
        default = S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
            sse_algorithm="AES256"
        )
        S3BucketServerSideEncryptionConfigurationA(
            self,
            "encryption",
            bucket=self._bucket.id,
            rule=[
                S3BucketServerSideEncryptionConfigurationRuleA(
                    apply_server_side_encryption_by_default=default
                )
            ],
            provider=self._props.provider,
        )

    def _build_public_access_block(self) -> Any:
        S3BucketOwnershipControls(
            self,
            "ownership",
            bucket=self._bucket.id,
            rule=S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
            provider=self._props.provider,
        )
        return S3BucketPublicAccessBlock(
            self,
            "public-access-block",
            bucket=self._bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            provider=self._props.provider,
        )

    def _build_lifecycle(self) -> None:
        rules = [
            S3BucketLifecycleConfigurationRule(
                id="bounded",
                status="Enabled",
                filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                noncurrent_version_expiration=[
                    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(
                        noncurrent_days=self._props.noncurrent_version_days
                    )
                ],
                abort_incomplete_multipart_upload=[
                    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(
                        days_after_initiation=_UPLOAD_DAYS
                    )
                ],
                transition=self._transitions(),
            ),
            *(self._expiry(prefix, days) for prefix, days in self._props.expiring.items()),
        ]
        S3BucketLifecycleConfiguration(
            self,
            "lifecycle",
            bucket=self._bucket.id,
            rule=rules,
            # S3 counts noncurrent versions only in a bucket that has versioning.
            depends_on=[self.versioning],
            provider=self._props.provider,
        )

    @staticmethod
    def _expiry(prefix: str, days: int) -> S3BucketLifecycleConfigurationRule:
        return S3BucketLifecycleConfigurationRule(
            id=f"expire-{prefix.strip('/')}",
            status="Enabled",
            filter=[S3BucketLifecycleConfigurationRuleFilter(prefix=prefix)],
            expiration=[S3BucketLifecycleConfigurationRuleExpiration(days=days)],
            noncurrent_version_expiration=[
                S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(noncurrent_days=1)
            ],
        )

    def _transitions(self) -> Sequence[Any] | None:
        days = self._props.archive_after_days
        if days is None:
            return None
        return [S3BucketLifecycleConfigurationRuleTransition(days=days, storage_class="GLACIER_IR")]

    def _build_policy(self, after: Any) -> None:
        tls_only = Statement(
            sid="TlsOnly",
            effect="Deny",
            principal="*",
            actions=["s3:*"],
            resources=[self.arn, f"{self.arn}/*"],
            conditions={"Bool": {"aws:SecureTransport": "false"}},
        )
        S3BucketPolicy(
            self,
            "policy",
            bucket=self._bucket.id,
            policy=policy(tls_only),
            # Both calls change the bucket's access; S3 answers 409 when they run at once.
            depends_on=[after],
            provider=self._props.provider,
        )
