"""What changes in a resource, in lines for a person; and what is folded away as noise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from operations.review.changes import Change
from operations.review.policies.comparing import statement_lines
from operations.review.policies.statements import is_policy, statements
from operations.review.values import UNKNOWN, leaves, parsed, text

_CODE = re.compile(
    r"^(source_code_(hash|size)|code_sha256|source_hash|source|filename|etag|checksum_\w+"
    r"|s3_object_version|version_id|signing_\w+|last_modified|qualified_\w+)$"
)
_PACKAGED = ("aws_lambda_function", "aws_lambda_layer_version", "aws_s3_object")
_LONGEST = 160  # characters of a value in a line


@dataclass(frozen=True)
class Differences:
    """The lines of a change.

    Parameters
    ----------
    lines
        What a person reads: ``memory_size: 512 → 768``.
    folded
        The kinds of noise in it.
    tags
        What changes in its tags.
    """

    lines: tuple[str, ...]
    folded: tuple[str, ...]
    tags: tuple[str, ...]


def differences(change: Change, *, of_the_configuration: bool = False) -> Differences:
    """Return what differs in a resource that is changed, replaced or made.

    Parameters
    ----------
    change
        The resource.
    of_the_configuration
        Leave out the attributes that the configuration does not set.
    """
    if change.action == "create":
        return Differences(tuple(_new_statements(change)), (), ())
    if change.action not in ("update", "replace"):
        return Differences((), (), ())
    lines: list[str] = []
    folded: dict[str, None] = {}
    tags = []
    for path, before, after in leaves(change.before, change.after):
        if of_the_configuration and not change.sets(*path):
            continue
        noise = _noise(change, path, before, after)
        if path[0] == "tags_all":
            tags.append(f"{'.'.join(path[1:])}: {short(before)} → {short(after)}")
        if noise:
            folded[noise] = None
        else:
            lines += _lines(change, path, before, after)
    if "new code" in folded and change.kind != "aws_s3_object":
        lines.insert(0, "new code")
    if "other version of its layers" in folded:
        lines.append("new version of its layer")
    return Differences(tuple(lines), tuple(folded), tuple(tags))


def short(value: Any) -> str:
    """Return a value in words, cut where it is too long to be read."""
    words = text(value)
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"


def _noise(change: Change, path: tuple[str, ...], before: Any, after: Any) -> str:
    if path[0] == "tags_all":
        return "tags"
    if change.kind in _PACKAGED and _CODE.match(path[-1]):
        return "new code"
    if path[-1] == "layers" and _unversioned(before) == _unversioned(after):
        return "other version of its layers"
    if after is UNKNOWN and not change.sets(*path):
        return "computed values"
    if _same_statements(before, after) or (parsed(before) and parsed(before) == parsed(after)):
        return f"order or form of {path[-1]}"
    return ""


def _unversioned(layers: Any) -> list[str] | None:
    """Return ARNs of layers without their version; what is not known yet can be any version."""
    if not isinstance(layers, list):
        return None
    return sorted("" if each is UNKNOWN else str(each).rpartition(":")[0] for each in layers)


def _lines(change: Change, path: tuple[str, ...], before: Any, after: Any) -> Iterator[str]:
    place = ".".join(path)
    old, new = parsed(before), parsed(after)
    if is_policy(old) or is_policy(new):
        yield from _statement_lines(before, after)
        if after is UNKNOWN:
            yield f"{place}: cannot be told before the apply"
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for inner, one, other in leaves(old, new):
            yield f"{place}.{'.'.join(inner)}: {short(one)} → {short(other)}"
        return
    if isinstance(before, list) and isinstance(after, list):
        added = [each for each in after if each not in before]
        removed = [each for each in before if each not in after]
        words = [f"+ {short(each)}" for each in added] + [f"- {short(each)}" for each in removed]
        yield f"{place}: {', '.join(words)}"
        return
    forces = " (forces the replacement)" if _forces(change, path) else ""
    yield f"{place}: {short(before)} → {short(after)}{forces}"


def _forces(change: Change, path: tuple[str, ...]) -> bool:
    return any(each[: len(path)] == path or each[:1] == path[:1] for each in change.forced_by)


def _new_statements(change: Change) -> Iterator[str]:
    for name in ("policy", "assume_role_policy"):
        if change.sets(name):
            yield from _statement_lines(None, change.after.get(name))


def _statement_lines(before: Any, after: Any) -> Iterator[str]:
    yield from statement_lines(statements(before) or [], statements(after) or [])


def _same_statements(before: Any, after: Any) -> bool:
    old, new = statements(before), statements(after)
    return old is not None and new is not None and sorted(map(str, old)) == sorted(map(str, new))
