"""HTTP connections that stay open from one request to the next (RFC 9112, section 9.3).

Stands in for `werkzeug.serving.WSGIRequestHandler.run_wsgi`, which closes the connection after each
request and lingers on it for 10 ms: an AWS client would connect anew for each of its calls.
"""

from __future__ import annotations

import contextlib
import io
import socket
import threading
import traceback
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.exceptions import InternalServerError
from werkzeug.serving import DechunkedInput, ThreadedWSGIServer

from embedded_aws.faults import CUT_OFF
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from collections.abc import Iterable

IDLE_SECONDS = 120.0
"""Longer than any long poll waits; a client that says nothing for so long loses its connection."""

HEADERS = "embedded_aws.headers"
"""Key of the WSGI environment with the headers as they came: a list of (name, value)."""

DRAIN_BYTES = 8 * 1024 * 1024
"""More than this of a body that nobody read, and the connection is closed instead."""


class Body(io.RawIOBase):
    """The body of one request: ends where the request ends, and knows how much nobody has read."""

    def __init__(self, stream: Any, length: int) -> None:
        super().__init__()
        self._stream = stream
        self.left = length

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read up to the end of this request."""
        data = self._stream.read(min(len(buffer), self.left)) if self.left else b""
        self.left -= len(data)
        buffer[: len(data)] = data
        return len(data)


class Handler(MotoRequestHandler):  # type: ignore[misc]
    """Answers the requests of one connection, one after the other."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024

    def log(self, *_args: object) -> None:
        """Write no access log: what matters is in the report."""

    def finish(self) -> None:
        """End the connection; a client that went away needs no rest of an answer."""
        with contextlib.suppress(ConnectionError):
            super().finish()

    def handle_expect_100(self) -> bool:
        """Tell a client that waits with its body to go on."""
        answered = bool(super().handle_expect_100())
        self.wfile.flush()
        return answered

    def run_wsgi(self) -> None:
        """Answer one request and leave the connection at the beginning of the next one."""
        environ = self.make_environ()
        environ[HEADERS] = self.headers.items()
        body = environ["wsgi.input"]
        if not isinstance(body, DechunkedInput):
            length = int(environ.get("CONTENT_LENGTH") or 0)
            body = environ["wsgi.input"] = io.BufferedReader(Body(self.rfile, length))
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_error: Any) -> Any:
            started[:] = [status, headers]

        try:
            answer = self.server.app(environ, start_response)
        except ConnectionError:
            self.close_connection = True
            return
        except Exception as error:  # noqa: BLE001 - the request was too odd for moto's dispatcher
            traceback.print_exc()
            RUN.error(f"{self.command} {self.path}: {error!r}")
            failure = InternalServerError().get_response(environ)
            answer = failure(environ, start_response)
        try:
            self._drain(body)
            self._send(started[0], started[1], answer, cut_off=CUT_OFF in environ)
        finally:
            if hasattr(answer, "close"):
                answer.close()

    def _drain(self, body: Any) -> None:
        """Read what the application left of the request's body."""
        read = 0
        while read < DRAIN_BYTES and (data := body.read(64 * 1024)):
            read += len(data)
        if read >= DRAIN_BYTES:
            self.close_connection = True

    def _send(
        self,
        status: str,
        headers: list[tuple[str, str]],
        answer: Iterable[bytes],
        *,
        cut_off: bool = False,
    ) -> None:
        code = int(status.split(None, 1)[0])
        self.send_response(code, status.partition(" ")[2])
        bodiless = self.command == "HEAD" or code in (204, 304) or code < 200
        parts = [] if bodiless else list(answer)
        for name, value in headers:
            if name.lower() not in ("content-length", "connection") or bodiless:
                self.send_header(name, value)
        if not bodiless:
            self.send_header("Content-Length", str(sum(len(part) for part in parts)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if cut_off:
            whole = b"".join(parts)
            parts = [whole[: len(whole) // 2]]
            self.close_connection = True
        for part in parts:
            self.wfile.write(part)
        self.wfile.flush()
        if cut_off:
            self.connection.shutdown(socket.SHUT_RDWR)


class Server(ThreadedWSGIServer):
    """Serves each connection in a thread, and ends them all when it is closed."""

    request_queue_size = 1024

    def __init__(self, port: int, app: Any) -> None:
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__("127.0.0.1", port, app, handler=Handler)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection until it ends."""
        with self._guard:
            self._open.add(request)
        super().process_request_thread(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """End one connection."""
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Listen no longer, and end the connections that are open."""
        super().server_close()
        with self._guard:
            still_open = list(self._open)
        for connection in still_open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it ended meanwhile
