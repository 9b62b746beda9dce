"""References in mapping templates: `$context`, `$stageVariables`, `$input`, `$util`, variables.

Source: API Gateway Developer Guide, "Mapping template reference".
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, unquote_plus

from embedded_aws.state import EmbeddedAwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedded_aws.gateway.context import Context

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[['\"]([^'\"]*)['\"]\]")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")


class TemplateError(EmbeddedAwsError):
    """A template that cannot be read here."""


class Input:
    """`$input`: the body that is mapped, and the parameters of the request."""

    def __init__(self, context: Context, body: bytes) -> None:
        self._context = context
        self.body = body.decode("utf-8", "replace")

    def json(self, path: str) -> str:
        """Return what a path leads to, as JSON."""
        return json.dumps(self.path(path), ensure_ascii=False, separators=(",", ":"))

    def path(self, path: str) -> Any:
        """Return what a path leads to."""
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
        """Return a parameter of the request, or all."""
        incoming, path = self._context.incoming, self._context.decoded_parameters
        query, headers = dict(incoming.query), dict(incoming.headers)
        if name is None:
            return {"path": path, "querystring": query, "header": headers}
        return path.get(name, query.get(name, incoming.header(name) or ""))


class Util:
    """`$util`."""

    @staticmethod
    def escapeJavaScript(text: Any) -> str:  # noqa: N802 - the name in templates
        """Escape as for a JavaScript string; API Gateway escapes single quotes, too."""
        return json.dumps(text_of(text), ensure_ascii=False)[1:-1].replace("'", "\\'")

    @staticmethod
    def parseJson(text: Any) -> Any:  # noqa: N802 - the name in templates
        """Read JSON."""
        return json.loads(text_of(text))

    @staticmethod
    def urlEncode(text: Any) -> str:  # noqa: N802 - the name in templates
        """Encode for a query string."""
        return quote_plus(text_of(text))

    @staticmethod
    def urlDecode(text: Any) -> str:  # noqa: N802 - the name in templates
        """Decode what stands in a query string."""
        return unquote_plus(text_of(text))

    @staticmethod
    def base64Encode(text: Any) -> str:  # noqa: N802 - the name in templates
        """Encode in base64."""
        return base64.b64encode(text_of(text).encode()).decode()

    @staticmethod
    def base64Decode(text: Any) -> str:  # noqa: N802 - the name in templates
        """Decode base64."""
        return base64.b64decode(text_of(text)).decode("utf-8", "replace")


_METHODS = {
    Input: frozenset({"json", "path", "params"}),
    Util: frozenset(name for name in vars(Util) if not name.startswith("_")),
}


class Reader:
    """Reads one template from its beginning to its end."""

    def __init__(self, text: str, roots: Mapping[str, Any]) -> None:
        self._text, self._roots, self._at = text, roots, 0
        names = "|".join(map(re.escape, roots))
        self._begin = re.compile(rf"\$!?\{{?(?=(?:{names})\b)")

    def render(self) -> str:
        """Return the text with the values of its references."""
        parts = []
        while found := self._begin.search(self._text, self._at):
            parts.append(self._text[self._at : found.start()])
            self._at = found.end()
            parts.append(text_of(self._reference(braced=found[0].endswith("{"))))
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

    def reference(self) -> Any:
        """Return the value of the reference that comes next."""
        found = self._begin.match(self._text, self._at)
        if found is None:
            raise TemplateError(f"this is not known here: {self._text[self._at :][:40]!r}")
        self._at = found.end()
        return self._reference(braced=found[0].endswith("{"))

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
        if isinstance(value, Input) and name == "body":
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
            reference = self._begin.match(self._text, self._at)
            if quoted:
                self._at = quoted.end()
                found.append(quoted[1] if quoted[1] is not None else quoted[2])
            elif reference:
                self._at = reference.end()
                found.append(self._reference(braced=reference[0].endswith("{")))
            else:
                raise TemplateError(f"an argument is not known: {self._text[self._at :][:40]!r}")


def text_of(value: Any) -> str:
    """Return a value as a template writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value)
