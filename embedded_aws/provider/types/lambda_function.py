"""``aws_lambda_function``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import changed, tag_changes
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types import lambda_code as code
from embedded_aws.provider.types import lambda_function_reading as reading
from embedded_aws.provider.types import lambda_function_settings as settings
from embedded_aws.provider.values import UNKNOWN

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

_WAITER = {"Delay": 1, "MaxAttempts": 300}
_CODE = frozenset({*code.SOURCES, "image_uri", "architectures"})
_ANYTHING = frozenset({*_CODE, *settings.CONFIGURATION})


@resource
class LambdaFunction(ResourceType):
    """A Lambda function with its configuration and, when asked for, a published version."""

    type_name = "aws_lambda_function"
    replace = frozenset({"function_name", "package_type", "durable_config", "tenancy_config"})
    recomputed: ClassVar = {
        "last_modified": _ANYTHING,
        "code_sha256": _CODE,
        "source_code_size": _CODE,
    }
    defaults: ClassVar = {
        "memory_size": 128,
        "package_type": "Zip",
        "publish": False,
        "reserved_concurrent_executions": -1,
        "skip_destroy": False,
        "timeout": 3,
        "vpc_config.ipv6_allowed_for_dual_stack": False,
    }
    enums: ClassVar = {
        "runtime": ("lambda", "Runtime"),
        "package_type": ("lambda", "PackageType"),
        "architectures": ("lambda", "Architecture"),
        "tracing_config.mode": ("lambda", "TracingMode"),
        "snap_start.apply_on": ("lambda", "SnapStartApplyOn"),
        "logging_config.log_format": ("lambda", "LogFormat"),
        "logging_config.application_log_level": ("lambda", "ApplicationLogLevel"),
        "logging_config.system_log_level": ("lambda", "SystemLogLevel"),
    }
    conflicts = (
        frozenset({"filename", "s3_bucket", "image_uri"}),
        frozenset({"filename", "s3_key", "image_uri"}),
    )
    absent = frozenset({"ResourceNotFoundException"})

    def plan(self, aws: AwsSession, prior: State | None, planned: State) -> State:
        """Leave the version open when a new one will be published."""
        del aws
        if prior is None or not planned["publish"]:
            return {}
        if not changed(prior, planned, "publish", *_ANYTHING):
            return {}
        return dict.fromkeys(("version", "qualified_arn", "qualified_invoke_arn"), UNKNOWN)

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the function and wait until it is active."""
        client = aws.client("lambda")
        arguments = settings.creation(planned, code.location(aws, planned))
        created = aws.retrying(
            lambda: client.create_function(**arguments),
            {"InvalidParameterValueException": "cannot be assumed by Lambda"},
        )
        name = planned["function_name"]
        client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig=_WAITER)
        return {"id": name, "arn": created["FunctionArn"]}

    def complete(self, aws: AwsSession, planned: State) -> None:
        """Reserve concurrency."""
        if planned["reserved_concurrent_executions"] >= 0:
            _reserve(aws, planned)

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the function, its reserved concurrency and its latest version."""
        return reading.read(aws, state)

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Update configuration and code, each only when it has changed; publish when asked to."""
        client = aws.client("lambda")
        configuration = settings.configuration_changes(prior, planned)
        if configuration:
            aws.retrying(
                lambda: client.update_function_configuration(
                    FunctionName=prior["id"], **configuration
                ),
                {"InvalidParameterValueException": "cannot be assumed by Lambda"},
            )
            _wait_for_update(client, prior["id"])
        new_code = changed(prior, planned, *_CODE)
        if new_code:
            client.update_function_code(
                FunctionName=prior["id"],
                Architectures=planned["architectures"] or prior["architectures"],
                **code.location(aws, planned),
            )
            _wait_for_update(client, prior["id"])
        if planned["publish"] and (configuration or new_code or not prior["publish"]):
            client.publish_version(FunctionName=prior["id"])
        if changed(prior, planned, "reserved_concurrent_executions"):
            _reserve(aws, {**planned, "id": prior["id"]})
        if changed(prior, planned, "tags_all"):
            removed, added = tag_changes(prior, planned)
            if removed:
                client.untag_resource(Resource=prior["arn"], TagKeys=removed)
            if added:
                client.tag_resource(Resource=prior["arn"], Tags=added)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the function with all its versions, unless ``skip_destroy`` keeps it."""
        if not state["skip_destroy"]:
            aws.client("lambda").delete_function(FunctionName=state["id"])


def _wait_for_update(client: Any, name: str) -> None:
    client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=_WAITER)


def _reserve(aws: AwsSession, function: State) -> None:
    client = aws.client("lambda")
    reserved = function["reserved_concurrent_executions"]
    if reserved >= 0:
        client.put_function_concurrency(
            FunctionName=function["id"], ReservedConcurrentExecutions=int(reserved)
        )
    else:
        client.delete_function_concurrency(FunctionName=function["id"])
