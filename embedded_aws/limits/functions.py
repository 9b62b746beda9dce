"""Limits of Lambda that neither its service model nor moto holds."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from typing import TYPE_CHECKING, Any

from moto.awslambda.models import lambda_backends
from moto.s3.models import s3_backends
from moto.sqs.models import sqs_backends

from embedded_aws.state import RUN

from .limit import check_range, limit, refuse

if TYPE_CHECKING:
    from embedded_aws.iam.call import ApiCall

QUOTAS = "lambda/latest/dg/gettingstarted-limits.html"
INVALID = "InvalidParameterValueException"
ZIPPED = 50 * 1024 * 1024  # bytes of a direct upload
UNZIPPED = 250 * 1024 * 1024  # bytes, layers included
ENVIRONMENT = 4096  # bytes
LAYERS = 5
RESERVED = {
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
}
CONFIGURING = ("CreateFunction", "UpdateFunctionConfiguration")


@limit("lambda", "CreateFunction", source="lambda/latest/api/API_CreateFunction.html")
def name(call: ApiCall) -> None:
    """Refuse a function name over 64 characters or with others than letters, digits, - and _."""
    given = str(call.parameters.get("FunctionName") or "").rpartition(":function:")[2]
    if len(given) > 64:
        message = f"1 validation error detected: Value '{given}' at 'functionName' failed to "
        refuse(
            "ValidationException",
            message + "satisfy constraint: Member must have length less than or equal to 64",
        )
    if given and not re.fullmatch(r"[A-Za-z0-9_-]+", given.partition(":")[0]):
        message = f"1 validation error detected: Value '{given}' at 'functionName' failed to "
        rule = "satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9-_]+"
        refuse("ValidationException", message + rule)


@limit("lambda", *CONFIGURING, source=QUOTAS)
def memory_and_timeout(call: ApiCall) -> None:
    """Refuse memory over 10,240 MB and a time-out over 900 s; the model holds the lower ends."""
    for member, highest in (("MemorySize", 10_240), ("Timeout", 900)):
        value = call.parameters.get(member)
        message = (
            f"1 validation error detected: Value '{value}' at '{member[0].lower()}{member[1:]}' "
            f"failed to satisfy constraint: Member must have value less than or equal to {highest}"
        )
        check_range(value, 1, highest, "ValidationException", message)


@limit("lambda", *CONFIGURING, source="lambda/latest/dg/configuration-envvars.html")
def environment(call: ApiCall) -> None:
    """Refuse more than 4 KB of variables, and names that Lambda keeps for itself."""
    variables = (call.parameters.get("Environment") or {}).get("Variables") or {}
    taken = sorted(RESERVED & set(variables))
    if taken:
        message = (
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided contains reserved keys that are currently not supported "
            f"for modification. Reserved keys used in this request: {', '.join(taken)}"
        )
        refuse(INVALID, message)
    size = len(json.dumps(variables, separators=(",", ":"), ensure_ascii=False).encode())
    if variables and size > ENVIRONMENT:
        message = (
            "Lambda was unable to configure your environment variables because the environment "
            f"variables you have provided exceeded the {ENVIRONMENT // 1024}KB limit. "
            f"String measured: {json.dumps(variables)[:200]}"
        )
        refuse(INVALID, message)


@limit("lambda", *CONFIGURING, source=QUOTAS)
def layers(call: ApiCall) -> None:
    """Refuse the sixth layer."""
    given = call.parameters.get("Layers") or []
    if len(given) > LAYERS:
        refuse(INVALID, f"Cannot reference more than {LAYERS} layers.")


@limit("lambda", "CreateFunction", "UpdateFunctionCode", "PublishLayerVersion", source=QUOTAS)
def package(call: ApiCall) -> None:
    """Refuse zips over 50 MB in the request, and over 250 MB unzipped with the layers."""
    body = call.parameters
    code = body.get("Code") or body.get("Content") or body
    zipped = code.get("ZipFile")
    if isinstance(zipped, str):
        zipped = base64.b64decode(zipped)
    if zipped and len(zipped) > ZIPPED:
        message = f"Request must be smaller than {ZIPPED} bytes for the CreateFunction operation"
        refuse("RequestEntityTooLargeException", message, 413)
    held = zipped or _object(code)
    size = _unzipped(held) if held else 0
    size += sum(_layer_size(arn) for arn in body.get("Layers") or [])
    if size > UNZIPPED:
        refuse(INVALID, f"Unzipped size must be smaller than {UNZIPPED} bytes")


def _object(code: dict[str, Any]) -> bytes | None:
    if not code.get("S3Bucket"):
        return None
    try:
        found = s3_backends[RUN.account]["aws"].get_object(
            code["S3Bucket"], code.get("S3Key"), version_id=code.get("S3ObjectVersion")
        )
    except Exception:  # noqa: BLE001 - moto says what is wrong with the place
        return None
    return bytes(found.value) if found is not None else None


def _unzipped(content: bytes) -> int:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        refuse(INVALID, "Could not unzip uploaded file. Please check your file, then try again.")


def _layer_size(arn: str) -> int:
    parts = arn.split(":")
    if len(parts) < 8:
        return 0
    try:
        layer = lambda_backends[RUN.account][parts[3]].get_layer_version(parts[6], parts[7])
    except Exception:  # noqa: BLE001 - moto refuses unknown layers
        return 0
    content = getattr(layer, "code_bytes", None)
    return _unzipped(content) if content else 0


@limit(
    "lambda",
    "CreateEventSourceMapping",
    "UpdateEventSourceMapping",
    source="lambda/latest/dg/services-sqs-configure.html",
)
def queue_mapping(call: ApiCall) -> None:
    """Refuse a queue that shows messages too early, a batch without its window, odd scaling."""
    body = call.parameters
    held = _mapping(call)
    arn = held.event_source_arn if held is not None else body.get("EventSourceArn") or ""
    if ":sqs:" not in arn:
        return
    window = body.get("MaximumBatchingWindowInSeconds", getattr(held, "max_batch_window", 0))
    size = body.get("BatchSize", getattr(held, "batch_size", 10))
    if int(size or 10) > 10 and int(window or 0) < 1:
        message = "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
        refuse(INVALID, message + "greater than 10")
    concurrency = (body.get("ScalingConfig") or {}).get("MaximumConcurrency")
    message = f"MaximumConcurrency {concurrency} is not between 2 and 1000"
    check_range(concurrency, 2, 1000, INVALID, message)
    function = body.get("FunctionName") or getattr(held, "function_arn", "")
    _compare_timeouts(arn, str(function))


def _mapping(call: ApiCall) -> Any:
    """Return the mapping that an update is for: its source is not in the request."""
    held = lambda_backends[RUN.account][call.region]._event_source_mappings
    return held.get(str(call.parameters.get("UUID") or ""))


def _compare_timeouts(arn: str, function_name: str) -> None:
    region, queue_name = arn.split(":")[3], arn.rpartition(":")[2]
    queue = sqs_backends[RUN.account][region].queues.get(queue_name)
    try:
        function = lambda_backends[RUN.account][region].get_function(function_name)
    except Exception:  # noqa: BLE001 - moto refuses unknown functions
        return
    if queue is not None and int(queue.visibility_timeout) < int(function.timeout):
        message = (
            f"Queue visibility timeout: {queue.visibility_timeout} seconds is less than Function "
            f"timeout: {function.timeout} seconds"
        )
        refuse(INVALID, message)
