"""The directives of mapping templates: `#set`, `#if`, `#elseif`, `#else`, `#end`.

Conditions compare texts, numbers, flags and references with `==` and `!=`, and join them with `&&`,
`||`, `!` and parentheses. What is set under `$context.responseOverride` changes the answer.
`#foreach` and arithmetic are not known.

Source: Apache Velocity, "VTL Reference"; API Gateway Developer Guide, "Override your API's request
and response parameters and status codes for REST APIs".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from embedded_aws.gateway.references import Reader, TemplateError

if TYPE_CHECKING:
    from collections.abc import Callable

_DIRECTIVE = re.compile(r"#(?:\{(\w+)\}|(set|if|elseif|else|end|foreach|break|macro|parse)\b)")
_TARGET = re.compile(r"\s*\$\{?([A-Za-z][\w.-]*)\}?\s*=(?!=)")
_LITERAL = re.compile(r"'([^']*)'|\"([^\"]*)\"|(-?\d+(?:\.\d+)?)|(true|false)\b")
_BRANCHES = frozenset({"elseif", "else", "end"})


def render(text: str, roots: dict[str, Any]) -> str:
    """Render a template.

    Parameters
    ----------
    roots
        What references begin with; variables that the template sets are added.

    Raises
    ------
    TemplateError
        The template uses more of the language than is known here.
    """
    template = _Template(text, roots)
    found, ended_by = template.block(running=True)
    if ended_by:
        raise TemplateError(f"#{ended_by} stands without #if")
    return found


class _Template:
    """A template that is read from its beginning to its end, once."""

    def __init__(self, text: str, roots: dict[str, Any]) -> None:
        self._text, self._roots, self._at = text, roots, 0

    def block(self, *, running: bool) -> tuple[str, str]:
        """Return a block's output and the directive that ends it; nothing when it does not run."""
        parts: list[str] = []
        while found := _DIRECTIVE.search(self._text, self._at):
            if running:
                parts.append(Reader(self._text[self._at : found.start()], self._roots).render())
            self._at = found.end()
            name = found[1] or found[2]
            if name in _BRANCHES:
                return "".join(parts), name
            if name == "if":
                parts.append(self._if(running=running))
            elif name == "set":
                self._set(running=running)
            else:
                raise TemplateError(f"the directive #{name} is not known here")
        if running:
            parts.append(Reader(self._text[self._at :], self._roots).render())
        self._at = len(self._text)
        return "".join(parts), ""

    def _if(self, *, running: bool) -> str:
        output, done, branch = "", False, "if"
        while branch != "end":
            holds = True
            if branch in ("if", "elseif"):
                condition = self._parenthesized()
                holds = running and not done and _truth(_Expression(condition, self._roots).value())
            takes = running and not done and holds
            self._line_end()
            found, branch = self.block(running=takes)
            output += found
            done = done or takes
            if not branch:
                raise TemplateError("#if has no #end")
        self._line_end()
        return output

    def _set(self, *, running: bool) -> None:
        content = self._parenthesized()
        target = _TARGET.match(content)
        if target is None:
            raise TemplateError(f"#set({content[:40]}) sets nothing")
        self._line_end()
        if running:
            *path, name = target[1].split(".")
            place = self._roots
            for step in path:
                place = place.setdefault(step, {})
            place[name] = _Expression(content[target.end() :], self._roots).value()

    def _parenthesized(self) -> str:
        """Return what stands in the parentheses that follow."""
        depth, quote, begin = 0, "", self._at
        for place, character in enumerate(self._text[begin:], begin):
            if quote:
                quote = "" if character == quote else quote
            elif character in "'\"":
                quote = character
            elif character in "()":
                depth += 1 if character == "(" else -1
                if depth == 0:
                    self._at = place + 1
                    return self._text[begin : self._at].strip()[1:-1]
            elif depth == 0 and not character.isspace():
                break
        raise TemplateError(f"a condition is missing: {self._text[begin:][:40]!r}")

    def _line_end(self) -> None:
        """Pass the end of a line that has nothing but the directive after it."""
        if found := re.compile(r"[ \t]*\r?\n").match(self._text, self._at):
            self._at = found.end()


class _Expression(Reader):
    """The right side of `#set`, or a condition."""

    def value(self) -> Any:
        found = self._joined(("||",), lambda: self._joined(("&&",), self._compared))
        if self._text[self._at :].strip():
            raise TemplateError(f"this is not known here: {self._text[self._at :][:40]!r}")
        return found

    def _joined(self, signs: tuple[str, ...], part: Callable[[], Any]) -> Any:
        found = part()
        while sign := self._sign(*signs):
            other = part()
            found = (
                (_truth(found) or _truth(other))
                if sign == "||"
                else (_truth(found) and _truth(other))
            )
        return found

    def _compared(self) -> Any:
        found = self._operand()
        if sign := self._sign("==", "!="):
            return (found == self._operand()) == (sign == "==")
        return found

    def _operand(self) -> Any:
        if self._sign("!"):
            return not _truth(self._operand())
        if self._sign("("):
            found = self._joined(("||",), lambda: self._joined(("&&",), self._compared))
            if not self._sign(")"):
                raise TemplateError("a parenthesis has no end")
            return found
        if literal := _LITERAL.match(self._text, self._at):
            self._at = literal.end()
            single, double, number, flag = literal.groups()
            if double is not None:
                return Reader(double, self._roots).render()
            if number is not None:
                return float(number) if "." in number else int(number)
            return single if single is not None else flag == "true"
        return self.reference()

    def _sign(self, *signs: str) -> str:
        """Pass one of the signs, if it comes next."""
        while self._text[self._at : self._at + 1].isspace():
            self._at += 1
        for sign in signs:
            if self._text.startswith(sign, self._at):
                self._at += len(sign)
                while self._text[self._at : self._at + 1].isspace():
                    self._at += 1
                return sign
        return ""


def _truth(value: Any) -> bool:
    """Everything but false and nothing is true."""
    return value is not None and value is not False
