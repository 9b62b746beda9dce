"""A secret of Secrets Manager, read seldom; a rotation is noticed without a deploy.

Source: AWS Secrets Manager User Guide, "Secret versions": AWSCURRENT is the version to use,
AWSPREVIOUS the one before the last rotation.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from shared.aws_clients import error_code, is_transient
from shared.circuit_breaker import CircuitOpenError

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"

KEPT_SECONDS = 300.0
"""A value is read again when it is older."""

_ASKED_AGAIN_SECONDS = 10.0
"""At most so often is it read because somebody doubts it."""

Content = Mapping[str, str]


class InvalidSecretError(Exception):
    """The secret is not what the functions need; says which one, and what it must be."""


class Secret:
    """The members of a secret that is a JSON object of texts.

    Parameters
    ----------
    client : botocore client
        Of Secrets Manager.
    secret_id : str
        Name or ARN.
    clock : callable
        Seconds since some moment; it must go on while Lambda has frozen the environment.
    """

    def __init__(self, client: Any, secret_id: str, clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._id = secret_id
        self._clock = clock
        self._known: dict[str, tuple[float, Content | None]] = {}

    def current(self, name: str) -> str:
        """Return a member of the version to use.

        A value that was read before serves on while Secrets Manager does not answer.

        Raises
        ------
        InvalidSecretError
            There is no such secret, or not such a member of it.
        botocore.exceptions.ClientError
            It may not be read.
        """
        content = self._version(CURRENT)
        if content is None:
            raise InvalidSecretError(f"there is no secret {self._id}, or it has no value")
        return self._member(content, name)

    def previous(self, name: str) -> str | None:
        """Return a member of the version before, None without one; raises like `current`."""
        content = self._version(PREVIOUS)
        return None if content is None else content.get(name)

    def doubt(self) -> bool:
        """Let all be read again when it is next asked for; return whether it will be.

        Another execution environment may have seen a rotation earlier than this one.
        """
        oldest = min((read for read, _ in self._known.values()), default=0.0)
        if self._clock() - oldest < _ASKED_AGAIN_SECONDS:
            return False
        self._known = {stage: (0.0, content) for stage, (_, content) in self._known.items()}
        return True

    def _version(self, stage: str) -> Content | None:
        read_at, content = self._known.get(stage, (0.0, None))
        now = self._clock()
        if not 0 <= now - read_at < KEPT_SECONDS:
            try:
                content = self._read(stage)
            except Exception as error:
                may_wait = isinstance(error, CircuitOpenError) or is_transient(error)
                if stage not in self._known or not may_wait:
                    raise
            self._known[stage] = (now, content)
        return content

    def _read(self, stage: str) -> Content | None:
        try:
            response = self._client.get_secret_value(SecretId=self._id, VersionStage=stage)
        except ClientError as error:
            if error_code(error) == "ResourceNotFoundException":
                return None
            raise
        try:
            return msgspec.json.decode(response.get("SecretString", ""), type=dict[str, str])
        except msgspec.DecodeError as error:
            raise InvalidSecretError(
                f"the secret {self._id} ({stage}) is no JSON object of texts: {error}"
            ) from None

    def _member(self, content: Content, name: str) -> str:
        value = content.get(name)
        if not value:
            raise InvalidSecretError(f'the secret {self._id} has no member "{name}"')
        return value
