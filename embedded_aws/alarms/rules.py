"""Rules of composite alarms: states of other alarms, combined by AND, OR and NOT.

Source: CloudWatch API reference, "PutCompositeAlarm", AlarmRule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    StateOf = Callable[[str], str]
    Holds = Callable[[StateOf], bool]

MOST_CHILDREN = 100
_TOKEN = re.compile(
    r"\s*(?:(?P<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:\"(?P<quoted>[^\"]+)\"|(?P<name>[^\s\")]"
    r"[^\")]*?))\s*\)|(?P<word>AND|OR|NOT|TRUE|FALSE)(?![A-Za-z0-9_])|(?P<sign>[()]))"
)


class RuleError(ValueError):
    """The rule cannot be read."""


@dataclass(frozen=True)
class Rule:
    """A rule that was read.

    Parameters
    ----------
    children
        Names or ARNs of the alarms that it looks at, as they stand in it.
    holds
        Says whether it holds, given the state of an alarm by name or ARN.
    """

    children: tuple[str, ...]
    holds: Holds


def parse(text: str) -> Rule:
    """Read a rule.

    Raises
    ------
    RuleError
        It is none, or looks at too many alarms.
    """
    reader = _Reader(text)
    holds = reader.disjunction()
    reader.end()
    children = tuple(dict.fromkeys(reader.children))
    if len(children) > MOST_CHILDREN:
        raise RuleError(f"a rule looks at no more than {MOST_CHILDREN} alarms")
    return Rule(children, holds)


class _Reader:
    """AND binds closer than OR, and NOT closer than AND."""

    def __init__(self, text: str) -> None:
        self._text = text.rstrip()
        self._at = 0
        self.children: list[str] = []

    def _peek(self) -> re.Match[str] | None:
        return _TOKEN.match(self._text, self._at)

    def _accept(self, expected: str) -> bool:
        token = self._peek()
        if token is None or (token["word"] or token["sign"]) != expected:
            return False
        self._at = token.end()
        return True

    def end(self) -> None:
        if self._at != len(self._text):
            raise RuleError(f"the rule cannot be read from {self._text[self._at :]!r} on")

    def disjunction(self) -> Holds:
        terms = [self._conjunction()]
        while self._accept("OR"):
            terms.append(self._conjunction())
        return terms[0] if len(terms) == 1 else lambda state: any(term(state) for term in terms)

    def _conjunction(self) -> Holds:
        terms = [self._negation()]
        while self._accept("AND"):
            terms.append(self._negation())
        return terms[0] if len(terms) == 1 else lambda state: all(term(state) for term in terms)

    def _negation(self) -> Holds:
        if self._accept("NOT"):
            term = self._negation()
            return lambda state: not term(state)
        return self._primary()

    def _primary(self) -> Holds:
        if self._accept("("):
            inner = self.disjunction()
            if not self._accept(")"):
                raise RuleError(f"a parenthesis is not closed in {self._text!r}")
            return inner
        if self._accept("TRUE"):
            return lambda _state: True
        if self._accept("FALSE"):
            return lambda _state: False
        token = self._peek()
        if token is None or not token["state"]:
            raise RuleError(f"the rule cannot be read from {self._text[self._at :]!r} on")
        self._at = token.end()
        child, wanted = token["quoted"] or token["name"], token["state"]
        self.children.append(child)
        return lambda state: state(child) == wanted
