"""Roles to call as, with exactly the statements that a test gives them."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws

AsRole = Callable[..., "Caller"]
_numbers = count(1)


class Caller:
    """A role session that makes clients."""

    def __init__(self, aws: EmbeddedAws, name: str, arn: str, credentials: dict[str, Any]) -> None:
        self.aws, self.name, self.arn = aws, name, arn
        self._credentials = credentials

    def client(self, service: str, region: str = "us-east-1") -> Any:
        return self.aws.client(
            service,
            region,
            aws_access_key_id=self._credentials["AccessKeyId"],
            aws_secret_access_key=self._credentials["SecretAccessKey"],
            aws_session_token=self._credentials["SessionToken"],
        )

    def denials(self) -> list[tuple[str, str, str]]:
        found = self.aws.state.denied
        return [(d.action, d.resource, d.reason) for d in found if d.principal == self.name]

    def allowed(self) -> set[tuple[str, str]]:
        return {(a, r) for principal, a, r in self.aws.state.allowed if principal == self.name}


@pytest.fixture
def as_role(aws: EmbeddedAws) -> AsRole:
    """Return a function that makes a role with the given statements, and a session of it."""

    def make(
        *statements: dict[str, Any], service: str = "lambda.amazonaws.com", **options: Any
    ) -> Caller:
        name = f"caller-{next(_numbers)}"
        iam = aws.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        arn = iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=json.dumps(policy(trust)), **options
        )["Role"]["Arn"]
        if statements:
            iam.put_role_policy(
                RoleName=name, PolicyName="given", PolicyDocument=json.dumps(policy(*statements))
            )
        session = aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="session")
        return Caller(aws, name, arn, session["Credentials"])

    return make


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
