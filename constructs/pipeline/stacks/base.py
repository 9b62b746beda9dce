"""What every stack has: providers, a state of its own, and a guard against the wrong workspace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cdktf import S3Backend, TerraformOutput, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from constructs import Construct

from pipeline.config import Environment
from pipeline.datasets import Dataset
from pipeline.naming import Names
from pipeline.packages import Packages

_TERRAFORM = ">= 1.11.0"  # the first version with write-only arguments, of secrets


@dataclass(frozen=True)
class StackProps:
    """What the stacks are made from.

    Parameters
    ----------
    environment, names
        The configuration and the naming rule.
    datasets
        The kinds of data.
    packages
        The zips of the functions and of their dependencies.
    """

    environment: Environment
    names: Names
    datasets: Sequence[Dataset]
    packages: Packages


class PipelineStack(TerraformStack):
    """A stack at home in one region, which may reach into others.

    Parameters
    ----------
    home
        The region of its default provider and of its state: a stack can be planned and applied
        as long as this region is up.
    others
        Further regions that it owns resources in.
    """

    def __init__(
        self,
        scope: Construct,
        stack_id: str,
        props: StackProps,
        *,
        home: str,
        others: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, stack_id)
        self.add_override("terraform.required_version", _TERRAFORM)
        self._props = props
        self.providers = {home: self._build_provider(home, alias=None)}
        for region in others:
            self.providers[region] = self._build_provider(region, alias=region)
        self._build_backend(stack_id, home)
        self._build_workspace_guard()

    def _build_provider(self, region: str, alias: str | None) -> AwsProvider:
        return AwsProvider(
            self,
            f"aws-{region}",
            alias=alias,
            region=region,
            allowed_account_ids=[self._props.environment.account.id],
            default_tags=[AwsProviderDefaultTags(tags=self._props.environment.all_tags())],
        )

    def _build_backend(self, stack_id: str, home: str) -> None:
        names = self._props.names
        S3Backend(
            self,
            bucket=names.state_bucket(home),
            key=names.state_key(stack_id),
            region=home,
            encrypt=True,
        )
        # CDKTF's S3Backend has no argument for the lock file.
        self.add_override("terraform.backend.s3.use_lockfile", True)

    def _build_workspace_guard(self) -> None:
        """Stop Terraform when its workspace is not the environment that was synthesized.

        A resource's precondition is skipped on destroy; an output's is not.
        """
        name = self._props.environment.environment
        guard = {
            "condition": f'${{terraform.workspace == "{name}"}}',
            "error_message": (
                f"This configuration was synthesized for the environment {name}, but the Terraform"
                " workspace is ${terraform.workspace}. Synthesize it again with TF_WORKSPACE set"
                " to the workspace's name."
            ),
        }
        output = TerraformOutput(
            self,
            "environment",
            value=name,
            description="The environment, which is the Terraform workspace",
            static_id=True,
        )
        # TerraformOutput takes a precondition as an argument, and does not write it.
        output.add_override("precondition", guard)

    def publish(self, name: str, value: str, description: str) -> None:
        """Add an output under exactly this name (row A15)."""
        TerraformOutput(self, name, value=value, description=description, static_id=True)
