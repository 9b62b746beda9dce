"""Small readings of attribute values that every resource type needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

    from embedded_aws.provider.resource_type import State


def block(state: State, name: str) -> State:
    """Return the only block of that name, or an empty dict when there is none."""
    value = state.get(name)
    if isinstance(value, dict):
        return value
    return value[0] if value else {}


def changed(prior: State, planned: State, *names: str) -> bool:
    """Tell whether one of these attributes or blocks differs."""
    return any(prior.get(name) != planned.get(name) for name in names)


def given(**arguments: Any) -> dict[str, Any]:
    """Return those arguments of a boto3 call that are set: not ``None``, not an empty list or text.

    ``False`` and ``0`` are values and stay.
    """
    return {
        name: value
        for name, value in arguments.items()
        if value is not None and value not in ("", [], {})
    }


def tag_list(state: State) -> list[dict[str, str]]:
    """Return ``tags_all`` as ``[{"Key": ..., "Value": ...}]``, sorted by key."""
    return [
        {"Key": key, "Value": value} for key, value in sorted((state.get("tags_all") or {}).items())
    ]


def tag_changes(prior: State, planned: State) -> tuple[list[str], dict[str, str]]:
    """Return the tag keys to remove and the tags to set to come from ``prior`` to ``planned``."""
    before: dict[str, str] = prior.get("tags_all") or {}
    after: dict[str, str] = planned.get("tags_all") or {}
    removed = sorted(before.keys() - after.keys())
    return removed, {key: value for key, value in after.items() if before.get(key) != value}


def error_code(error: ClientError) -> str:
    """Return AWS's error code of a `ClientError`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def compact_json(document: Any) -> str:
    """Return a JSON document as AWS providers write it into the state."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)
