"""Which JSON types the cells of a CSV column may become, read from the dataset's schema."""

from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from shared.schema_places import Schema

_ALL = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})
_DEEPEST = 32  # references that lead to references


def column_types(schema: Schema, name: str) -> frozenset[str] | None:
    """Return the JSON types that a schema allows for a member, None when it says nothing.

    ``type``, ``const``, ``enum``, ``$ref`` into the same schema, ``anyOf``, ``oneOf`` and
    ``allOf`` are followed, both for the record and for the member. What depends on other members
    (``if``, ``dependentSchemas``) is not.
    """
    types = _member_types(schema, name, schema, 0)
    return None if types == _ALL else types


def _member_types(schema: Schema, name: str, root: Schema, depth: int) -> frozenset[str]:
    """Return what all places allow together where a record's schema speaks of the member."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return _ALL
    types = _ALL
    properties = schema.get("properties", {})
    if name in properties:
        types &= _types(properties[name], root, depth + 1)
    elif "patternProperties" not in schema and "additionalProperties" in schema:
        types &= _types(schema["additionalProperties"], root, depth + 1)
    for inner in schema.get("allOf", ()):
        types &= _member_types(inner, name, root, depth + 1)
    if "$ref" in schema:
        types &= _member_types(_referred(schema["$ref"], root), name, root, depth + 1)
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            types &= frozenset().union(
                *(_member_types(inner, name, root, depth + 1) for inner in schema[keyword])
            )
    return types


def _types(schema: Schema, root: Schema, depth: int) -> frozenset[str]:
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return _ALL
    types = _ALL
    if "type" in schema:
        named = schema["type"]
        types &= frozenset([named] if isinstance(named, str) else named)
        if "number" in types:
            types |= {"integer"}
    if "const" in schema:
        types &= {_type_of(schema["const"])}
    if "enum" in schema:
        types &= {_type_of(value) for value in schema["enum"]}
    if "$ref" in schema:
        types &= _types(_referred(schema["$ref"], root), root, depth + 1)
    for inner in schema.get("allOf", ()):
        types &= _types(inner, root, depth + 1)
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            types &= frozenset().union(
                *(_types(inner, root, depth + 1) for inner in schema[keyword])
            )
    return types


def _referred(reference: str, root: Schema) -> Schema:
    """Follow a reference into the same schema; another one says nothing about types."""
    if not reference.startswith("#") or (reference != "#" and not reference.startswith("#/")):
        return True
    here: Any = root
    for token in reference[2:].split("/") if reference != "#" else ():
        key = unquote(token).replace("~1", "/").replace("~0", "~")
        if isinstance(here, list) and key.isdecimal() and int(key) < len(here):
            here = here[int(key)]
        elif isinstance(here, dict) and key in here:
            here = here[key]
        else:
            return True
    return here if isinstance(here, dict | bool) else True


def _type_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | Decimal):
        return "number" if isinstance(value, Decimal) else "integer"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
