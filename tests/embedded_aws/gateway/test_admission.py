"""R-B7: networks of a resource policy, endpoints that are off, functions that authorise."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.embedded_aws.functions.making import make_function
from tests.embedded_aws.gateway.apis import Api, document, make_api, mock, permit, proxy
from tests.embedded_aws.gateway.callers import CLAIMS, by_token

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws


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
