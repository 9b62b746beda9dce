"""One HTTP request as API Gateway sees it: path and headers as written, a query that is decoded.

Sources: API Gateway Developer Guide, "Amazon API Gateway important notes" (mappings see
decoded parameters); RFC 3986.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from embedded_aws.connections import HEADERS

MAX_BODY = 10 * 1024 * 1024  # bytes: "Amazon API Gateway quotas", payload size
_DRAIN = 64 * 1024 * 1024


@dataclass
class Incoming:
    """A request.

    Parameters
    ----------
    verb
        The HTTP method.
    raw_path
        Path as it stands in the request line, with stage and prefix.
    path
        Path below the stage, percent-encoded as it came; begins with a slash.
    raw_query
        Query string without the question mark.
    headers
        Names and values in their order, names as they were written.
    body
        The body; None when it is larger than API Gateway takes.
    source
        IP address of the client.
    protocol
        `HTTP/1.1`.
    query
        Decoded query parameters in their order.
    lowered
        The first value of each header by its name in lower case.
    """

    verb: str
    raw_path: str
    path: str
    raw_query: str
    headers: list[tuple[str, str]]
    body: bytes | None
    source: str
    protocol: str
    query: list[tuple[str, str]] = field(default_factory=list)
    lowered: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.query = parse_qsl(self.raw_query, keep_blank_values=True, errors="replace")
        self.lowered = {name.lower(): value for name, value in reversed(self.headers)}

    def header(self, name: str) -> str | None:
        """Return the first value of a header, whatever its case."""
        return self.lowered.get(name.lower())

    @property
    def decoded_path(self) -> str:
        """The path below the stage, decoded."""
        return unquote(self.path)


def request_target(environ: dict[str, Any]) -> tuple[str, str]:
    """Return path and query string as they stand in the request line."""
    target = str(environ.get("REQUEST_URI") or environ.get("PATH_INFO") or "/")
    if not target.startswith("/"):  # RFC 9112, 3.2.2: the absolute form
        parts = urlsplit(target)
        return parts.path or "/", parts.query
    path, _, query = target.partition("#")[0].partition("?")
    return path, query


def read(environ: dict[str, Any], path: str) -> Incoming:
    """Read a request of which `path` is what stands below the stage."""
    raw_path, query = request_target(environ)
    return Incoming(
        environ["REQUEST_METHOD"].upper(),
        raw_path,
        path,
        query,
        list(environ.get(HEADERS) or _headers(environ)),
        _body(environ["wsgi.input"]),
        str(environ.get("REMOTE_ADDR") or "127.0.0.1"),
        str(environ.get("SERVER_PROTOCOL") or "HTTP/1.1"),
    )


def _headers(environ: dict[str, Any]) -> list[tuple[str, str]]:
    found = [
        (key[5:].replace("_", "-").title(), str(value))
        for key, value in environ.items()
        if key.startswith("HTTP_")
    ]
    for key, name in (("CONTENT_TYPE", "Content-Type"), ("CONTENT_LENGTH", "Content-Length")):
        if environ.get(key):
            found.append((name, str(environ[key])))
    return found


def _body(stream: Any) -> bytes | None:
    """Read the body; of one that is too large, read on, so that the client hears the answer."""
    parts, size = [], 0
    while size < _DRAIN and (part := stream.read(256 * 1024)):
        size += len(part)
        if size <= MAX_BODY:
            parts.append(part)
    return b"".join(parts) if size <= MAX_BODY else None
