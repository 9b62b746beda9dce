"""Values of a plan: what is unknown, what is secret, and where two values differ.

Terraform, "JSON Output Format": ``after_unknown`` and ``before_sensitive``/``after_sensitive`` have
the form of the value with ``true`` in the place of what is unknown or sensitive.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

Path = tuple[str, ...]


class Unknown:
    """A value that is known after the apply only."""

    def __repr__(self) -> str:
        return "(known after apply)"


UNKNOWN: Final = Unknown()
SENSITIVE: Final = "(sensitive)"
NEW_SENSITIVE: Final = "(sensitive, a new value)"
_KEYS = ("region_name", "name", "id", "Sid", "rule_id")  # by which blocks of a list are told apart


def with_unknown(value: Any, unknown: Any) -> Any:
    """Put ``UNKNOWN`` where Terraform says that a value is known after the apply only."""
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, dict) and unknown:
        given = value if isinstance(value, dict) else {}
        marked = {key: with_unknown(given.get(key), each) for key, each in unknown.items()}
        return {**given, **{key: each for key, each in marked.items() if each is not None}}
    if isinstance(unknown, list) and unknown:
        blocks = value if isinstance(value, list) else []
        longest = max(len(blocks), len(unknown))
        return [
            with_unknown(
                blocks[index] if index < len(blocks) else None,
                unknown[index] if index < len(unknown) else False,
            )
            for index in range(longest)
        ]
    return value


def without_secrets(value: Any, sensitive: Any, other: Any = None) -> Any:
    """Replace what is sensitive; it stays visible whether it differs from the other value."""
    if sensitive is True:
        if value is None or value is UNKNOWN:
            return value
        return SENSITIVE if other is None or other == value else NEW_SENSITIVE
    if isinstance(sensitive, dict) and isinstance(value, dict):
        others = other if isinstance(other, dict) else {}
        return {
            key: without_secrets(each, sensitive.get(key), others.get(key))
            for key, each in value.items()
        }
    if isinstance(sensitive, list) and isinstance(value, list):
        others_ = other if isinstance(other, list) else []
        return [
            without_secrets(
                each,
                sensitive[index] if index < len(sensitive) else None,
                others_[index] if index < len(others_) else None,
            )
            for index, each in enumerate(value)
        ]
    return value


def leaves(before: Any, after: Any, path: Path = ()) -> Iterator[tuple[Path, Any, Any]]:
    """Yield every path whose value differs, with both values.

    A list of plain values is one value, in any order. Blocks of a list are matched by what names
    them; of a block that is at most once there, the path has no index.
    """
    if _is_empty(before) and _is_empty(after):
        return
    if isinstance(before, dict) or isinstance(after, dict):
        olds, news = _mapping(before, after), _mapping(after, before)
        for key in dict.fromkeys((*olds, *news)):
            yield from leaves(olds.get(key), news.get(key), (*path, key))
    elif _has_blocks(before) or _has_blocks(after):
        olds, news = _blocks(before, after), _blocks(after, before)
        for key in dict.fromkeys((*olds, *news)):
            inner = path if not key else (*path[:-1], f"{path[-1] if path else ''}[{key}]")
            yield from leaves(olds.get(key), news.get(key), inner)
    elif not same(before, after):
        yield path, before, after


def same(before: Any, after: Any) -> bool:
    """Tell whether two plain values or lists of them mean the same."""
    if isinstance(before, list) and isinstance(after, list):
        return sorted(map(repr, before)) == sorted(map(repr, after))
    return bool(before == after) and isinstance(before, bool) == isinstance(after, bool)


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, list | dict | str) and not value)


def _has_blocks(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(each, dict | list) for each in value)


def _mapping(value: Any, other: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    if value is UNKNOWN and isinstance(other, dict):
        return dict.fromkeys(other, UNKNOWN)
    return {}


def _blocks(value: Any, other: Any) -> dict[str, Any]:
    """Return the blocks by name; the name is empty where there is at most one on both sides."""
    names = _names([each for side in (value, other) for each in _list(side)])
    single = len(_list(value)) <= 1 and len(_list(other)) <= 1
    if value is UNKNOWN:
        keys = _blocks(other, None) if isinstance(other, list) else {}
        return dict.fromkeys(keys, UNKNOWN)
    if single and not _differently_named(value, other, names):
        return {"": value[0]} if _list(value) else {}
    return {
        str(each[names]) if names and isinstance(each, dict) else str(index): each
        for index, each in enumerate(_list(value))
    }


def _differently_named(value: Any, other: Any, names: str) -> bool:
    one, two = _list(value), _list(other)
    return bool(names and one and two and one[0][names] != two[0][names])


def _names(blocks: list[Any]) -> str:
    for key in _KEYS:
        if blocks and all(isinstance(each, dict) and each.get(key) for each in blocks):
            return key
    return ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def at(value: Any, *path: str) -> Any:
    """Return what stands at a path; blocks that are at most once there are passed through."""
    for key in path:
        while isinstance(value, list):
            value = value[0] if value else None
        if value is UNKNOWN:
            return UNKNOWN
        value = value.get(key) if isinstance(value, dict) else None
    return value


def text(value: Any) -> str:
    """Return a value as a person reads it, on one line."""
    if value is None:
        return "nothing"
    if value is UNKNOWN:
        return repr(UNKNOWN)
    if isinstance(value, str):
        return value if value and value.isprintable() else json.dumps(value)
    if isinstance(value, list) and not _has_blocks(value):
        return "[" + ", ".join(text(each) for each in value) + "]"
    return dumped(value)


def dumped(value: Any) -> str:
    """Return a value as JSON that is the same for the same value."""
    return json.dumps(value, sort_keys=True, default=repr, separators=(", ", ": "))


def parsed(value: Any) -> Any:
    """Return the content of a JSON text; None when it is no JSON object or list."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return None
    return None
