"""R-F7: an API's routes that are meant for everybody raise no alarm; any other one does."""

import json
from typing import Any, Literal

import pytest

from operations.review.dangers.open_routes import MEANT_FOR_EVERYBODY
from pipeline.api.document import Route, load_document, routes
from pipeline.api.gateway_document import GatewaySettings, gateway_document
from pipeline.api.resource_policy import resource_policy
from tests.operations.review.planned import ACCOUNT, REGION, Values, changed, dangers, resource

ARN = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:*/dev"
ROUTES = routes(load_document())
Authorization = Literal["iam", "cognito"]
KIND = "aws_api_gateway_rest_api"


def api(authorization: Authorization, *, api_key: bool = False) -> Values:
    """The API as its stack makes it."""
    settings = GatewaySettings(
        name="data-api",
        invoke_arn="arn:invoke",
        authorization=authorization,
        api_key=api_key,
        cors_origins=["https://example.com"],
        user_pool_arn="arn:pool",
        audience="client",
    )
    signed = authorization == "iam"
    return {
        "name": "data-api",
        "body": gateway_document(load_document(), settings),
        "policy": resource_policy(ARN, ROUTES, signed=signed, allowed_cidrs=()),
    }


def opened(values: Values, verb: str, path: str) -> Values:
    body: dict[str, Any] = json.loads(values["body"])
    body["paths"].setdefault(path, {}).setdefault(verb, {})["security"] = []
    return {**values, "body": json.dumps(body)}


def allowed(values: Values, route: str) -> Values:
    policy: dict[str, Any] = json.loads(values["policy"])
    statement = policy["Statement"][0]
    resources = statement["Resource"]
    listed = resources if isinstance(resources, list) else [resources]
    statement["Resource"] = [*listed, f"{ARN}/{route}"]
    return {**values, "policy": json.dumps(policy)}


def test_what_is_open_is_what_the_review_takes_for_meant() -> None:
    """Said twice, so that opening one more is seen by whoever reads the review's own list."""
    declared = {(each.verb, each.path) for each in ROUTES if each.is_open}

    assert declared == MEANT_FOR_EVERYBODY


@pytest.mark.parametrize("api_key", [False, True])
@pytest.mark.parametrize("authorization", ["iam", "cognito"])
def test_a_new_api_raises_no_alarm(authorization: Authorization, api_key: bool) -> None:
    assert dangers(resource(KIND, None, api(authorization, api_key=api_key))) == []


@pytest.mark.parametrize("authorization", ["iam", "cognito"])
@pytest.mark.parametrize(
    ("verb", "path"), [("post", "/process"), ("get", "/records"), ("post", "/health")]
)
@pytest.mark.parametrize("is_new", [True, False])
def test_a_route_without_authorization_is_found(
    authorization: Authorization, verb: str, path: str, is_new: bool
) -> None:
    before = api(authorization)
    after = opened(before, verb, path)
    given = resource(KIND, None, after) if is_new else changed(KIND, before, body=after["body"])

    found = dangers(given)

    said = [(each.kind, each.what) for each in found if "without authorization" in each.what]
    assert said == [("public", f"{verb.upper()} {path} without authorization or API key")]


@pytest.mark.parametrize("route", ["POST/process", "GET/records", "POST/health", "*", "GET/*"])
@pytest.mark.parametrize("is_new", [True, False])
def test_signed_requests_of_any_account_are_found(route: str, is_new: bool) -> None:
    """Where the resource policy allows a signed request, no other account's policy is asked."""
    before = api("iam")
    after = allowed(before, route)
    given = resource(KIND, None, after) if is_new else changed(KIND, before, **after)

    (found,) = dangers(given)

    assert found.kind == "public"
    assert f"{ARN}/{route}" in found.what
    assert "openapi.json" not in found.what
    assert "OPTIONS" not in found.what


def test_what_a_token_guards_needs_no_resource_policy() -> None:
    """From signed requests to tokens: the policy then allows everything to everybody."""
    assert dangers(changed(KIND, api("iam"), **api("cognito"))) == []


def test_a_route_with_a_parameter_is_found() -> None:
    after = allowed(api("iam"), Route("/records/{recordId}", "GET").resource)

    assert [each.kind for each in dangers(resource(KIND, None, after))] == ["public"]
