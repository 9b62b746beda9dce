"""The embedded AWS as the commands start it: whatever the person's own shell is set up for."""

import socket
from pathlib import Path

import pytest

from operations.embedded import embedded_aws
from operations.errors import OperationError

ACCOUNT = "444455556666"


def test_the_persons_own_account_and_proxy_are_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-F1: neither a profile nor a proxy nor another endpoint stands between."""
    nowhere = "http://127.0.0.1:1"
    monkeypatch.setenv("AWS_PROFILE", "company")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "the person's own")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", nowhere)
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, nowhere)
    monkeypatch.setenv("NO_PROXY", "example.com")

    with embedded_aws(ACCOUNT, tmp_path / "aws.sh") as aws:
        assert aws.client("sts", "us-west-2").get_caller_identity()["Account"] == ACCOUNT
        assert aws.report()["denied"] == []
        variables = aws.variables

    assert "AWS_PROFILE" not in variables
    assert "AWS_SESSION_TOKEN" not in variables
    assert "AWS_ENDPOINT_URL_STS" not in variables
    assert variables["NO_PROXY"] == "example.com,127.0.0.1,localhost"


def test_a_port_that_is_taken_is_one_message(tmp_path: Path) -> None:
    """R-C1: what failed, and where all of the output is."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with (
            pytest.raises(OperationError) as refused,
            embedded_aws(ACCOUNT, tmp_path / "aws.sh", port),
        ):
            pass

    assert str(port) in str(refused.value)
    assert "build/logs/embedded-aws.log" in str(refused.value)
    assert "Traceback" not in str(refused.value)
