"""R-B7, R-B8: methods that want IAM: the signature, and the policies of who signed."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import botocore.auth
import pytest
from botocore.credentials import Credentials

from tests.embedded_aws.gateway.callers import credentials_of, make_guarded, signed

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws
    from tests.embedded_aws.gateway.apis import Api


@pytest.fixture(scope="module")
def guarded(aws: EmbeddedAws) -> Api:
    return make_guarded(aws)


def test_a_role_invokes_exactly_the_methods_that_its_policy_names(
    aws: EmbeddedAws, guarded: Api
) -> None:
    who = credentials_of(aws, ("execute-api:Invoke", f"{guarded.arn}/v1/GET/who"))

    allowed = signed(guarded, "GET", "/who?b=2&a=%C3%BC%20x&a=1", who)
    refused = signed(guarded, "POST", "/who", who, '{"a": 1}')

    assert allowed.status == 200
    identity = allowed.json["identity"]
    assert identity["userArn"].endswith("/tests")
    assert (identity["accountId"], identity["accessKey"]) == (aws.account, who.access_key)
    assert refused.status == 403
    assert refused.header("x-amzn-ErrorType") == "AccessDeniedException"
    assert "is not authorized to perform: execute-api:Invoke" in refused.json["Message"]
    assert f"********{aws.account[-4:]}" in refused.json["Message"]
    assert [d.resource for d in aws.state.denied if d.action == "execute-api:Invoke"][-1] == (
        f"{guarded.arn}/v1/POST/who"
    )


def test_a_request_without_signature_has_no_token(guarded: Api) -> None:
    answer = guarded.call("GET", "/who")

    assert (answer.status, answer.json) == (403, {"message": "Missing Authentication Token"})
    assert guarded.call("GET", "/open").status == 200


def test_a_signature_is_verified(aws: EmbeddedAws, guarded: Api) -> None:
    """R-F1: the secret, what was signed, the region and the time."""
    who = credentials_of(aws, ("execute-api:Invoke", "*"))
    right = guarded.signed("POST", "/who", who, "body")
    wrong = Credentials(who.access_key, "another secret", who.token)

    assert guarded.call("POST", "/who", "body", right).status == 200
    for answer in (
        signed(guarded, "POST", "/who", wrong, "body"),
        guarded.call("POST", "/who", "another body", right),
        guarded.call("POST", "/who?more=1", "body", right),
        guarded.call("GET", "/who", "body", right),
        guarded.call(
            "POST", "/who", "body", guarded.signed("POST", "/who", who, "body", "eu-west-1")
        ),
    ):
        assert answer.status == 403
        assert answer.header("x-amzn-ErrorType") == "InvalidSignatureException"


def test_a_signature_ages(aws: EmbeddedAws, guarded: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    who = credentials_of(aws, ("execute-api:Invoke", "*"))
    earlier = datetime.datetime.now(datetime.UTC).replace(tzinfo=None) - datetime.timedelta(
        minutes=6
    )
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: earlier, raising=False)
    old = guarded.signed("GET", "/who", who)
    monkeypatch.undo()
    assert old["X-Amz-Date"] == earlier.strftime("%Y%m%dT%H%M%SZ")

    answer = guarded.call("GET", "/who", headers=old)

    assert answer.status == 403
    assert "Signature expired" in answer.json["message"]


def test_unknown_keys_and_other_sessions_tokens_are_refused(aws: EmbeddedAws, guarded: Api) -> None:
    who = credentials_of(aws, ("execute-api:Invoke", "*"))
    stranger = Credentials("AKIAUNKNOWN", "x", None)
    stolen = Credentials(who.access_key, who.secret_key, "another token")

    for answer in (
        signed(guarded, "GET", "/who", stranger),
        signed(guarded, "GET", "/who", stolen),
    ):
        assert answer.status == 403
        assert answer.header("x-amzn-ErrorType") == "UnrecognizedClientException"
