"""Conditions inside of paths: `[?(@.age > 18 && @.name != 'x')]`."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable
from typing import Any

Filter = Callable[[Any], bool]
Operand = Callable[[Any], Any]
ParsePath = Callable[[str], Any]

_MISSING = object()
_TOKEN = re.compile(
    r"""\s*(?:(?P<path>@(?:\.\.?[\w-]+|\[[^\]]*\])*)
    |(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    |(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<word>true|false|null)
    |(?P<compare>==|!=|<=|>=|<|>)
    |(?P<join>&&|\|\|)
    |(?P<sign>[!()]))""",
    re.VERBOSE,
)
_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def parse_filter(text: str, parse_path: ParsePath) -> Filter:
    """Parse a condition; `parse_path` parses the paths in it.

    Raises
    ------
    ValueError
        It is not understood.
    """
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found or not found.lastgroup:
            raise ValueError(f"the condition is not understood at {text[at:]!r}")
        tokens.append((found.lastgroup, found[found.lastgroup]))
        at = found.end()
    parser = _Parser(tokens, parse_path)
    condition = parser.either()
    if parser.at < len(tokens):
        raise ValueError(f"the condition is not understood at {tokens[parser.at][1]!r}")
    return condition


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], parse_path: ParsePath) -> None:
        self.tokens = tokens
        self.at = 0
        self._parse_path = parse_path

    def either(self) -> Filter:
        parts = [self._both()]
        while self._takes("||"):
            parts.append(self._both())
        return lambda value: any(part(value) for part in parts)

    def _both(self) -> Filter:
        parts = [self._single()]
        while self._takes("&&"):
            parts.append(self._single())
        return lambda value: all(part(value) for part in parts)

    def _single(self) -> Filter:
        if self._takes("!"):
            inner = self._single()
            return lambda value: not inner(value)
        if self._takes("("):
            inner = self.either()
            if not self._takes(")"):
                raise ValueError("a bracket of the condition is not closed")
            return inner
        left = self._operand()
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "compare":
            sign = self.tokens[self.at][1]
            self.at += 1
            right = self._operand()
            return lambda value: _compare(left(value), sign, right(value))
        return lambda value: left(value) is not _MISSING

    def _operand(self) -> Operand:
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("", "its end")
        self.at += 1
        if kind == "path":
            path = self._parse_path("$" + text[1:])
            return lambda value: _value(path, value)
        if kind == "text":
            literal: Any = re.sub(r"\\(.)", r"\1", text[1:-1])
        elif kind in ("number", "word"):
            literal = json.loads(text)
        else:
            raise ValueError(f"the condition is not understood at {text!r}")
        return lambda _: literal

    def _takes(self, text: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at][1] == text:
            self.at += 1
            return True
        return False


def _value(path: Any, value: Any) -> Any:
    try:
        return path.value(value)
    except ValueError:
        return _MISSING


def _compare(left: Any, sign: str, right: Any) -> bool:
    if sign == "==":
        return _equal(left, right)
    if sign == "!=":
        return not _equal(left, right)
    numbers = _is_number(left) and _is_number(right)
    if not numbers and not (isinstance(left, str) and isinstance(right, str)):
        return False
    return _ORDERED[sign](left, right)


def _equal(left: Any, right: Any) -> bool:
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
