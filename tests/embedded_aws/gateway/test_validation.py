"""R-B7, R-E5: parameters and bodies that do not fit end at the gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.embedded_aws.gateway.apis import Api, document, make_api, mock

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws

MODELS = {
    "schemas": {
        "Order": {
            "type": "object",
            "required": ["id", "line"],
            "properties": {
                "id": {"type": "string", "minLength": 1},
                "line": {"$ref": "#/components/schemas/Line"},
            },
        },
        "Line": {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}},
    }
}


@pytest.fixture(scope="module")
def validating(aws: EmbeddedAws) -> Api:
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}}
    inline = {"content": {"application/json": {"schema": {"type": "array"}}}}
    parameters = [
        {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}},
        {"name": "X-Token", "in": "header", "required": True, "schema": {"type": "string"}},
        {"name": "more", "in": "query", "schema": {"type": "string"}},
    ]
    only: dict[str, Any] = {"x-amazon-apigateway-request-validator": "parameters"}
    paths = {
        "/orders": {"post": mock(requestBody=body)},
        "/list": {"post": mock(requestBody=inline)},
        "/search": {"get": mock(**only), "parameters": parameters},
        "/free": {"post": mock(requestBody=body, **only)},
    }
    both = {"validateRequestBody": True, "validateRequestParameters": True}
    return make_api(
        aws,
        document(
            paths,
            components=MODELS,
            **{
                "x-amazon-apigateway-request-validators": {
                    "all": both,
                    "parameters": {"validateRequestParameters": True},
                },
                "x-amazon-apigateway-request-validator": "all",
                "x-amazon-apigateway-gateway-responses": {
                    "BAD_REQUEST_BODY": {
                        "statusCode": "422",
                        "responseTemplates": {
                            "application/json": '{"why": "$context.error.validationErrorString",'
                            ' "said": $context.error.messageString}'
                        },
                    }
                },
            },
        ),
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{"id": "1"}', "required"),
        ('{"id": "", "line": {}}', "shorter"),
        ('{"id": "1", "line": {"n": 0}}', "minimum"),
        ("[]", "object"),
        ("{", "EOF|Expecting"),
        (None, "required"),
    ],
)
def test_a_body_that_does_not_fit_the_model_ends_here(
    validating: Api, body: str | None, reason: str
) -> None:
    answer = validating.call("POST", "/orders", body, {"Content-Type": "application/json"})

    assert answer.status == 422
    # JSON, although the reasons have quotation marks.
    assert answer.json["said"] == "Invalid request body"
    assert any(each in answer.json["why"] for each in reason.split("|"))


def test_a_body_that_fits_or_is_of_another_type_passes(validating: Api) -> None:
    good = '{"id": "1", "line": {"n": 1}}'

    assert validating.call("POST", "/orders", good).status == 200
    utf8 = {"Content-Type": "application/json; charset=utf-8"}
    assert validating.call("POST", "/orders", "{}", utf8).status == 422
    assert validating.call("POST", "/orders", "{}", {"Content-Type": "text/csv"}).status != 422
    assert validating.call("POST", "/list", "[1]").status == 200
    assert validating.call("POST", "/list", "{}").status == 422
    assert validating.call("POST", "/free", "{}").status == 200


def test_required_parameters_must_be_there(validating: Api) -> None:
    def ask(path: str, **headers: str) -> tuple[int, Any]:
        answer = validating.call("GET", path, headers=headers)
        return answer.status, answer.json["message"] if answer.status != 200 else ""

    missing = "Missing required request parameters: "
    assert ask("/search?q=1", **{"x-token": "1"}) == (200, "")
    assert ask("/search") == (400, f"{missing}[X-Token, q]")
    assert ask("/search?q=%20", **{"X-Token": "1"}) == (400, f"{missing}[q]")
