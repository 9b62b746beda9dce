"""Lengths, ranges, patterns and enumerations as AWS publishes them in its service models.

AWS generates its own checks, and their messages, from the same models.

Source: https://smithy.io/2.0/spec/constraint-traits.html
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from moto.core.utils import get_service_model

from .limit import refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedded_aws.iam.call import ApiCall

CODES = {
    "cloudwatch": "ValidationError",
    "cognito-identity": "ValidationException",
    "cognito-idp": "InvalidParameterException",
    "events": "ValidationException",
    "iam": "ValidationError",
    "kms": "ValidationException",
    "lambda": "ValidationException",
    "logs": "InvalidParameterException",
    "secretsmanager": "InvalidParameterException",
    "stepfunctions": "ValidationException",
}
"""The services that are checked, with the code of their refusal."""

DATA_PLANE = {
    "Invoke",
    "InvokeWithResponseStream",
    "PutEvents",
    "PutLogEvents",
    "Encrypt",
    "Decrypt",
    "GenerateDataKey",
    "StartExecution",
    "UploadSigningCertificate",
}
"""Called often or with large bodies; moto checks what matters there."""


def check_model(call: ApiCall) -> None:
    """Refuse input that breaks a constraint of the service's model."""
    if call.service not in CODES or call.operation in DATA_PLANE or not call.parsed:
        return
    shape = _input_shape(call.service, call.operation)
    if shape is None:
        return
    found = list(_violations(shape, call.parsed, ""))
    if found:
        count = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: "
        refuse(CODES[call.service], count + "; ".join(found))


@lru_cache(maxsize=1024)
def _input_shape(service: str, operation: str) -> Any | None:
    try:
        return get_service_model(service).operation_model(operation).input_shape
    except Exception:  # noqa: BLE001 - moto answers what no model knows
        return None


def _violations(shape: Any, value: Any, path: str) -> Iterator[str]:
    if value is None:
        return
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, member in shape.members.items():
            step = name[:1].lower() + name[1:]
            yield from _violations(member, value.get(name), f"{path}.{step}" if path else step)
    elif shape.type_name == "list" and isinstance(value, list):
        yield from _size(shape, len(value), value, path)
        for index, entry in enumerate(value, 1):
            yield from _violations(shape.member, entry, f"{path}.{index}.member")
    elif shape.type_name == "map" and isinstance(value, dict):
        yield from _size(shape, len(value), value, path)
        for name, entry in value.items():
            yield from _violations(shape.value, entry, f"{path}.{name}.member")
    elif shape.type_name == "string" and isinstance(value, str):
        yield from _text(shape, value, path)
    elif shape.type_name in {"integer", "long"} and isinstance(value, int):
        yield from _number(shape, value, path)


def _failed(value: Any, path: str, constraint: str) -> str:
    return f"Value '{value}' at '{path}' failed to satisfy constraint: Member must {constraint}"


def _size(shape: Any, length: int, value: Any, path: str) -> Iterator[str]:
    lowest, highest = shape.metadata.get("min"), shape.metadata.get("max")
    if lowest is not None and length < lowest:
        yield _failed(value, path, f"have length greater than or equal to {lowest}")
    if highest is not None and length > highest:
        yield _failed(value, path, f"have length less than or equal to {highest}")


def _number(shape: Any, value: int, path: str) -> Iterator[str]:
    lowest, highest = shape.metadata.get("min"), shape.metadata.get("max")
    if lowest is not None and value < lowest:
        yield _failed(value, path, f"have value greater than or equal to {lowest}")
    if highest is not None and value > highest:
        yield _failed(value, path, f"have value less than or equal to {highest}")


def _text(shape: Any, value: str, path: str) -> Iterator[str]:
    yield from _size(shape, len(value), value, path)
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        yield _failed(value, path, f"satisfy enum value set: [{', '.join(allowed)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and (compiled := _compiled(pattern)) and not compiled.fullmatch(value):
        yield _failed(value, path, f"satisfy regular expression pattern: {pattern}")


@lru_cache(maxsize=2048)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """Compile a pattern, unless it is in a dialect that Python does not have."""
    try:
        return re.compile(pattern, re.DOTALL)
    except re.error:
        return None
