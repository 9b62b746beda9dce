"""Where a JSON Schema 2020-12 has further schemas inside."""

from collections.abc import Callable
from typing import Any

Schema = dict[str, Any] | bool

_ONE = (
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
)
_SEVERAL = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("$defs", "definitions", "dependentSchemas", "patternProperties", "properties")


def map_schemas(schema: Schema, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Schema:
    """Return a copy in which every schema object, innermost first, is what `change` made of it.

    Values that are no schemas (``enum``, ``const``, ``default``, ``examples``) stay untouched.
    """
    if not isinstance(schema, dict):
        return schema
    copy = dict(schema)
    for keyword in _ONE:
        if keyword in copy:
            copy[keyword] = map_schemas(copy[keyword], change)
    for keyword in _SEVERAL:
        if isinstance(copy.get(keyword), list):
            copy[keyword] = [map_schemas(inner, change) for inner in copy[keyword]]
    for keyword in _NAMED:
        if isinstance(copy.get(keyword), dict):
            copy[keyword] = {
                name: map_schemas(inner, change) for name, inner in copy[keyword].items()
            }
    return change(copy)


def keywords_of(schema: Schema) -> set[str]:
    """Return every keyword that occurs in a schema or a schema inside it."""
    found: set[str] = set()

    def note(inner: dict[str, Any]) -> dict[str, Any]:
        found.update(inner)
        return inner

    map_schemas(schema, note)
    return found
