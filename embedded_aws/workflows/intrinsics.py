"""Intrinsic functions of Amazon States Language: parsing and running of `States.Format(...)`.

Source: Step Functions Developer Guide, "Intrinsics for JSONPath states in Step Functions".
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from embedded_aws.workflows import json_paths
from embedded_aws.workflows.errors import INTRINSIC_FAILURE, StateError
from embedded_aws.workflows.intrinsic_functions import FUNCTIONS, WrongArgumentsError

if TYPE_CHECKING:
    from collections.abc import Callable

    Expression = Callable[[Any, Any], Any]

MAX_LEVELS = 10
_NAME = re.compile(r"\s*(States\.[A-Za-z0-9]+)\s*\(")
_TEXT = re.compile(r"\s*'((?:[^'\\]|\\.)*)'\s*")
_LITERAL = re.compile(r"\s*(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)\s*(?=[,)])")


@lru_cache(4096)
def parse(text: str) -> Expression:
    """Parse what a field whose name ends in `.$` holds: a path, a path of `$$`, or a call.

    Returns
    -------
    Callable
        Called with the input and the context object.

    Raises
    ------
    json_paths.PathError
        It is neither.
    """
    if text.startswith("$"):
        return _path(text)
    expression, at = _call(text, 0, 1)
    if text[at:].strip():
        raise json_paths.PathError(f"{text!r} is not understood at {text[at:]!r}")
    return expression


def _path(text: str) -> Expression:
    if text.startswith("$$"):
        of_context = json_paths.parse(text[1:])
        return lambda _, context: of_context.value(context)
    if re.match(r"\$[A-Za-z_]", text):
        raise json_paths.PathError(f"{text!r}: variables are not run here")
    path = json_paths.parse(text)
    return lambda value, _: path.value(value)


def _call(text: str, at: int, level: int) -> tuple[Expression, int]:
    found = _NAME.match(text, at)
    if not found:
        raise json_paths.PathError(f"{text!r} is neither a path nor an intrinsic function")
    name = found[1]
    if name not in FUNCTIONS:
        raise json_paths.PathError(f"{text!r}: there is no intrinsic function {name}")
    if level > MAX_LEVELS:
        raise json_paths.PathError(f"{text!r} is nested deeper than {MAX_LEVELS} levels")
    arguments: list[Expression] = []
    at = found.end()
    while text[at:].lstrip()[:1] not in (")", ""):
        argument, at = _argument(text, at, level)
        arguments.append(argument)
        at += len(text[at:]) - len(text[at:].lstrip())
        if text[at : at + 1] == ",":
            at += 1
        elif text[at : at + 1] != ")":
            raise json_paths.PathError(f"{text!r} is not understood at {text[at:]!r}")
    at += len(text[at:]) - len(text[at:].lstrip())
    if text[at : at + 1] != ")":
        raise json_paths.PathError(f"{text!r}: a bracket is not closed")

    def run(value: Any, context: Any) -> Any:
        given = [argument(value, context) for argument in arguments]
        try:
            return FUNCTIONS[name](*given)
        except (WrongArgumentsError, TypeError, ValueError) as wrong:
            told = str(wrong) if isinstance(wrong, WrongArgumentsError) else "wrong arguments"
            raise StateError(INTRINSIC_FAILURE, f"{name}: {told}, in {text!r}") from wrong

    return run, at + 1


def _argument(text: str, at: int, level: int) -> tuple[Expression, int]:
    at += len(text[at:]) - len(text[at:].lstrip())
    if found := _TEXT.match(text, at):
        literal = re.sub(r"\\([\\'])", r"\1", found[1])
        return lambda *_: literal, found.end()
    if found := _LITERAL.match(text, at):
        value = json.loads(found[1])
        return lambda *_: value, found.end()
    if text.startswith("$", at):
        end = _end_of_path(text, at)
        return _path(text[at:end].strip()), end
    return _call(text, at, level + 1)


def _end_of_path(text: str, at: int) -> int:
    """Return where a path ends that is an argument: at a comma or bracket outside of its own."""
    depth, quote = 0, ""
    for place in range(at, len(text)):
        char = text[place]
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "[(":
            depth += 1
        elif char in ")]":
            if depth == 0:
                return place
            depth -= 1
        elif char == "," and depth == 0:
            return place
    return len(text)
