"""Walks a JSON Schema by the keywords that hold schemas, and by local references."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

_ONE = (
    "items", "contains", "additionalProperties", "propertyNames", "unevaluatedItems",
    "unevaluatedProperties", "if", "then", "else", "not", "contentSchema",
)  # fmt: skip
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_UNCONDITIONAL = ("allOf",)
_SAME_INSTANCE = (*_UNCONDITIONAL, "anyOf", "oneOf", "then", "else", "if")


def walk(schema: Any, pointer: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every subschema that is an object, with its JSON Pointer.

    Values of ``const``, ``enum``, ``default`` and ``examples`` are data and are left alone.
    """
    if not isinstance(schema, dict):
        return
    yield pointer, schema
    for keyword in _ONE:
        yield from walk(schema.get(keyword), f"{pointer}/{keyword}")
    for keyword in _LISTS:
        entries = schema.get(keyword)
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            yield from walk(entry, f"{pointer}/{keyword}/{index}")
    for keyword in _MAPS:
        members = schema.get(keyword)
        for name, member in (members if isinstance(members, dict) else {}).items():
            yield from walk(member, f"{pointer}/{keyword}/{escaped(name)}")


def escaped(name: str) -> str:
    """Return a member's name as a part of a JSON Pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def resolve(root: Mapping[str, Any], reference: str) -> Any:
    """Return what a local reference (``#...``) points to.

    Raises
    ------
    LookupError
        When there is nothing.
    """
    fragment = reference.removeprefix("#")
    if fragment and not fragment.startswith("/"):
        for _, schema in walk(root):
            if fragment in (schema.get("$anchor"), schema.get("$dynamicAnchor")):
                return schema
        raise LookupError(reference)
    target: Any = root
    for part in fragment.split("/")[1:]:
        name = unquote(part).replace("~1", "/").replace("~0", "~")
        if isinstance(target, list) and name.isdigit():
            target = target[int(name)]
        elif isinstance(target, dict):
            target = target[name]
        else:
            raise LookupError(reference)
    return target


def of_same_instance(
    root: Mapping[str, Any],
    start: Mapping[str, Any] | None = None,
    *,
    unconditional: bool = False,
) -> list[Mapping[str, Any]]:
    """Return a schema and every subschema that speaks about the same instance, not a member.

    Parameters
    ----------
    root : mapping
        The schema that references are resolved in.
    start : mapping, optional
        The schema to begin with, by default the root.
    unconditional : bool
        Leave out what applies only sometimes (``anyOf``, ``if``, ...).
    """
    keywords = _UNCONDITIONAL if unconditional else _SAME_INSTANCE
    found: list[Mapping[str, Any]] = []
    waiting: list[Any] = [root if start is None else start]
    while waiting:
        schema = waiting.pop()
        if not isinstance(schema, dict) or any(schema is known for known in found):
            continue
        found.append(schema)
        for keyword in keywords:
            entry = schema.get(keyword)
            waiting += entry if isinstance(entry, list) else [entry]
        dependent = {} if unconditional else schema.get("dependentSchemas", {})
        waiting += dependent.values()
        for keyword in ("$ref", "$dynamicRef"):
            reference = schema.get(keyword)
            if isinstance(reference, str) and reference.startswith("#"):
                waiting.append(_resolved_or_nothing(root, reference))
    return found


def _resolved_or_nothing(root: Mapping[str, Any], reference: str) -> Any:
    try:
        return resolve(root, reference)
    except LookupError:
        return None
