"""What AWS says about a Lambda function, as attributes of Terraform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedded_aws.provider.types.lambda_arns import invoke_arn
from embedded_aws.provider.types.unset import block_unless_default, text

if TYPE_CHECKING:
    from embedded_aws.provider.resource_type import State
    from embedded_aws.provider.session import AwsSession


def _latest_version(aws: AwsSession, name: str) -> str:
    pages = aws.client("lambda").get_paginator("list_versions_by_function")
    versions = [
        int(version["Version"])
        for page in pages.paginate(FunctionName=name)
        for version in page["Versions"]
        if version["Version"] != "$LATEST"
    ]
    return str(max(versions)) if versions else "$LATEST"


def _reserved(aws: AwsSession, name: str) -> int:
    concurrency = aws.client("lambda").get_function_concurrency(FunctionName=name)
    reserved = concurrency.get("ReservedConcurrentExecutions")
    return -1 if reserved is None else int(reserved)


def _environment(function: dict[str, Any], state: State) -> list[State]:
    variables = (function.get("Environment") or {}).get("Variables") or None
    return [{"variables": variables}] if variables or state.get("environment") else []


def _network(function: dict[str, Any]) -> list[State]:
    network = function.get("VpcConfig") or {}
    if not network.get("SubnetIds"):
        return []
    return [
        {
            "subnet_ids": network["SubnetIds"],
            "security_group_ids": network["SecurityGroupIds"],
            "ipv6_allowed_for_dual_stack": bool(network.get("Ipv6AllowedForDualStack")),
            "vpc_id": network.get("VpcId", ""),
        }
    ]


def _not_always_told(function: dict[str, Any], state: State) -> State:
    """Return the blocks of which only some endpoints tell; left out, the state's stay."""
    found: State = {}
    if "DeadLetterConfig" in function:
        target = (function["DeadLetterConfig"] or {}).get("TargetArn")
        found["dead_letter_config"] = [{"target_arn": target}] if target else []
    if logging := function.get("LoggingConfig"):
        configured = (state.get("logging_config") or [{}])[0]
        value = {
            "log_format": logging.get("LogFormat", "Text"),
            "log_group": logging.get("LogGroup", ""),
            "application_log_level": text(
                configured, "application_log_level", logging.get("ApplicationLogLevel")
            ),
            "system_log_level": text(configured, "system_log_level", logging.get("SystemLogLevel")),
        }
        default = {
            "log_format": "Text",
            "log_group": f"/aws/lambda/{function['FunctionName']}",
            "application_log_level": None,
            "system_log_level": None,
        }
        found["logging_config"] = block_unless_default(state, "logging_config", value, default)
    elif state.get("logging_config"):
        block = state["logging_config"][0]
        group = block.get("log_group") or f"/aws/lambda/{function['FunctionName']}"
        found["logging_config"] = [{**block, "log_group": group}]
    return found


def _blocks(function: dict[str, Any], state: State) -> State:
    storage = {"size": (function.get("EphemeralStorage") or {}).get("Size", 512)}
    tracing = {"mode": (function.get("TracingConfig") or {}).get("Mode", "PassThrough")}
    snap_start = function.get("SnapStart") or {}
    start = {
        "apply_on": snap_start.get("ApplyOn", "None"),
        "optimization_status": snap_start.get("OptimizationStatus", "Off"),
    }
    return {
        "environment": _environment(function, state),
        "vpc_config": _network(function),
        "ephemeral_storage": block_unless_default(
            state, "ephemeral_storage", storage, {"size": 512}
        ),
        "tracing_config": block_unless_default(
            state, "tracing_config", tracing, {"mode": "PassThrough"}
        ),
        "snap_start": block_unless_default(
            state, "snap_start", start, {"apply_on": "None", "optimization_status": "Off"}
        ),
        **_not_always_told(function, state),
    }


def read(aws: AwsSession, state: State) -> State:
    """Return the attributes of a function; botocore's error says when it is gone."""
    answer = aws.client("lambda").get_function(FunctionName=state["id"])
    function = answer["Configuration"]
    name, arn = function["FunctionName"], function["FunctionArn"]
    version = _latest_version(aws, name)
    return {
        "id": name,
        "function_name": name,
        "arn": arn,
        "invoke_arn": invoke_arn(aws, arn),
        "version": version,
        "qualified_arn": f"{arn}:{version}",
        "qualified_invoke_arn": invoke_arn(aws, f"{arn}:{version}"),
        "architectures": function.get("Architectures") or ["x86_64"],
        "code_sha256": function["CodeSha256"],
        # What the configuration says of its code, to be compared with itself only.
        "source_code_hash": state.get("source_code_hash") or "",
        "source_code_size": function["CodeSize"],
        "description": text(state, "description", function.get("Description")),
        "handler": text(state, "handler", function.get("Handler")),
        "kms_key_arn": text(state, "kms_key_arn", function.get("KMSKeyArn")),
        "last_modified": function["LastModified"],
        "layers": [layer["Arn"] for layer in function.get("Layers") or []] or None,
        "memory_size": function["MemorySize"],
        "package_type": function.get("PackageType", "Zip"),
        "reserved_concurrent_executions": _reserved(aws, name),
        "role": function["Role"],
        "runtime": text(state, "runtime", function.get("Runtime")),
        "signing_job_arn": function.get("SigningJobArn") or "",
        "signing_profile_version_arn": function.get("SigningProfileVersionArn") or "",
        "timeout": function["Timeout"],
        "tags_all": answer.get("Tags") or {},
        **_blocks(function, state),
    }
