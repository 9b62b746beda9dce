"""Wildcard matching as IAM does it: case-insensitive actions, ARNs segment by segment.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

ARN_SEGMENTS = 6
_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_ESCAPED = {"*": "*", "?": "?", "$": "$"}

Context = Mapping[str, Sequence[str]]
"""Condition keys in lower case, each with its values."""


@lru_cache(maxsize=8192)
def glob(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """Compile a pattern in which ``*`` is any text and ``?`` any one character."""
    expression = "".join(
        ".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern
    )
    return re.compile(expression + r"\Z", re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def action_matches(pattern: str, action: str) -> bool:
    """Whether the pattern of an Action element names the action; case does not matter."""
    return glob(pattern, ignore_case=True).match(action) is not None


@lru_cache(maxsize=16384)
def arn_matches(pattern: str, arn: str) -> bool:
    """Whether the pattern of a Resource element, or of an ArnLike condition, names the ARN.

    A wildcard stays inside its segment, except that the last character of a pattern may be a
    ``*`` that goes on over the colons that follow, as the whole last segment may.
    """
    if pattern == "*":
        return True
    wanted = pattern.split(":", ARN_SEGMENTS - 1)
    given = arn.split(":", ARN_SEGMENTS - 1)
    if len(wanted) < ARN_SEGMENTS:
        if not pattern.endswith("*") or len(wanted) > len(given):
            return False
        last = len(wanted) - 1
        given = [*given[:last], ":".join(given[last:])]
    return len(wanted) == len(given) and all(
        glob(want).match(have) is not None for want, have in zip(wanted, given, strict=True)
    )


def substitute(text: str, context: Context) -> str | None:
    """Replace policy variables; ``None`` when one has no value, which makes the text match nothing.

    Wildcards inside the value of a variable are literal: they are escaped as a private character
    that no AWS name has. Source:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    if "${" not in text:
        return text
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        name, _, default = match[1].partition(",")
        if name in _ESCAPED:
            return _LITERAL.get(name, name)
        values = context.get(name.strip().lower())
        if values is not None and len(values) == 1:
            return _literal(values[0])
        if default:
            return _literal(default.strip().strip("'"))
        missing = True
        return ""

    replaced = _VARIABLE.sub(value, text)
    return None if missing else replaced


_LITERAL = {"*": "\ue000", "?": "\ue001"}
_TO_LITERAL = str.maketrans(_LITERAL)
_FROM_LITERAL = str.maketrans({escaped: char for char, escaped in _LITERAL.items()})


def _literal(value: str) -> str:
    return value.translate(_TO_LITERAL)


def with_literals(value: str) -> str:
    """Give a value of the request the form that `substitute` gives to literal wildcards."""
    return value.translate(_TO_LITERAL)


def plain(text: str) -> str:
    """Undo `with_literals`, for operators that know no wildcards."""
    return text.translate(_FROM_LITERAL)
