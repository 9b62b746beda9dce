"""Clients give up, and try again, within what an invocation can afford."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from processor.deadline import Deadline
from shared.aws_clients import BATCHES, ITEMS, MESSAGES, Patience, create_client, is_transient
from tests.functions.conftest import REGION, InvocationContext


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that takes connections and says nothing."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_what_is_begun_at_the_last_moment_ends_before_the_invocation_does() -> None:
    """R-A8, R-F3. A batch, then the end of the claim, then the message, all of them hanging."""
    deadline = Deadline(InvocationContext(remaining_ms=300_000))
    reserve = deadline.seconds_alive - deadline.seconds_to_work
    assert sum(each.longest_call for each in (BATCHES, ITEMS, MESSAGES)) <= reserve < 60


def test_a_call_that_hangs_takes_no_longer_than_its_patience(
    silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A8."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", silent)
    patience = Patience(connect_seconds=0.2, read_seconds=0.1, attempts=2)
    client = create_client("dynamodb", region=REGION, patience=patience)
    began = time.monotonic()
    with pytest.raises(ReadTimeoutError) as caught:
        client.list_tables()
    assert time.monotonic() - began >= 0.2
    assert patience.longest_call == pytest.approx(2 * 0.3 + 1)
    assert is_transient(caught.value)


def test_nobody_listening_is_worth_another_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-A8. Given a refused connection."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    client = create_client("sqs", region=REGION, patience=Patience(1, 1, 1))
    with pytest.raises(EndpointConnectionError) as caught:
        client.list_queues()
    assert is_transient(caught.value)


def test_a_connection_that_breaks_is_worth_another_try(
    silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A8. Given a server that closes the connection instead of answering."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.getsockname()[1]}")

        def hang_up() -> None:
            connection, _ = server.accept()
            connection.recv(65536)
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        client = create_client("dynamodb", region=REGION, patience=Patience(1, 1, 1))
        with pytest.raises(ConnectionClosedError) as caught:
            client.list_tables()
        thread.join()
    assert is_transient(caught.value)


def refusal(code: str, status: int) -> ClientError:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "BatchWriteItem")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (refusal("ThrottlingException", 400), True),
        (refusal("ProvisionedThroughputExceededException", 400), True),
        (refusal("RequestTimeout", 400), True),
        (refusal("SlowDown", 503), True),
        (refusal("InternalServerError", 500), True),
        (refusal("AccessDeniedException", 400), False),
        (refusal("ValidationException", 400), False),
        (refusal("NoSuchKey", 404), False),
        (BotoCoreError(), False),
        (ValueError(), False),
    ],
)
def test_what_may_succeed_a_moment_later_is_told_from_what_will_not(
    error: Exception, expected: bool
) -> None:
    """R-A8. "Error retries and exponential backoff", Amazon DynamoDB Developer Guide."""
    assert is_transient(error) is expected
