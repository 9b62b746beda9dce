"""Metric math: expressions of metrics, read by recursive descent and computed at once.

Source: CloudWatch User Guide, "Using math expressions with CloudWatch metrics".
"""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any

from embedded_aws.metrics.values import all_series, call, combined, each, wrong

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedded_aws.metrics.values import Surroundings, Value

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|(?P<name>[A-Za-z_]\w*)"
    r"|\"(?P<text>[^\"]*)\"|'(?P<quoted>[^']*)'"
    r"|(?P<sign>==|!=|<=|>=|&&|\|\||[-+*/^()\[\],<>]))"
)
_LOGICAL = {"AND": "&&", "OR": "||"}
_LEVELS: tuple[dict[str, Callable[[float, float], float]], ...] = (
    {"||": lambda a, b: float(bool(a) or bool(b))},
    {"&&": lambda a, b: float(bool(a) and bool(b))},
    {
        "==": operator.eq,
        "!=": operator.ne,
        "<=": operator.le,
        ">=": operator.ge,
        "<": operator.lt,
        ">": operator.gt,
    },
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": operator.truediv},
    {"^": operator.pow},
)


def names_in(expression: str) -> set[str]:
    """Return the ids that an expression refers to; `METRICS` when it takes all metrics."""
    return {text for kind, text in _tokens(expression) if kind == "name"}


def compute(expression: str, surroundings: Surroundings) -> Value:
    """Return the value of an expression.

    Raises
    ------
    ExpressionError
        The expression is wrong, refers to nothing, or uses a function that is not computed here.
    """
    reader = _Reader(_tokens(expression), surroundings)
    value = reader.binary(0)
    if reader.peek() is not None:
        wrong(f"{expression!r} does not end where it should")
    return value


def _tokens(expression: str) -> list[tuple[str, str]]:
    found, at, text = [], 0, expression.rstrip()
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            wrong(f"{expression!r} has at {at} what is no metric math")
        kind = str(token.lastgroup)
        content = token[kind]
        if kind == "name" and content in _LOGICAL:
            kind, content = "sign", _LOGICAL[content]
        found.append(("text" if kind == "quoted" else kind, content))
        at = token.end()
    return found


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]], surroundings: Surroundings) -> None:
        self._tokens = tokens
        self._at = 0
        self._known = surroundings

    def peek(self) -> tuple[str, str] | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _next(self) -> tuple[str, str]:
        token = self.peek()
        if token is None:
            wrong("the expression ends too early")
        self._at += 1
        return token

    def _accept(self, sign: str) -> bool:
        if self.peek() == ("sign", sign):
            self._at += 1
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._accept(sign):
            wrong(f"{sign!r} is missing")

    def binary(self, level: int) -> Value:
        """Read operands of one level of precedence."""
        if level == len(_LEVELS):
            return self._unary()
        left = self.binary(level + 1)
        while True:
            token = self.peek()
            if token is None or token[0] != "sign" or token[1] not in _LEVELS[level]:
                return left
            self._at += 1
            left = combined(_LEVELS[level][token[1]], left, self.binary(level + 1))

    def _unary(self) -> Value:
        if self._accept("-"):
            return each(operator.neg, self._unary())
        return self._primary()

    def _primary(self) -> Value:
        kind, text = self._next()
        if kind == "number":
            return float(text)
        if (kind, text) == ("sign", "("):
            value = self.binary(0)
            self._expect(")")
            return value
        if (kind, text) == ("sign", "["):
            return [one for value in self._arguments("]") for one in all_series(value)]
        if kind != "name":
            wrong(f"{text!r} stands where a value should")
        if self._accept("("):
            return call(text, self._arguments(")"), self._known)
        if text not in self._known.values:
            wrong(f"no metric or expression has the id {text!r}")
        return self._known.values[text]

    def _arguments(self, closing: str) -> list[Any]:
        found: list[Any] = []
        if self._accept(closing):
            return found
        while True:
            token = self.peek()
            if token is not None and token[0] == "text":
                found.append(self._next()[1])
            else:
                found.append(self.binary(0))
            if self._accept(closing):
                return found
            self._expect(",")
