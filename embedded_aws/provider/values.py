"""Values of Terraform's type system, as plain Python, in the shape of a schema.

Sets are lists in a fixed order, so that two equal sets are equal lists.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tf.types import Unknown

if TYPE_CHECKING:
    from embedded_aws.provider.schema_typescript import Block, Type

UNKNOWN: Any = Unknown
"""Stands for a value that is known only after an apply."""

_EMPTY: tuple[Any, ...] = (None, "", [], {}, False, 0)


def is_known(value: Any) -> bool:
    """Tell whether a value has nothing unknown in it, at any depth."""
    if value is UNKNOWN:
        return False
    if isinstance(value, dict):
        return all(is_known(item) for item in value.values())
    if isinstance(value, list):
        return all(is_known(item) for item in value)
    return True


def is_write_only(name: str, attribute: Block) -> bool:
    """Tell whether an attribute is given to AWS and stands in no plan and no state.

    The bindings do not say so; the AWS provider ends the names of these attributes, and of no
    others that can be set, in ``_wo``.
    """
    return name.endswith("_wo") and attribute["optional"] and not attribute["computed"]


def known_or_none(value: Any) -> Any:
    """Return a copy in which ``None`` stands for everything that is not known."""
    if value is UNKNOWN:
        return None
    if isinstance(value, dict):
        return {name: known_or_none(item) for name, item in value.items()}
    if isinstance(value, list):
        return [known_or_none(item) for item in value]
    return value


def is_empty(value: Any) -> bool:
    """Tell whether a value is what the provider stores for "not set"."""
    return any(value == empty and type(value) is type(empty) for empty in _EMPTY)


def canonical(value: Any) -> Any:
    """Return a value without what is empty in it, to compare what means the same."""
    if isinstance(value, dict):
        kept = {name: canonical(item) for name, item in value.items()}
        return {name: item for name, item in sorted(kept.items()) if not is_empty(item)}
    if isinstance(value, list):
        return [canonical(item) for item in value]
    return value


def sort_key(value: Any) -> str:
    """Return the key by which members of a set are put in order."""
    return json.dumps(canonical(value), sort_keys=True, default=lambda _: "\uffff")


def _ordered(kind: Type, value: Any) -> Any:
    if not isinstance(kind, list) or value is None or value is UNKNOWN:
        return value
    if kind[0] in {"list", "set"} and isinstance(value, list):
        members = [_ordered(kind[1], member) for member in value]
        return sorted(members, key=sort_key) if kind[0] == "set" else members
    if kind[0] == "map" and isinstance(value, dict):
        return {name: _ordered(kind[1], member) for name, member in value.items()}
    if kind[0] == "object" and isinstance(value, dict):
        return {name: _ordered(member, value.get(name)) for name, member in kind[1].items()}
    return value


def members(nested: Block, value: Any) -> list[dict[str, Any]]:
    """Return the blocks of one block type as a list, whatever its nesting."""
    if value is None or value is UNKNOWN:
        return []
    if nested["nesting"] == "single":
        return [value]
    return list(value.values()) if nested["nesting"] == "map" else list(value)


def conform(block: Block, value: dict[str, Any] | None) -> dict[str, Any]:
    """Return a value with exactly the attributes and blocks of a schema, sets in order.

    What the schema does not know is dropped, what is missing becomes ``None`` or no block.
    """
    given = value or {}
    result: dict[str, Any] = {
        name: _ordered(attribute["type"], given.get(name))
        for name, attribute in block["attributes"].items()
    }
    for name, nested in block["blocks"].items():
        result[name] = _conform_nested(nested, given.get(name))
    return result


def _conform_nested(nested: Block, value: Any) -> Any:
    inner, nesting = nested["block"], nested["nesting"]
    if value is UNKNOWN:
        return value
    if nesting == "single":
        return None if value is None else conform(inner, value)
    if nesting == "map":
        return {name: conform(inner, item) for name, item in (value or {}).items()}
    items = [item if item is UNKNOWN else conform(inner, item) for item in value or []]
    return sorted(items, key=sort_key) if nesting == "set" else items


def pair(wanted: list[Any], candidates: list[Any], nesting: str) -> list[Any]:
    """Return for each wanted block the candidate that is the same block, or ``None``.

    Blocks of a list are the same by their place, blocks of a set by how many of their values
    agree; a candidate is used once.
    """
    if nesting != "set":
        return [candidates[i] if i < len(candidates) else None for i in range(len(wanted))]
    left = list(candidates)
    result = []
    for item in wanted:
        best = max(left, key=lambda other: _agreement(item, other), default=None)
        if best is not None and _agreement(item, best) > 0:
            left.remove(best)
            result.append(best)
        else:
            result.append(None)
    return result


def _agreement(item: Any, other: Any) -> int:
    if not isinstance(item, dict) or not isinstance(other, dict):
        return 0
    agreeing = sum(
        1
        for name, value in item.items()
        if not is_empty(value)
        and value is not UNKNOWN
        and canonical(other.get(name)) == canonical(value)
    )
    # All the same beats any number of equal parts.
    return agreeing + (1000 if canonical(item) == canonical(other) else 0)
