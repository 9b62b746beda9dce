"""The secret is read seldom; a rotation is noticed without a deploy."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from shared.aws_secret import InvalidSecretError, Secret

from .conftest import SECRET


class Client:
    """Secrets Manager, which counts what it is asked and may be out."""

    def __init__(self) -> None:
        self._client = boto3.client("secretsmanager")
        self.asked: list[str] = []
        self.error: Exception | None = None

    def get_secret_value(self, **request: Any) -> Any:
        self.asked.append(request["VersionStage"])
        if self.error is not None:
            raise self.error
        return self._client.get_secret_value(**request)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def client(aws: None) -> Client:
    boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString='{"cursorKey": "one"}')
    return Client()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def secret(client: Client, clock: Clock) -> Secret:
    return Secret(client, SECRET, clock)


def rotate(key: str) -> None:
    text = json.dumps({"cursorKey": key})
    boto3.client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString=text)


def test_it_is_read_once_in_five_minutes(secret: Secret, client: Client, clock: Clock) -> None:
    """R-B6: and a rotation is seen then."""
    assert secret.current("cursorKey") == "one"
    rotate("two")
    clock.now += 299
    assert secret.current("cursorKey") == "one"
    assert client.asked == ["AWSCURRENT"]

    clock.now += 2
    assert secret.current("cursorKey") == "two"
    assert secret.previous("cursorKey") == "one"
    assert client.asked == ["AWSCURRENT", "AWSCURRENT", "AWSPREVIOUS"]


def test_one_that_was_never_rotated_has_no_version_before(secret: Secret, client: Client) -> None:
    """R-B6: which is asked once."""
    assert secret.previous("cursorKey") is None
    assert secret.previous("cursorKey") is None
    assert client.asked == ["AWSPREVIOUS"]


def test_doubt_lets_it_be_read_again_but_not_each_time(
    secret: Secret, client: Client, clock: Clock
) -> None:
    """R-B6: others may have seen a rotation earlier."""
    secret.current("cursorKey")
    rotate("two")
    assert not secret.doubt()

    clock.now += 11
    assert secret.doubt()
    assert secret.current("cursorKey") == "two"
    assert not secret.doubt()
    assert len(client.asked) == 2


def test_what_was_read_serves_on_while_the_service_is_out(
    secret: Secret, client: Client, clock: Clock
) -> None:
    """R-A8: an outage of Secrets Manager is none of ours."""
    secret.current("cursorKey")
    client.error = ConnectTimeoutError(endpoint_url="x")
    clock.now += 1000
    assert secret.current("cursorKey") == "one"

    client.error = ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetSecretValue")
    clock.now += 1000
    with pytest.raises(ClientError):
        secret.current("cursorKey")


def test_what_was_never_read_cannot_serve(secret: Secret, client: Client) -> None:
    """R-A8."""
    client.error = ConnectTimeoutError(endpoint_url="x")
    with pytest.raises(ConnectTimeoutError):
        secret.current("cursorKey")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"other": "x"}', 'has no member "cursorKey"'),
        ('{"cursorKey": ""}', 'has no member "cursorKey"'),
        ('{"cursorKey": 5}', "no JSON object of texts"),
        ("key", "no JSON object of texts"),
    ],
)
def test_a_secret_of_another_form_is_told(secret: Secret, content: str, told: str) -> None:
    """R-B6: by its name, and never with its content."""
    boto3.client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString=content)

    with pytest.raises(InvalidSecretError, match=told) as caught:
        secret.current("cursorKey")
    assert SECRET in str(caught.value)


def test_a_secret_that_is_missing_is_told(aws: None, clock: Clock) -> None:
    """R-B6."""
    with pytest.raises(InvalidSecretError, match="there is no secret nobody"):
        Secret(Client(), "nobody", clock).current("cursorKey")
