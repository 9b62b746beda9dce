"""The parameters of a task in the form that botocore takes, and its answers in AWS's form.

Task states write every member with a capital letter, give JSON where the API wants text or bytes,
and read timestamps as text.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from embedded_aws.workflows.intrinsic_functions import text_of

if TYPE_CHECKING:
    from embedded_aws.workflows.resources import Resource


def _member(shape: Any, name: str) -> str | None:
    """Return how the API writes a member that the definition writes with a capital letter."""
    if name in shape.members:
        return name
    lowered = name[:1].lower() + name[1:]
    return lowered if name[:1].isupper() and lowered in shape.members else None


def problems(resource: Resource, given: dict[str, Any]) -> list[str]:
    """Return what is wrong with the names of a task's parameters."""
    shape = resource.model.input_shape
    if shape is None:
        return [f"The field {name!r} is not supported by Step Functions" for name in given]
    plain = [name.removesuffix(".$") for name in given]
    found = [
        f"The field {name!r} is not supported by Step Functions"
        for name in plain
        if _member(shape, name) is None
    ]
    present = {_member(shape, name) for name in plain}
    return found + [
        f"The field {name[:1].upper() + name[1:]!r} is required but was missing"
        for name in shape.required_members
        if name not in present
    ]


def to_api(shape: Any, value: Any) -> Any:
    """Return parameters as botocore takes them."""
    kind = shape.type_name if shape is not None else ""
    if kind == "structure" and isinstance(value, dict):
        names = {name: _member(shape, name) or name for name in value}
        return {
            names[name]: to_api(shape.members.get(names[name]), inside)
            for name, inside in value.items()
        }
    if kind == "list" and isinstance(value, list):
        return [to_api(shape.member, each) for each in value]
    if kind == "map" and isinstance(value, dict):
        return {name: to_api(shape.value, inside) for name, inside in value.items()}
    if kind == "blob":
        return (value if isinstance(value, str) else text_of(value)).encode()
    return text_of(value) if kind == "string" and isinstance(value, dict | list) else value


def from_api(shape: Any, value: Any) -> Any:
    """Return an answer as the next state reads it."""
    kind = shape.type_name if shape is not None else ""
    if isinstance(value, dict) and kind == "structure":
        return {
            name[:1].upper() + name[1:]: from_api(shape.members.get(name), inside)
            for name, inside in value.items()
        }
    if isinstance(value, dict):
        inner = shape.value if kind == "map" else None
        return {name: from_api(inner, inside) for name, inside in value.items()}
    if isinstance(value, list):
        inner = shape.member if kind == "list" else None
        return [from_api(inner, each) for each in value]
    return _plain(value)


def _plain(value: Any) -> Any:
    if hasattr(value, "read"):
        value = value.read()
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        moment = value.astimezone(UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value
