"""``aws_lambda_layer_version``."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from embedded_aws.provider.attributes import given
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types import lambda_code as code
from embedded_aws.provider.types.unset import text

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession


@resource
class LambdaLayerVersion(ResourceType):
    """One immutable version of a layer: every change makes the next version."""

    type_name = "aws_lambda_layer_version"
    replace = frozenset(
        {
            "layer_name",
            "description",
            "license_info",
            "compatible_architectures",
            "compatible_runtimes",
            *code.SOURCES,
        }
    )
    defaults: ClassVar = {"skip_destroy": False}
    enums: ClassVar = {
        "compatible_architectures": ("lambda", "Architecture"),
        "compatible_runtimes": ("lambda", "Runtime"),
    }
    conflicts = (frozenset({"filename", "s3_bucket"}), frozenset({"filename", "s3_key"}))
    absent = frozenset({"ResourceNotFoundException"})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Publish the version."""
        published = aws.client("lambda").publish_layer_version(
            **given(
                LayerName=planned["layer_name"],
                Description=planned["description"],
                Content=code.location(aws, planned),
                CompatibleRuntimes=planned["compatible_runtimes"],
                CompatibleArchitectures=planned["compatible_architectures"],
                LicenseInfo=planned["license_info"],
            )
        )
        return {
            "id": published["LayerVersionArn"],
            "arn": published["LayerVersionArn"],
            "version": str(published["Version"]),
        }

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the version."""
        name, version = state["id"].split(":")[-2:]
        layer = aws.client("lambda").get_layer_version(LayerName=name, VersionNumber=int(version))
        content = layer["Content"]
        return {
            "arn": layer["LayerVersionArn"],
            "layer_arn": layer["LayerArn"],
            "layer_name": state.get("layer_name") or name,
            "version": str(layer["Version"]),
            "created_date": layer["CreatedDate"],
            "code_sha256": content["CodeSha256"],
            "source_code_hash": state.get("source_code_hash") or "",
            "source_code_size": content["CodeSize"],
            "description": text(state, "description", layer.get("Description")),
            "license_info": text(state, "license_info", layer.get("LicenseInfo")),
            "compatible_runtimes": layer.get("CompatibleRuntimes") or None,
            "compatible_architectures": layer.get("CompatibleArchitectures") or None,
            "signing_job_arn": content.get("SigningJobArn") or "",
            "signing_profile_version_arn": content.get("SigningProfileVersionArn") or "",
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Only ``skip_destroy`` can change, and that is Terraform's own."""

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the version, unless ``skip_destroy`` keeps it."""
        if state["skip_destroy"]:
            return
        name, version = state["id"].split(":")[-2:]
        aws.client("lambda").delete_layer_version(LayerName=name, VersionNumber=int(version))
