"""R-B7, R-B8: who may invoke a method, by IAM, user pools, functions and networks."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.credentials import Credentials
from joserfc.jwk import OctKey, RSAKey

from tests.embedded_aws.functions.making import make_function, make_role, unique
from tests.embedded_aws.gateway.apis import Answer, Api, document, make_api, mock, permit, proxy
from tests.embedded_aws.gateway.pools import Pool, make_pool

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws

SIGV4 = {
    "sigv4": {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "awsSigv4",
    }
}
CLAIMS = """
import json
def handler(event, context):
    return {"body": json.dumps(event["requestContext"])}
"""


# By IAM


@pytest.fixture(scope="module")
def guarded(aws: EmbeddedAws) -> Api:
    """An API of which a function behind IAM tells who called."""
    function = make_function(aws, CLAIMS)
    operation = proxy(aws, function, security=[{"sigv4": []}])
    paths = {"/who": {"get": operation, "post": operation}, "/open": {"get": mock()}}
    api = make_api(aws, document(paths, components={"securitySchemes": SIGV4}))
    permit(aws, function, f"{api.arn}/*")
    return api


def credentials_of(aws: EmbeddedAws, *allowed: tuple[str, str]) -> Credentials:
    role = make_role(aws, *allowed)
    held = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="tests")["Credentials"]
    return Credentials(held["AccessKeyId"], held["SecretAccessKey"], held["SessionToken"])


def signed(api: Api, method: str, path: str, who: Credentials, body: str = "") -> Answer:
    return api.call(method, path, body or None, api.signed(method, path, who, body))


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
    import datetime as clock  # noqa: PLC0415

    import botocore.auth  # noqa: PLC0415

    who = credentials_of(aws, ("execute-api:Invoke", "*"))
    earlier = clock.datetime.now(clock.UTC).replace(tzinfo=None) - clock.timedelta(minutes=6)
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


# By user pools


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


def by_token(api: Api, token: str, path: str = "/who") -> Answer:
    return api.call("GET", path, headers={"Authorization": token})


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
    import base64  # noqa: PLC0415

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


# By an identity pool: the user's token becomes credentials of a role


def test_a_signed_in_user_invokes_with_the_role_of_the_identity_pool(
    aws: EmbeddedAws, pool: Pool, guarded: Api
) -> None:
    """R-B8: the authenticated role may invoke exactly the API's methods."""
    identities = aws.client("cognito-identity")
    created = identities.create_identity_pool(
        IdentityPoolName=unique("identities"),
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ClientId": pool.client, "ProviderName": pool.provider}],
    )
    name, pool_id = unique("member"), created["IdentityPoolId"]
    federated = "cognito-identity.amazonaws.com"
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": federated},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {f"{federated}:aud": pool_id},
                    "ForAnyValue:StringLike": {f"{federated}:amr": "authenticated"},
                },
            }
        ],
    }
    iam = aws.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    resource = f"{guarded.arn}/v1/GET/who"
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resource}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName=name, PolicyName="invoke", PolicyDocument=policy)
    identities.set_identity_pool_roles(IdentityPoolId=pool_id, Roles={"authenticated": role["Arn"]})
    logins = {pool.provider: pool.sign_in()["IdToken"]}
    identity = identities.get_id(IdentityPoolId=pool_id, Logins=logins)["IdentityId"]

    held = identities.get_credentials_for_identity(IdentityId=identity, Logins=logins)
    who = Credentials(
        held["Credentials"]["AccessKeyId"],
        held["Credentials"]["SecretKey"],
        held["Credentials"]["SessionToken"],
    )

    answer = signed(guarded, "GET", "/who", who)
    assert answer.status == 200
    assert answer.json["identity"]["cognitoIdentityId"] == identity
    assert answer.json["identity"]["cognitoIdentityPoolId"] == pool_id
    assert signed(guarded, "POST", "/who", who).status == 403
    refused = identities.exceptions.NotAuthorizedException
    with pytest.raises(refused, match="Unauthenticated access is not supported"):
        identities.get_credentials_for_identity(IdentityId=identity)
    with pytest.raises(refused, match="Invalid login token"):
        identities.get_credentials_for_identity(
            IdentityId=identity, Logins={pool.provider: pool.forged(RSAKey.generate_key(2048))}
        )
    with pytest.raises(refused, match="not from a supported provider"):
        identities.get_credentials_for_identity(
            IdentityId=identity, Logins={pool.provider: pool.forged(aud="another")}
        )
    trust["Statement"][0]["Condition"]["StringEquals"] = {f"{federated}:aud": "another"}  # type: ignore[index]
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
    with pytest.raises(identities.exceptions.InvalidIdentityPoolConfigurationException):
        identities.get_credentials_for_identity(IdentityId=identity, Logins=logins)


# By networks


def test_the_resource_policy_lets_networks_in(aws: EmbeddedAws) -> None:
    """R-B7: allowed CIDRs; a policy holds from the next deployment on."""
    allow = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "execute-api:Invoke",
        "Resource": "execute-api:/*",
    }
    networks = {"NotIpAddress": {"aws:SourceIp": ["127.0.0.2/32", "10.0.0.0/8"]}}
    deny = {
        **allow,
        "Effect": "Deny",
        "Resource": "execute-api:/*/GET/inner",
        "Condition": networks,
    }
    policy = {"Version": "2012-10-17", "Statement": [allow, deny]}
    paths = {"/inner": {"get": mock()}, "/health": {"get": mock()}}
    api = make_api(aws, document(paths, **{"x-amazon-apigateway-policy": policy}))

    refused = api.call("GET", "/inner")
    assert refused.status == 403
    assert refused.json["Message"].endswith("/v1/GET/inner with an explicit deny")
    forwarded = {"X-Forwarded-For": "10.0.0.1"}
    assert api.call("GET", "/inner", headers=forwarded).status == 403
    assert api.call("GET", "/inner", source="127.0.0.2").status == 200
    assert api.call("GET", "/health").status == 200
    # A policy that only allows refuses everybody else
    only = {**allow, "Condition": {"IpAddress": {"aws:SourceIp": "127.0.0.2"}}}
    api.client.update_rest_api(
        restApiId=api.id,
        patchOperations=[
            {
                "op": "replace",
                "path": "/policy",
                "value": json.dumps({"Version": "2012-10-17", "Statement": [only]}),
            }
        ],
    )
    assert api.call("GET", "/health").status == 200
    api.deploy()
    assert api.call("GET", "/health").status == 403
    assert api.call("GET", "/health", source="127.0.0.2").status == 200


def test_a_disabled_endpoint_and_unknown_stages_are_forbidden(aws: EmbeddedAws) -> None:
    content = document({"/": {"get": mock()}})
    api = make_api(aws, content)
    assert api.call("GET", "/").status == 200
    for unknown in (Api(aws, api.id, "nostage"), Api(aws, "noapi")):
        answer = unknown.call("GET", "/")
        assert (answer.status, answer.json) == (403, {"message": "Forbidden"})

    disabled = {"disableExecuteApiEndpoint": True}
    api.deploy({**content, "x-amazon-apigateway-endpoint-configuration": disabled})

    assert api.call("GET", "/").status == 403


# By a function

AUTHORIZER = """
def handler(event, context):
    token = event.get("authorizationToken") or event["headers"]["Authorization"]
    if token == "unauthorized":
        raise Exception("Unauthorized")
    if token == "broken":
        raise ValueError("broken")
    statement = {"Effect": token, "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
    return {"principalId": "me", "context": {"number": 1, "flag": True},
            "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
"""


@pytest.mark.parametrize("kind", ["token", "request"])
def test_a_function_says_who_may_invoke(aws: EmbeddedAws, kind: str) -> None:
    authorizer, function = make_function(aws, AUTHORIZER), make_function(aws, CLAIMS)
    uri = proxy(aws, authorizer)["x-amazon-apigateway-integration"]["uri"]
    scheme = {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {"type": kind, "authorizerUri": uri},
    }
    api = make_api(
        aws,
        document(
            {"/": {"get": proxy(aws, function)}},
            components={"securitySchemes": {"own": scheme}},
            security=[{"own": []}],
        ),
    )
    permit(aws, function, f"{api.arn}/*")
    assert by_token(api, "Allow", "/").status == 500  # not yet permitted
    permit(aws, authorizer, f"{api.arn}/*")

    allowed = by_token(api, "Allow", "/")

    assert allowed.json["authorizer"] == {"principalId": "me", "number": "1", "flag": "true"}
    assert by_token(api, "Deny", "/").status == 403
    assert by_token(api, "unauthorized", "/").status == 401
    assert by_token(api, "broken", "/").status == 500
    assert api.call("GET", "/").status == 401
