"""The layer with the locked dependencies that all functions share."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.lambda_layer_version import LambdaLayerVersion
from constructs import Construct

from pipeline.compute.artifact import Artifact
from pipeline.packaging import RUNTIME


class DependencyLayer(Construct):
    """One version of the layer; the ``arn`` includes the version."""

    def __init__(
        self, scope: Construct, construct_id: str, *, name: str, code: Artifact, architecture: str
    ) -> None:
        super().__init__(scope, construct_id)
        layer = LambdaLayerVersion(
            self,
            "version",
            layer_name=name,
            description="Locked dependencies of the pipeline's functions",
            s3_bucket=code.bucket,
            s3_key=code.key,
            s3_object_version=code.version,
            source_code_hash=code.sha256_base64,
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[architecture],
        )
        self.arn: str = layer.arn
