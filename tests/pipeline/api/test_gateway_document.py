"""What API Gateway imports, made from a plain OpenAPI document."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pipeline.api.document import Route, load_document, routes
from pipeline.api.gateway_document import DocumentError, GatewaySettings, gateway_document

SIGNED = GatewaySettings("data-api", "arn:invoke", "iam", api_key=False)
PLAIN: dict[str, Any] = {
    "openapi": "3.0.1",
    "info": {"title": "An API", "version": "7", "description": "Long"},
    "paths": {
        "/things/{id}": {
            "parameters": [{"$ref": "#/components/parameters/Id"}],
            "get": {
                "operationId": "getThing",
                "summary": "One thing",
                "responses": {"200": {"description": "It"}, "404": {"description": "None"}},
            },
            "put": {
                "requestBody": {"$ref": "#/components/requestBodies/Thing"},
                "responses": {"200": {"description": "Put"}},
            },
        },
        "/health": {"get": {"responses": {"200": {"description": "Fine"}}}},
    },
    "components": {
        "parameters": {
            "Id": {
                "name": "id",
                "in": "path",
                "required": True,
                "description": "Its id",
                "schema": {"type": "string", "pattern": "^${x}%{y}$"},
            }
        },
        "requestBodies": {
            "Thing": {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
            }
        },
        "schemas": {
            "Thing": {
                "type": "object",
                "description": "A thing",
                "required": ["description"],
                "properties": {
                    "description": {"type": "string", "description": "Free", "example": "x"},
                    "kind": {"enum": [{"title": "kept"}]},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
                    "code": {"type": "string", "pattern": "^${x}$"},
                },
            },
            "Unused": {"type": "object"},
        },
    },
}


def made(document: dict[str, Any], settings: GatewaySettings = SIGNED) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gateway_document(document, settings))
    return found


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    document = copy.deepcopy(PLAIN)
    change(document)
    return document


def test_every_method_invokes_the_function_and_waits_as_long_as_it_may() -> None:
    """R-B7, R-C3: Lambda proxies, whatever the method."""
    paths = made(PLAIN)["paths"]

    assert {(path, verb) for path, item in paths.items() for verb in item} == {
        ("/things/{id}", "get"),
        ("/things/{id}", "put"),
        ("/health", "get"),
    }
    for item in paths.values():
        for operation in item.values():
            integration = operation["x-amazon-apigateway-integration"]
            assert integration["type"] == "aws_proxy"
            assert integration["httpMethod"] == "POST"
            assert integration["uri"] == "arn:invoke"
            assert integration["timeoutInMillis"] == 29_000


def test_requests_are_validated_by_what_the_document_says_of_them() -> None:
    """R-E5: bodies by their model, parameters where they are required."""
    document = made(PLAIN)
    get, put = (document["paths"]["/things/{id}"][verb] for verb in ("get", "put"))
    validators = document["x-amazon-apigateway-request-validators"]

    assert validators[put["x-amazon-apigateway-request-validator"]]["validateRequestBody"]
    assert not validators[get["x-amazon-apigateway-request-validator"]]["validateRequestBody"]
    assert all(each["validateRequestParameters"] for each in validators.values())
    assert [(p["name"], p["in"], p["required"]) for p in get["parameters"]] == [
        ("id", "path", True)
    ]
    schema = put["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/Thing"}


def test_models_are_those_of_requests_without_their_documentation() -> None:
    """R-E5: a property may be called like a word of the schema language."""
    models = made(PLAIN)["components"]["schemas"]

    assert set(models) == {"Thing"}
    assert models["Thing"]["required"] == ["description"]
    properties = models["Thing"]["properties"]
    assert properties["description"] == {"type": "string"}
    assert properties["kind"] == {"enum": [{"title": "kept"}]}
    assert properties["parts"]["items"] == {"$ref": "#/components/schemas/Thing"}


def test_terraform_finds_no_templates_in_the_document() -> None:
    """R-B7: `${` begins an expression of Terraform's."""
    pattern = made(PLAIN)["components"]["schemas"]["Thing"]["properties"]["code"]["pattern"]

    assert pattern == "^$${x}$"


def test_requests_are_signed_but_for_what_is_open_to_everybody() -> None:
    """R-B8: IAM, and `/health` for Route 53."""
    document = made(PLAIN)
    scheme = document["components"]["securitySchemes"]["iam"]

    assert scheme["x-amazon-apigateway-authtype"] == "awsSigv4"
    assert document["paths"]["/things/{id}"]["get"]["security"] == [{"iam": []}]
    assert document["paths"]["/health"]["get"]["security"] == []


def test_tokens_are_taken_of_the_one_user_pool_for_the_one_client() -> None:
    """R-B8: a wrong audience is refused by the authorizer's identity validation."""
    settings = replace(
        SIGNED, authorization="cognito", user_pool_arn="arn:pool", audience="${local.client}"
    )
    document = made(PLAIN, settings)
    authorizer = document["components"]["securitySchemes"]["cognito"][
        "x-amazon-apigateway-authorizer"
    ]

    assert authorizer == {
        "type": "cognito_user_pools",
        "providerARNs": ["arn:pool"],
        "identityValidationExpression": "^${local.client}$",
    }
    assert document["paths"]["/things/{id}"]["put"]["security"] == [{"cognito": []}]
    assert document["paths"]["/health"]["get"]["security"] == []


def test_a_key_is_demanded_besides() -> None:
    """R-E5: both in one requirement: either alone is not enough."""
    document = made(PLAIN, replace(SIGNED, api_key=True))

    assert document["paths"]["/things/{id}"]["get"]["security"] == [{"iam": [], "api_key": []}]
    assert document["components"]["securitySchemes"]["api_key"]["name"] == "x-api-key"
    assert document["paths"]["/health"]["get"]["security"] == []


def test_preflights_are_answered_only_where_pages_may_call() -> None:
    """R-E5: CORS."""
    assert all("options" not in item for item in made(PLAIN)["paths"].values())

    document = made(PLAIN, replace(SIGNED, cors_origins=["https://a.example"]))
    operation = document["paths"]["/things/{id}"]["options"]
    headers = operation["x-amazon-apigateway-integration"]["responses"]["default"]
    values = headers["responseParameters"]
    assert operation["security"] == []
    assert [each["name"] for each in operation["parameters"]] == ["id"]
    assert values["method.response.header.Access-Control-Allow-Origin"] == "'https://a.example'"
    assert values["method.response.header.Access-Control-Allow-Methods"] == "'GET,PUT'"
    asked = values["method.response.header.Access-Control-Allow-Headers"].strip("'").split(",")
    signed = {"Authorization", "X-Amz-Content-Sha256", "X-Amz-Date", "X-Amz-Security-Token"}
    assert signed | {"Content-Type", "Idempotency-Key", "X-Api-Key"} == {*asked}
    declared = operation["responses"]["204"]["headers"]
    assert {f"method.response.header.{name}" for name in declared} == set(values)


def test_pages_may_read_the_gateways_own_errors() -> None:
    """R-E5: without the header a browser shows a page no refusal."""

    def origin(*origins: str) -> set[str | None]:
        answers = made(PLAIN, replace(SIGNED, cors_origins=origins))
        name = "gatewayresponse.header.Access-Control-Allow-Origin"
        return {
            each["responseParameters"].get(name)
            for each in answers["x-amazon-apigateway-gateway-responses"].values()
        }

    assert origin() == {None}
    assert origin("https://a.example") == {"'https://a.example'"}
    assert origin("https://a.example", "https://b.example") == {"'*'"}


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["paths"]["/health"].update(head=d["paths"]["/health"]["get"]),
        lambda d: d["paths"].update({"/more": d["paths"]["/health"]}),
        lambda d: d["paths"]["/things/{id}"].pop("get"),
        lambda d: d["components"]["schemas"]["Thing"].update(additionalProperties=False),
        lambda d: d["components"]["schemas"]["Thing"]["required"].append("kind"),
        lambda d: d["components"]["parameters"]["Id"].update({"in": "query"}),
    ],
)
def test_a_route_a_method_or_a_model_changes_it(change: Callable[[dict[str, Any]], object]) -> None:
    """R-B7: and so the deployment."""
    assert gateway_document(changed(change), SIGNED) != gateway_document(PLAIN, SIGNED)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["info"].update(description="Short", version="8"),
        lambda d: d["paths"]["/things/{id}"]["get"].update(summary="A thing", tags=["things"]),
        lambda d: d["paths"]["/things/{id}"]["get"]["responses"].pop("404"),
        lambda d: d["components"]["schemas"]["Thing"].update(description="Something"),
        lambda d: d["components"]["schemas"]["Thing"]["properties"]["description"].pop("example"),
        lambda d: d["components"]["parameters"]["Id"].update(description="Which"),
        lambda d: d["components"]["schemas"]["Unused"].update(type="string"),
    ],
)
def test_a_better_description_does_not_change_it(
    change: Callable[[dict[str, Any]], object],
) -> None:
    """R-B7: no deployment without a cause."""
    document = changed(change)

    assert document != PLAIN
    assert gateway_document(document, SIGNED) == gateway_document(PLAIN, SIGNED)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda d: d["components"].pop("requestBodies"),
            "the reference #/components/requestBodies/Thing leads nowhere",
        ),
        (
            lambda d: d["components"]["requestBodies"]["Thing"]["content"].update(
                {"application/json": {"schema": {"$ref": "#/components/schemas/Some-Thing"}}}
            ),
            "the schema Some-Thing: API Gateway takes names of models of letters and digits only",
        ),
    ],
)
def test_what_api_gateway_does_not_take_is_told(
    change: Callable[[dict[str, Any]], object], said: str
) -> None:
    """R-B11: at synth, and not in the middle of a deploy."""
    with pytest.raises(DocumentError, match=f"openapi.json: {said}"):
        gateway_document(changed(change), SIGNED)


def test_the_pipelines_own_document_is_taken() -> None:
    """R-B7, R-C3, R-E5: all routes of the API; none begins like the health check."""
    document = load_document()

    assert set(routes(document)) >= {
        Route("/process", "POST"),
        Route("/process/{id}", "GET"),
        Route("/records", "GET"),
        Route("/records/{recordId}", "GET"),
        Route("/health", "GET"),
        Route("/openapi.json", "GET"),
    }
    resources = {each.resource for each in routes(document)}
    assert {"POST/process", "GET/process/*", "GET/records", "GET/records/*"} <= resources
    assert "x-amazon" not in json.dumps(document)
    assert made(document)["components"]["schemas"]
