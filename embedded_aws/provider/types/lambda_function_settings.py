"""The configuration of a Lambda function as ``CreateFunction`` and its update take it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedded_aws.provider.attributes import block, changed, given

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from embedded_aws.provider.resource_type import State


def _plain(attribute: str) -> Callable[[State], Any]:
    return lambda function: function[attribute]


def _text(attribute: str) -> Callable[[State], Any]:
    return lambda function: function[attribute] or ""


def _environment(function: State) -> Any:
    return {"Variables": block(function, "environment").get("variables") or {}}


def _network(function: State) -> Any:
    network = block(function, "vpc_config")
    return {
        "SubnetIds": sorted(network.get("subnet_ids") or []),
        "SecurityGroupIds": sorted(network.get("security_group_ids") or []),
        "Ipv6AllowedForDualStack": bool(network.get("ipv6_allowed_for_dual_stack")),
    }


def _logging(function: State) -> Any:
    logging = block(function, "logging_config")
    return given(
        LogFormat=logging.get("log_format") or "Text",
        ApplicationLogLevel=logging.get("application_log_level"),
        SystemLogLevel=logging.get("system_log_level"),
        LogGroup=logging.get("log_group"),
    )


def _file_systems(function: State) -> Any:
    return [
        {"Arn": one["arn"], "LocalMountPath": one["local_mount_path"]}
        for one in function["file_system_config"] or []
    ]


def _image(function: State) -> Any:
    image = block(function, "image_config")
    return given(
        Command=image.get("command"),
        EntryPoint=image.get("entry_point"),
        WorkingDirectory=image.get("working_directory"),
    )


_ARGUMENTS: Mapping[str, tuple[str, Callable[[State], Any]]] = {
    "dead_letter_config": (
        "DeadLetterConfig",
        lambda function: {"TargetArn": block(function, "dead_letter_config").get("target_arn", "")},
    ),
    "description": ("Description", _text("description")),
    "environment": ("Environment", _environment),
    "ephemeral_storage": (
        "EphemeralStorage",
        lambda function: {"Size": block(function, "ephemeral_storage").get("size") or 512},
    ),
    "file_system_config": ("FileSystemConfigs", _file_systems),
    "handler": ("Handler", _plain("handler")),
    "image_config": ("ImageConfig", _image),
    "kms_key_arn": ("KMSKeyArn", _text("kms_key_arn")),
    "layers": ("Layers", lambda function: function["layers"] or []),
    "logging_config": ("LoggingConfig", _logging),
    "memory_size": ("MemorySize", _plain("memory_size")),
    "role": ("Role", _plain("role")),
    "runtime": ("Runtime", _plain("runtime")),
    "snap_start": (
        "SnapStart",
        lambda function: {"ApplyOn": block(function, "snap_start").get("apply_on", "None")},
    ),
    "timeout": ("Timeout", _plain("timeout")),
    "tracing_config": (
        "TracingConfig",
        lambda function: {"Mode": block(function, "tracing_config").get("mode", "PassThrough")},
    ),
    "vpc_config": ("VpcConfig", _network),
}

CONFIGURATION = frozenset(_ARGUMENTS)
"""Attributes and blocks that ``UpdateFunctionConfiguration`` changes."""


def creation(function: State, location: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of ``CreateFunction``; what is not configured is left to AWS."""
    configured = {
        argument: value(function)
        for attribute, (argument, value) in _ARGUMENTS.items()
        if function[attribute]
    }
    return given(
        FunctionName=function["function_name"],
        Code=location,
        PackageType=function["package_type"],
        Architectures=function["architectures"],
        CodeSigningConfigArn=function["code_signing_config_arn"],
        Publish=function["publish"] or None,
        Tags=function["tags_all"],
        **configured,
    )


def configuration_changes(prior: State, planned: State) -> dict[str, Any]:
    """Return the arguments of ``UpdateFunctionConfiguration`` for what differs."""
    return {
        argument: value(planned)
        for attribute, (argument, value) in _ARGUMENTS.items()
        if changed(prior, planned, attribute) and value(prior) != value(planned)
    }
