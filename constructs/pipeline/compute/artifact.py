"""Code on its way to Lambda: a TerraformAsset, uploaded to the artifacts bucket (row E7)."""

from __future__ import annotations

from dataclasses import dataclass

from cdktf import AssetType, TerraformAsset
from cdktf_cdktf_provider_aws.s3_object import S3Object
from constructs import Construct

from pipeline.packaging import Package


@dataclass(frozen=True)
class ArtifactProps:
    """What is uploaded and where to.

    Parameters
    ----------
    package
        The zip.
    bucket
        The name of the artifacts bucket of the stack's region.
    key
        The object's key; a new package is a new version of it.
    """

    package: Package
    bucket: str
    key: str


class Artifact(Construct):
    """One zip in the artifacts bucket.

    Attributes
    ----------
    bucket, key, version
        Where Lambda finds it.
    sha256_base64
        What Lambda calls the code's hash.
    """

    def __init__(self, scope: Construct, construct_id: str, props: ArtifactProps) -> None:
        super().__init__(scope, construct_id)
        asset = TerraformAsset(
            self,
            "asset",
            path=str(props.package.path),
            type=AssetType.FILE,
            # TerraformAsset's own hash leaves file names and modes out; the zip's hash does not.
            asset_hash=props.package.sha256,
        )
        uploaded = S3Object(
            self,
            "object",
            bucket=props.bucket,
            key=props.key,
            source=asset.path,
            source_hash=props.package.sha256_base64,
            content_type="application/zip",
        )
        self.bucket = props.bucket
        self.key = props.key
        self.version: str = uploaded.version_id
        self.sha256_base64 = props.package.sha256_base64
