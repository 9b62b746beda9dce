"""Mapping templates and mapped parameters.

Of the Velocity Template Language, references are known: `$context`, `$stageVariables`, `$input` and
`$util`, nested as deep as one likes. Directives (`#set`, `#if`, `#foreach`) are not.

Source: API Gateway Developer Guide, "Mapping template reference" and "Parameter mapping".
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, unquote_plus

from embedded_aws.state import RUN, EmbeddedAwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedded_aws.gateway.context import Context

_ROOTS = re.compile(r"\$!?\{?(?=(?:context|stageVariables|input|util)\b)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_DIRECTIVE = re.compile(r"#(?:set|if|elseif|else|end|foreach)\b")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[['\"]([^'\"]*)['\"]\]")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")


class TemplateError(EmbeddedAwsError):
    """A template that cannot be read here."""


class _Input:
    """`$input`: the body that is mapped, and the parameters of the request."""

    def __init__(self, context: Context, body: bytes) -> None:
        self._context = context
        self.body = body.decode("utf-8", "replace")

    def json(self, path: str) -> str:
        return json.dumps(self.path(path), ensure_ascii=False, separators=(",", ":"))

    def path(self, path: str) -> Any:
        try:
            found: Any = json.loads(self.body or "{}")
        except ValueError:
            return self.body if path == "$" else ""
        for name, index, quoted in _STEP.findall(path.removeprefix("$")):
            if index and isinstance(found, list) and int(index) < len(found):
                found = found[int(index)]
            elif not index and isinstance(found, dict):
                found = found.get(name or quoted)
            else:
                return None
        return found

    def params(self, name: str | None = None) -> Any:
        incoming, path = self._context.incoming, self._context.path_parameters
        query, headers = dict(incoming.query), dict(incoming.headers)
        if name is None:
            return {"path": path, "querystring": query, "header": headers}
        return path.get(name, query.get(name, incoming.header(name) or ""))


class _Util:
    """`$util`."""

    @staticmethod
    def escapeJavaScript(text: Any) -> str:  # noqa: N802 - the name in templates
        """Escape as for a JavaScript string; API Gateway escapes single quotes, too."""
        return json.dumps(_text(text), ensure_ascii=False)[1:-1].replace("'", "\\'")

    @staticmethod
    def parseJson(text: Any) -> Any:  # noqa: N802 - the name in templates
        """Read JSON."""
        return json.loads(_text(text))

    @staticmethod
    def urlEncode(text: Any) -> str:  # noqa: N802 - the name in templates
        """Encode for a query string."""
        return quote_plus(_text(text))

    @staticmethod
    def urlDecode(text: Any) -> str:  # noqa: N802 - the name in templates
        """Decode what stands in a query string."""
        return unquote_plus(_text(text))

    @staticmethod
    def base64Encode(text: Any) -> str:  # noqa: N802 - the name in templates
        """Encode in base64."""
        return base64.b64encode(_text(text).encode()).decode()

    @staticmethod
    def base64Decode(text: Any) -> str:  # noqa: N802 - the name in templates
        """Decode base64."""
        return base64.b64decode(_text(text)).decode("utf-8", "replace")


_METHODS = {
    _Input: frozenset({"json", "path", "params"}),
    _Util: frozenset(name for name in vars(_Util) if not name.startswith("_")),
}


class _Reader:
    """Reads one template from its beginning to its end."""

    def __init__(self, text: str, roots: Mapping[str, Any]) -> None:
        self._text, self._roots, self._at = text, roots, 0

    def render(self) -> str:
        parts = []
        while found := _ROOTS.search(self._text, self._at):
            parts.append(self._text[self._at : found.start()])
            self._at = found.end()
            parts.append(_text(self._reference(braced=found[0].endswith("{"))))
        return "".join([*parts, self._text[self._at :]])

    def _reference(self, *, braced: bool) -> Any:
        value = self._roots[self._name()]
        while self._at < len(self._text):
            if quoted := re.compile(r"\[\s*['\"]([^'\"]*)['\"]\s*\]").match(self._text, self._at):
                self._at = quoted.end()
                value = value.get(quoted[1]) if isinstance(value, dict) else None
            elif self._text[self._at] == "." and _NAME.match(self._text, self._at + 1):
                self._at += 1
                value = self._member(value, self._name())
            else:
                break
        if braced:
            if self._text[self._at : self._at + 1] != "}":
                raise TemplateError(f"a reference has no end: {self._text[self._at :][:40]!r}")
            self._at += 1
        return value

    def _name(self) -> str:
        found = _NAME.match(self._text, self._at)
        if found is None:
            raise TemplateError(f"a name is missing: {self._text[self._at :][:40]!r}")
        self._at = found.end()
        return found[0]

    def _member(self, value: Any, name: str) -> Any:
        called = self._text[self._at : self._at + 1] == "("
        allowed = _METHODS.get(type(value), frozenset())
        if called:
            arguments = self._arguments()
            if isinstance(value, str) and name == "replaceAll" and len(arguments) == 2:
                return re.sub(str(arguments[0]), lambda _: str(arguments[1]), value)
            if name not in allowed:
                raise TemplateError(f"the method {name} is not known")
            return getattr(value, name)(*arguments)
        if isinstance(value, _Input) and name == "body":
            return value.body
        return value.get(name) if isinstance(value, dict) else None

    def _arguments(self) -> list[Any]:
        self._at += 1
        found: list[Any] = []
        while True:
            while self._text[self._at : self._at + 1] in (" ", ",", "\t", "\n") and self._at < len(
                self._text
            ):
                self._at += 1
            if self._text[self._at : self._at + 1] == ")":
                self._at += 1
                return found
            quoted = _QUOTED.match(self._text, self._at)
            reference = _ROOTS.match(self._text, self._at)
            if quoted:
                self._at = quoted.end()
                found.append(quoted[1] if quoted[1] is not None else quoted[2])
            elif reference:
                self._at = reference.end()
                found.append(self._reference(braced=reference[0].endswith("{")))
            else:
                raise TemplateError(f"an argument is not known: {self._text[self._at :][:40]!r}")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value)


def render(template: str, context: Context, body: bytes = b"") -> str:
    """Render a template.

    Parameters
    ----------
    template
        The template's text.
    context
        The request.
    body
        What `$input` is about: the body of the request, or of the integration's answer.

    Raises
    ------
    TemplateError
        The template uses more of the language than is known here; the report says so, too.
    """
    directive = _DIRECTIVE.search(template)
    if directive:
        problem = f"mapping templates: the directive {directive[0]} is not known here"
        RUN.notice(problem)
        raise TemplateError(problem)
    roots = {
        "context": context.variables,
        "stageVariables": context.stage_variables,
        "input": _Input(context, body),
        "util": _Util(),
    }
    return _Reader(template, roots).render()


def parameter(
    expression: str, context: Context, answer: Mapping[str, str] | None = None
) -> str | None:
    """Return the value of a mapped parameter.

    Parameters
    ----------
    expression
        `'text'`, `context.name`, `stageVariables.name`, `method.request.header.name` (or `path`,
        `querystring`), `integration.response.header.name`.
    answer
        The headers of the integration's answer by their names in lower case.
    """
    if len(expression) > 1 and expression[0] == expression[-1] == "'":
        return expression[1:-1]
    if expression.startswith("context."):
        found = context.look_up(expression.removeprefix("context."))
        return None if found is None else _text(found)
    source, _, name = expression.rpartition(".")
    values: Mapping[str, str] = {
        "stageVariables": context.stage_variables,
        "integration.response.header": answer or {},
        "method.request.header": context.incoming.lowered,
        "method.request.path": context.path_parameters,
        "method.request.querystring": dict(context.incoming.query),
    }.get(source, {})
    return values.get(name.lower() if source.endswith(".header") else name)


def with_stage_variables(text: str, context: Context) -> str:
    """Put the stage's variables into a URI: `${stageVariables.name}`."""
    return re.sub(
        r"\$\{stageVariables\.([A-Za-z0-9_]+)\}",
        lambda found: context.stage_variables.get(found[1], ""),
        text,
    )
