"""As much of HTTP/1.1 as botocore's clients speak."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Request:
    """One request, whole.

    Parameters
    ----------
    head : bytes
        The request line and the headers as they came, without the empty line.
    body : bytes
        Its body.
    """

    head: bytes
    body: bytes

    @property
    def method(self) -> bytes:
        """GET and the like."""
        return self.head[: self.head.index(b" ")]

    @property
    def path(self) -> str:
        """The path with the query, as sent."""
        return self.head.split(b" ", 2)[1].decode()

    def header(self, name: bytes) -> bytes | None:
        """Return a header; None when the request has none of that name (in lower case)."""
        found = self.head.lower().find(b"\r\n%s:" % name)
        if found < 0:
            return None
        begin = found + len(name) + 3
        end = self.head.find(b"\r\n", begin)
        return self.head[begin : end if end >= 0 else len(self.head)].strip()


@dataclass
class Answer:
    """What is sent back: bytes that are ready, and for large objects more to come."""

    ready: bytes
    rest: Iterator[bytes] | None = None


@dataclass
class Parser:
    """Cuts what arrives on one connection into requests."""

    _buffer: bytearray = field(default_factory=bytearray)
    _needed: int = 0  # bytes until the request at the front is whole, where that is known

    def feed(self, received: bytes) -> Iterator[Request | None]:
        """Yield the requests that are whole; None where the client waits for a "100 Continue"."""
        buffer = self._buffer
        buffer += received
        while len(buffer) >= max(self._needed, 1):
            end = buffer.find(_HEAD_END)
            if end < 0:
                return
            request = Request(bytes(buffer[:end]), b"")
            length = int(request.header(b"content-length") or 0)
            size = end + len(_HEAD_END) + length
            if len(buffer) < size:
                if not self._needed and request.header(b"expect") is not None:
                    yield None
                self._needed = size
                return
            yield Request(request.head, bytes(buffer[size - length : size]))
            del buffer[:size]
            self._needed = 0


def answer(
    body: bytes = b"", *, status: bytes = b"200 OK", headers: bytes = b"", length: int | None = None
) -> bytes:
    """Return a response; `length` is for one whose body follows or that answers HEAD."""
    size = len(body) if length is None else length
    return (
        b"HTTP/1.1 %s\r\nServer: Server\r\nDate: Fri, 20 Nov 2026 10:00:00 GMT\r\n%s"
        b"Content-Length: %d\r\nConnection: keep-alive\r\n\r\n%s"
    ) % (status, headers, size, body)
