"""The loop of the stub: one thread, raw sockets, answers that are mostly ready.

It runs in a process of its own, so that the client's CPU time is the client's alone. What was put
is counted when somebody asks: the two cores of a small machine may be one, and what the stub does
meanwhile would make the client slower.
"""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections import deque
from collections.abc import Iterator

from benchmarks.stub.http import Parser
from benchmarks.stub.services import Services

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_MOST_UNCOUNTED = 128 * 1024 * 1024  # bytes of bodies that wait to be counted
_RECEIVE = 1 << 18


class _Connection:
    def __init__(self, accepted: socket.socket) -> None:
        accepted.setblocking(False)
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = accepted
        self.parser = Parser()
        self._unsent = memoryview(b"")
        self._rest: Iterator[bytes] | None = None

    def send(self, ready: bytes, rest: Iterator[bytes] | None) -> bool:
        """Begin an answer; return whether more of it is to be sent when the socket can take it."""
        self._unsent = memoryview(ready)
        self._rest = rest
        return self.go_on()

    def go_on(self) -> bool:
        """Send what the socket takes; return whether that was not all."""
        with contextlib.suppress(BlockingIOError):
            while True:
                while self._unsent:
                    self._unsent = self._unsent[self.socket.send(self._unsent) :]
                piece = next(self._rest, None) if self._rest is not None else None
                if piece is None:
                    return False
                self._unsent = memoryview(piece)
        return True


class Server:
    """The stub's server.

    Parameters
    ----------
    services : Services
        What answers.
    latency : float
        Seconds that an answer waits, as it would on its way through a network and a service.
    """

    def __init__(self, services: Services, latency: float) -> None:
        self._services = services
        self._latency = latency
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._listening.setblocking(False)
        self.port: int = self._listening.getsockname()[1]
        self._connections: dict[int, _Connection] = {}
        self._sending: set[int] = set()
        self._due: deque[tuple[float, int, bytes, Iterator[bytes] | None]] = deque()

    def run(self, stop: int) -> None:
        """Serve until something can be read from the descriptor `stop`."""
        listening = self._listening.fileno()
        counting = self._services.dynamodb
        while True:
            reading = [stop, listening, *self._connections]
            timeout = None
            if self._due:
                timeout = max(0.0, self._due[0][0] - time.monotonic())
            # select() and not epoll: it waits by the microsecond.
            ready, writable, _ = select.select(reading, self._sending, [], timeout)
            for number in writable:
                self._guarded(number, self._go_on)
            for number in ready:
                if number == stop:
                    return
                if number == listening:
                    self._accept()
                else:
                    self._guarded(number, self._receive)
            self._send_due()
            if counting.uncounted > _MOST_UNCOUNTED:
                counting.count()

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError):
            accepted, _ = self._listening.accept()
            self._connections[accepted.fileno()] = _Connection(accepted)

    def _guarded(self, number: int, act: object) -> None:
        connection = self._connections.get(number)
        if connection is None:
            return
        try:
            act(number, connection)  # type: ignore[operator]
        except BlockingIOError:
            return
        except OSError:
            self._close(number)

    def _receive(self, number: int, connection: _Connection) -> None:
        received = connection.socket.recv(_RECEIVE)
        if not received:
            self._close(number)
            return
        for request in connection.parser.feed(received):
            if request is None:
                connection.socket.send(_CONTINUE)
                continue
            made, is_late = self._services.answer(request)
            if is_late and self._latency:
                due = time.monotonic() + self._latency
                self._due.append((due, number, made.ready, made.rest))
            else:
                self._send(number, connection, made.ready, made.rest)

    def _send_due(self) -> None:
        now = time.monotonic() if self._due else 0.0
        while self._due and self._due[0][0] <= now:
            _, number, ready, rest = self._due.popleft()
            connection = self._connections.get(number)
            if connection is not None:
                self._guarded(number, lambda n, c, a=ready, b=rest: self._send(n, c, a, b))

    def _send(
        self, number: int, connection: _Connection, ready: bytes, rest: Iterator[bytes] | None
    ) -> None:
        if connection.send(ready, rest):
            self._sending.add(number)

    def _go_on(self, number: int, connection: _Connection) -> None:
        if not connection.go_on():
            self._sending.discard(number)

    def _close(self, number: int) -> None:
        self._sending.discard(number)
        self._connections.pop(number).socket.close()
