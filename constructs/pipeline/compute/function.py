"""A Lambda function with its log group, its versions and the alias that calls go through.

Rows A4, B9, C4, E3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.lambda_alias import LambdaAlias
from cdktf_cdktf_provider_aws.lambda_function import (
    LambdaFunction,
    LambdaFunctionEnvironment,
    LambdaFunctionLoggingConfig,
    LambdaFunctionTracingConfig,
)
from constructs import Construct

from pipeline.compute.artifact import Artifact
from pipeline.naming import LIVE
from pipeline.naming import Function as FunctionName
from pipeline.packaging import RUNTIME


@dataclass(frozen=True)
class FunctionProps:
    """What a function is made of.

    Parameters
    ----------
    kind
        What the naming rule calls the function.
    name, description
        The function's name and one sentence for the console.
    handler
        ``module.function`` in the zip.
    role_arn
        The execution role, by the naming rule: a regional stack reads nothing of IAM.
    code
        The function's zip.
    layer_arn
        The dependency layer's version.
    log_group, log_retention_days
        Where it logs and for how long.
    architecture
        ``arm64`` or ``x86_64``.
    memory_mb, timeout_seconds
        Its size: 128 to 10,240 MB, 1 to 900 s.
    tracing
        Whether Lambda sends traces of the invocations to X-Ray.
    released_by_terraform
        Whether an apply moves the alias to the version that it publishes. Otherwise the alias stays
        where a release has put it, and Terraform only makes it.
    variables
        Environment variables.
    """

    kind: FunctionName
    name: str
    description: str
    handler: str
    role_arn: str
    code: Artifact
    layer_arn: str
    log_group: str
    log_retention_days: int
    architecture: str
    memory_mb: int
    timeout_seconds: int
    tracing: bool
    released_by_terraform: bool
    variables: Mapping[str, str] = field(default_factory=dict)


class Function(Construct):
    """One function; its log group exists first and its role may not create it.

    A group that Lambda creates by itself has no retention and is not Terraform's
    (terraform-aws-modules/terraform-aws-lambda #342). Each change of code or configuration
    publishes a version; whatever calls the function calls the alias ``live``.

    Attributes
    ----------
    kind, name
        What the naming rule calls the function, and the name that it gave it.
    timeout_seconds
        Its time-out.
    arn
        The function's ARN without a version, which nothing should call.
    live_arn, live_invoke_arn
        The ARN of the alias, for triggers and for API Gateway.
    alias
        The alias.
    """

    def __init__(self, scope: Construct, construct_id: str, props: FunctionProps) -> None:
        super().__init__(scope, construct_id)
        log_group = CloudwatchLogGroup(
            self, "log-group", name=props.log_group, retention_in_days=props.log_retention_days
        )
        self.resource = LambdaFunction(
            self,
            "function",
            function_name=props.name,
            description=props.description,
            role=props.role_arn,
            handler=props.handler,
            runtime=RUNTIME,
            architectures=[props.architecture],
            memory_size=props.memory_mb,
            timeout=props.timeout_seconds,
            s3_bucket=props.code.bucket,
            s3_key=props.code.key,
            s3_object_version=props.code.version,
            source_code_hash=props.code.sha256_base64,
            layers=[props.layer_arn],
            publish=True,
            tracing_config=LambdaFunctionTracingConfig(
                mode="Active" if props.tracing else "PassThrough"
            ),
            environment=LambdaFunctionEnvironment(variables=dict(props.variables)),
            logging_config=LambdaFunctionLoggingConfig(
                log_format="Text", log_group=props.log_group
            ),
            depends_on=[log_group],
        )
        self.alias = self._build_alias(props)
        self.kind = props.kind
        self.name = props.name
        self.timeout_seconds = props.timeout_seconds
        self.arn: str = self.resource.arn
        self.live_arn: str = self.alias.arn
        self.live_invoke_arn: str = self.alias.invoke_arn

    def _build_alias(self, props: FunctionProps) -> LambdaAlias:
        moved_by_a_release = TerraformResourceLifecycle(
            ignore_changes=["function_version", "routing_config"]
        )
        return LambdaAlias(
            self,
            LIVE,
            name=LIVE,
            description="What triggers and callers use",
            function_name=self.resource.function_name,
            function_version=self.resource.version,
            lifecycle=None if props.released_by_terraform else moved_by_a_release,
        )
