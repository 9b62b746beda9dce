"""R-B8: methods that want a token of a user pool."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from joserfc.jwk import OctKey, RSAKey

from tests.embedded_aws.functions.making import make_function
from tests.embedded_aws.gateway.apis import Api, document, make_api, mock, permit, proxy
from tests.embedded_aws.gateway.callers import CLAIMS, by_token
from tests.embedded_aws.gateway.pools import Pool, make_pool

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws


def secured(pool: Pool, scopes: list[str] | None, **more: Any) -> dict[str, Any]:
    authorizer = {"type": "cognito_user_pools", "providerARNs": [pool.arn], **more}
    scheme = {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "cognito_user_pools",
        "x-amazon-apigateway-authorizer": authorizer,
    }
    return {
        "components": {"securitySchemes": {"users": scheme}},
        "security": [{"users": scopes or []}],
    }


@pytest.fixture(scope="module")
def pool(aws: EmbeddedAws) -> Pool:
    return make_pool(aws)


@pytest.fixture(scope="module")
def members(aws: EmbeddedAws, pool: Pool) -> Api:
    """An API for the users of a pool who signed in with its client; /health is open."""
    function = make_function(aws, CLAIMS)
    paths = {"/who": {"get": proxy(aws, function)}, "/health": {"get": mock(security=[])}}
    expression = {"identityValidationExpression": pool.client}
    api = make_api(aws, document(paths, **secured(pool, None, **expression)))
    permit(aws, function, f"{api.arn}/*")
    return api


def test_a_signed_in_user_is_known_by_claims(pool: Pool, members: Api) -> None:
    tokens = pool.sign_in()

    answer = by_token(members, tokens["IdToken"])

    assert answer.status == 200
    claims = answer.json["authorizer"]["claims"]
    assert claims["cognito:username"] == "jane"
    assert claims["aud"] == pool.client
    assert claims["exp"].endswith(time.strftime("%Y", time.gmtime()))
    assert by_token(members, f"Bearer {tokens['IdToken']}").status == 200
    assert members.call("GET", "/health").status == 200


def test_other_tokens_are_refused(aws: EmbeddedAws, pool: Pool, members: Api) -> None:
    """R-B8: signature, issuer, use, audience; nothing, and what is no token."""
    tokens = pool.sign_in()
    genuine = tokens["IdToken"]
    payload = genuine.split(".")[1]
    other_pool = make_pool(aws)
    other_client = pool.add_client()

    assert by_token(members, pool.forged()).status == 200
    for token in (
        "",
        "nonsense",
        genuine[:-8] + "AAAAAAAA",
        genuine.replace(payload, payload[:-4] + "AAAA"),
        pool.forged(RSAKey.generate_key(2048)),
        pool.forged(OctKey.import_key("secret" * 8), "HS256"),
        pool.forged(iss="https://cognito-idp.us-east-1.amazonaws.com/us-east-1_other"),
        pool.forged(token_use="access"),
        pool.forged(aud="another client"),
        pool.forged(exp=None),
        tokens["AccessToken"],
        pool.sign_in(other_client)["IdToken"],
        other_pool.sign_in()["IdToken"],
    ):
        answer = by_token(members, token)
        assert (answer.status, answer.json) == (401, {"message": "Unauthorized"}), token
        assert answer.header("x-amzn-ErrorType") == "UnauthorizedException"


def test_an_expired_token_is_refused_with_its_reason(
    aws: EmbeddedAws, pool: Pool, members: Api
) -> None:
    answer = by_token(members, pool.forged(exp=int(time.time()) - 1))

    assert (answer.status, answer.json) == (401, {"message": "The incoming token has expired"})


def test_tokens_are_valid_as_long_as_their_client_says(aws: EmbeddedAws, pool: Pool) -> None:
    """R-B8."""
    units = {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "days"}
    client = pool.add_client(AccessTokenValidity=5, IdTokenValidity=10, TokenValidityUnits=units)

    tokens = pool.sign_in(client)

    assert lifetime(tokens["AccessToken"]) == 300
    assert lifetime(tokens["IdToken"]) == 600


def test_a_client_allows_the_sign_ins_that_it_names(aws: EmbeddedAws, pool: Pool) -> None:
    """R-B8."""
    cognito = aws.client("cognito-idp")
    client = cognito.create_user_pool_client(UserPoolId=pool.id, ClientName="default")
    client_id = client["UserPoolClient"]["ClientId"]

    with pytest.raises(cognito.exceptions.InvalidParameterException, match="flow not enabled"):
        pool.sign_in(client_id)


def lifetime(token: str) -> int:
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return int(claims["exp"] - claims["iat"])


def test_a_method_with_scopes_wants_an_access_token_that_has_one(
    aws: EmbeddedAws, pool: Pool
) -> None:
    scope = "aws.cognito.signin.user.admin"
    api = make_api(aws, document({"/": {"get": mock()}}, **secured(pool, ["other", scope])))
    other = make_api(aws, document({"/": {"get": mock()}}, **secured(pool, ["other"])))
    tokens = pool.sign_in()

    assert by_token(api, tokens["AccessToken"], "/").status == 200
    assert by_token(api, tokens["IdToken"], "/").status == 401
    assert by_token(other, tokens["AccessToken"], "/").status == 401
