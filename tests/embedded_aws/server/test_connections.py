"""Connections stay open, and every request on one begins where the one before ended."""

from __future__ import annotations

import http.client
import threading
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug import Request, Response

from embedded_aws.connections import Server

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def echo(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer with the body; read nothing of it on /deaf, and fail on /broken."""
    request = Request(environ)
    if request.path == "/broken":
        raise ValueError("planted")
    data = b"deaf" if request.path == "/deaf" else request.get_data()
    return Response(data)(environ, start_response)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(0, echo)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture
def connection(server: Server) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)


def ask(connection: http.client.HTTPConnection, method: str, path: str, **more: Any) -> Any:
    connection.request(method, path, **more)
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_a_connection_serves_one_request_after_the_other(
    connection: http.client.HTTPConnection,
) -> None:
    """Bodies that are read, not read, chunked or empty do not run into the next request."""
    connection.connect()
    first = connection.sock

    assert ask(connection, "POST", "/", body=b"one") == (200, b"one")
    assert ask(connection, "POST", "/deaf", body=b"x" * 300_000) == (200, b"deaf")
    assert ask(connection, "PUT", "/", body=iter([b"in ", b"chunks"]), encode_chunked=True) == (
        200,
        b"in chunks",
    )
    assert ask(connection, "HEAD", "/", body=b"four") == (200, b"")
    assert ask(connection, "POST", "/broken", body=b"x")[0] == 500
    assert ask(connection, "GET", "/") == (200, b"")

    assert connection.sock is first


def test_a_client_that_waits_with_its_body_is_told_to_go_on(
    connection: http.client.HTTPConnection,
) -> None:
    connection.connect()
    connection.sock.sendall(
        b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
    )
    assert connection.sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"

    connection.sock.sendall(b"body")

    assert connection.sock.recv(1000).endswith(b"\r\n\r\nbody")


def test_no_connection_outlives_its_server(
    server: Server, connection: http.client.HTTPConnection
) -> None:
    assert ask(connection, "GET", "/") == (200, b"")

    server.server_close()

    with pytest.raises((ConnectionError, http.client.HTTPException)):
        ask(connection, "GET", "/")
