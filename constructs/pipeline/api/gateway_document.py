"""What API Gateway imports: the routes of the plain document, with what it needs to serve them.

Only what API Gateway acts upon is taken over: a deployment follows every change of the result, and
none is due for a better description. References are followed here, except those to models; one
response stands for all, since the function's answers pass as they are.

Source: API Gateway Developer Guide, "OpenAPI extensions for API Gateway" and "Amazon API Gateway
important notes".
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pipeline import PipelineError
from pipeline.api.cors import preflight
from pipeline.api.document import Document, Route, routes
from pipeline.api.gateway_responses import gateway_responses

_EXTENSION = "x-amazon-apigateway-"
_MODELS = "#/components/schemas/"
_SEVERAL_SCHEMAS = frozenset({"properties", "patternProperties", "definitions"})
_DOCUMENTATION = frozenset(
    {"title", "description", "example", "examples", "externalDocs", "deprecated"}
)
_WAIT_MILLISECONDS = 29_000  # the longest that API Gateway offers
_KEY_SCHEME = "api_key"


@dataclass(frozen=True)
class GatewaySettings:
    """What the document does not say.

    Parameters
    ----------
    name
        The API's name.
    invoke_arn
        Where requests go: the function's ARN in API Gateway's form.
    authorization
        ``iam``: requests are signed; ``cognito``: they carry an identity token of the user pool.
    api_key
        Whether a key is demanded, too.
    cors_origins
        Origins whose pages may call the API; ``*`` for all.
    user_pool_arn, audience
        With ``cognito``: the user pool, and the app client that tokens must be for.
    """

    name: str
    invoke_arn: str
    authorization: Literal["iam", "cognito"]
    api_key: bool
    cors_origins: Sequence[str] = ()
    user_pool_arn: str = ""
    audience: str = ""


class DocumentError(PipelineError):
    """The OpenAPI document has something that API Gateway does not take."""


def gateway_document(document: Document, settings: GatewaySettings) -> str:
    """Return the document that API Gateway imports, as JSON text for Terraform.

    Raises
    ------
    DocumentError
        When a reference leads nowhere, or the name of a model is not API Gateway's.
    """
    return json.dumps(
        _Gateway(_escaped(document), settings).document(), separators=(",", ":"), sort_keys=True
    )


def _escaped(value: Any) -> Any:
    """Return a value in whose texts Terraform finds no templates."""
    if isinstance(value, str):
        return value.replace("${", "$${").replace("%{", "%%{")
    if isinstance(value, list):
        return [_escaped(each) for each in value]
    if isinstance(value, dict):
        return {_escaped(key): _escaped(each) for key, each in value.items()}
    return value


@dataclass
class _Gateway:
    """One document on its way to API Gateway; collects the models that it meets."""

    plain: Document
    settings: GatewaySettings
    models: dict[str, Any] = field(default_factory=dict)

    def document(self) -> Document:
        paths: dict[str, dict[str, Any]] = {}
        for route in routes(self.plain):
            paths.setdefault(route.path, {})[route.verb.lower()] = self._operation(route)
        if self.settings.cors_origins:
            for path, item in paths.items():
                verbs = sorted(verb.upper() for verb in item)
                parameters = self._parameters(self.plain["paths"][path], {}, only="path")
                item["options"] = preflight(verbs, self.settings.cors_origins, parameters)
        return {
            "openapi": "3.0.1",
            "info": {"title": self.settings.name, "version": "1"},
            "paths": paths,
            "components": {"schemas": self.models, "securitySchemes": self._security_schemes()},
            f"{_EXTENSION}request-validators": {
                "body": {"validateRequestBody": True, "validateRequestParameters": True},
                "parameters": {"validateRequestBody": False, "validateRequestParameters": True},
            },
            f"{_EXTENSION}gateway-responses": gateway_responses(self.settings.cors_origins),
        }

    def _operation(self, route: Route) -> dict[str, Any]:
        item = self.plain["paths"][route.path]
        plain = item[route.verb.lower()]
        body = self._body(plain)
        operation: dict[str, Any] = {
            "parameters": self._parameters(item, plain),
            "responses": {"200": {"description": ""}},
            "security": [] if route.is_open else [self._security()],
            f"{_EXTENSION}request-validator": "body" if body else "parameters",
            f"{_EXTENSION}integration": {
                "type": "aws_proxy",
                "httpMethod": "POST",
                "uri": self.settings.invoke_arn,
                "passthroughBehavior": "when_no_match",
                "timeoutInMillis": _WAIT_MILLISECONDS,
            },
        }
        if "operationId" in plain:
            operation["operationId"] = plain["operationId"]
        if body:
            operation["requestBody"] = body
        return operation

    def _parameters(
        self, item: Mapping[str, Any], operation: Mapping[str, Any], only: str = ""
    ) -> list[dict[str, Any]]:
        given = [*item.get("parameters", []), *operation.get("parameters", [])]
        found = {(each["in"], each["name"]): each for each in map(self._followed, given)}
        return [
            {
                "name": name,
                "in": place,
                "required": bool(parameter.get("required")),
                "schema": {"type": self._followed(parameter["schema"]).get("type", "string")},
            }
            for (place, name), parameter in found.items()
            if only in ("", place)
        ]

    def _body(self, operation: Mapping[str, Any]) -> dict[str, Any]:
        body = self._followed(operation.get("requestBody", {}))
        if not body:
            return {}
        content = {kind: self._schema(media["schema"]) for kind, media in body["content"].items()}
        return {
            "required": bool(body.get("required")),
            "content": {kind: {"schema": schema} for kind, schema in content.items()},
        }

    def _schema(self, schema: Any) -> Any:
        """Return a schema without its documentation; models that it refers to are collected."""
        if isinstance(schema, list):
            return [self._schema(each) for each in schema]
        if not isinstance(schema, dict):
            return schema
        reference = str(schema.get("$ref", ""))
        if reference.startswith(_MODELS):
            self._collect(reference.removeprefix(_MODELS), schema)
            return {"$ref": reference}
        kept = {}
        for name, value in schema.items():
            if name in _SEVERAL_SCHEMAS:
                kept[name] = {key: self._schema(each) for key, each in value.items()}
            elif name not in _DOCUMENTATION and not name.startswith("x-"):
                kept[name] = value if name in ("enum", "const") else self._schema(value)
        return kept

    def _collect(self, name: str, schema: dict[str, Any]) -> None:
        if not (name.isascii() and name.isalnum()):
            raise DocumentError(
                f"{DOCUMENT_NAME}: the schema {name}: API Gateway takes names of models of letters "
                "and digits only"
            )
        if name not in self.models:
            self.models[name] = {}  # ends the way of a model that refers to itself
            self.models[name] = self._schema(self._followed(schema))

    def _followed(self, value: Any) -> Any:
        while isinstance(value, dict) and "$ref" in value:
            found: Any = self.plain
            for step in value["$ref"].removeprefix("#/").split("/"):
                if not isinstance(found, dict) or step not in found:
                    raise DocumentError(
                        f"{DOCUMENT_NAME}: the reference {value['$ref']} leads nowhere"
                    )
                found = found[step]
            value = found
        return value

    def _security(self) -> dict[str, list[str]]:
        key: dict[str, list[str]] = {_KEY_SCHEME: []} if self.settings.api_key else {}
        return {self.settings.authorization: [], **key}

    def _security_schemes(self) -> dict[str, Any]:
        header = {"type": "apiKey", "in": "header"}
        scheme: dict[str, Any] = {**header, "name": "Authorization"}
        if self.settings.authorization == "iam":
            scheme[f"{_EXTENSION}authtype"] = "awsSigv4"
        else:
            scheme[f"{_EXTENSION}authtype"] = "cognito_user_pools"
            scheme[f"{_EXTENSION}authorizer"] = {
                "type": "cognito_user_pools",
                "providerARNs": [self.settings.user_pool_arn],
                # For user pools API Gateway compares it with the token's audience
                # (CreateAuthorizer, "identityValidationExpression").
                "identityValidationExpression": f"^{self.settings.audience}$",
            }
        schemes: dict[str, Any] = {self.settings.authorization: scheme}
        if self.settings.api_key:
            schemes[_KEY_SCHEME] = {**header, "name": "x-api-key"}
        return schemes


DOCUMENT_NAME = "constructs/pipeline/api/openapi.json"
