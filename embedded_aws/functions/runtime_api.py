"""The Runtime API of one sandbox: hands out events, takes answers.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar


class RuntimeApi:
    """A Runtime API on a port of its own."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.init_error: bytes | None = None
        self.inbox: queue.SimpleQueue[tuple[bytes, dict[str, str]] | None] = queue.SimpleQueue()
        self.outbox: queue.SimpleQueue[tuple[bool, bytes]] = queue.SimpleQueue()
        handler = type("Handler", (_Handler,), {"api": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.2},
            name="runtime-api",
            daemon=True,
        ).start()

    def hand_out(self, event: bytes, headers: dict[str, str]) -> None:
        """Give the next invocation to the runtime."""
        self.inbox.put((event, headers))

    def answer(self, seconds: float) -> tuple[bool, bytes] | None:
        """Return (failed, payload) of the invocation, or None when there is none in time."""
        try:
            return self.outbox.get(timeout=seconds)
        except queue.Empty:
            return None

    def close(self) -> None:
        """Stop serving; a runtime that waits for its next event is let go."""
        self.inbox.put(None)
        threading.Thread(target=self._stop, name="runtime-api-stop", daemon=True).start()

    def _stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    api: ClassVar[RuntimeApi]
    protocol_version = "HTTP/1.1"
    # One packet per answer: unbuffered writes wait for the client's delayed ACK, 40 ms each.
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, *_args: object) -> None:
        """Write no access log."""

    def do_GET(self) -> None:
        """Answer `/runtime/invocation/next` once there is an event."""
        self.api.ready.set()
        item = self.api.inbox.get()
        if item is None:
            self.close_connection = True
            return
        event, headers = item
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(event)))
        self.end_headers()
        self.wfile.write(event)
        self.wfile.flush()

    def do_POST(self) -> None:
        """Take `/response`, `/error` and `/init/error`."""
        data = self._body()
        if self.path.endswith("/init/error"):
            self.api.init_error = data
            self.api.ready.set()
        else:
            self.api.outbox.put((self.path.endswith("/error"), data))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().strip() or b"0", 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)
