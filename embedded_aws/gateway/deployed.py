"""What a deployment froze: the routes of an API with everything that answers a request.

Source: API Gateway Developer Guide, "Create a deployment for a REST API in API Gateway".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jsonschema_rs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moto.apigateway.models import Method, Resource, RestAPI

OPENAPI_REFERENCE = "#/components/schemas/"
JSON = "application/json"


@dataclass(frozen=True)
class Authorizer:
    """An authorizer of user pools, or one that is a function."""

    kind: str
    provider_arns: tuple[str, ...]
    identity_source: str
    validation_expression: str | None
    uri: str | None
    credentials: str | None


@dataclass(frozen=True)
class IntegrationResponse:
    """What becomes of an answer of the backend whose status matches `pattern`."""

    pattern: str
    status: int
    parameters: Mapping[str, str]
    templates: Mapping[str, str | None]


@dataclass(frozen=True)
class Integration:
    """Where a method's requests go."""

    kind: str
    uri: str
    verb: str
    credentials: str | None
    timeout: float
    passthrough: str
    templates: Mapping[str, str]
    parameters: Mapping[str, str]
    responses: tuple[IntegrationResponse, ...]


@dataclass(frozen=True)
class Route:
    """One method of one resource."""

    resource_id: str
    path: str
    verb: str
    operation: str | None
    authorization: str
    authorizer: Authorizer | None
    scopes: tuple[str, ...]
    api_key: bool
    validates_body: bool
    validates_parameters: bool
    parameters: Mapping[str, bool]
    models: Mapping[str, jsonschema_rs.Draft4Validator]
    integration: Integration


@dataclass(frozen=True)
class GatewayResponse:
    """A customized answer of the gateway itself."""

    status: int | None
    parameters: Mapping[str, str]
    templates: Mapping[str, str]


@dataclass(frozen=True)
class Deployed:
    """An API as it was when it was deployed."""

    api_id: str
    name: str
    policy: str | None
    binary_media_types: tuple[str, ...]
    api_key_source: str
    endpoint_disabled: bool
    resources: Mapping[str, Mapping[str, Route]]
    """Path of the resource -> verb (or ANY) -> route."""
    gateway_responses: Mapping[str, GatewayResponse]


def snapshot(api: RestAPI) -> Deployed:
    """Freeze an API."""
    schemas = {name: _schema(model.schema) for name, model in api.models.items()}
    return Deployed(
        api.id,
        api.name,
        api.policy or None,
        tuple(api.binaryMediaTypes),
        api.api_key_source,
        bool(api.disableExecuteApiEndpoint),
        {
            resource.get_path(): {
                verb: _route(api, resource, method, schemas)
                for verb, method in resource.resource_methods.items()
            }
            for resource in list(api.resources.values())
            if resource.resource_methods
        },
        {
            kind: GatewayResponse(
                int(each.status_code) if each.status_code else None,
                dict(each.response_parameters or {}),
                dict(each.response_templates or {}),
            )
            for kind, each in api.gateway_responses.items()
        },
    )


def _schema(text: str | None) -> Any:
    try:
        return json.loads(text or "{}")
    except ValueError:
        return {}


def _route(api: RestAPI, resource: Resource, method: Method, schemas: dict[str, Any]) -> Route:
    validator = api.request_validators.get(method.request_validator_id)
    models = {
        content_type: compiled(name, schemas)
        for content_type, name in (method.request_models or {}).items()
    }
    return Route(
        resource.id,
        resource.get_path(),
        method.http_method,
        method.operation_name,
        (method.authorization_type or "NONE").upper(),
        _authorizer(api.authorizers.get(method.authorizer_id)),
        tuple(method.authorization_scopes or ()),
        str(method.api_key_required).lower() == "true",
        bool(validator and validator.validate_request_body),
        bool(validator and validator.validate_request_parameters),
        {name: str(on).lower() == "true" for name, on in (method.request_parameters or {}).items()},
        models if validator and validator.validate_request_body else {},
        _integration(method.method_integration),
    )


def compiled(name: str, schemas: dict[str, Any]) -> jsonschema_rs.Draft4Validator:
    """Compile a model, which may refer to the other models of its API."""
    whole = {"$ref": f"#/definitions/{name}", "definitions": _local(schemas)}
    whole["definitions"].setdefault(name, {})
    return jsonschema_rs.Draft4Validator(whole)


def _local(value: Any) -> Any:
    """Let references to components, or by a model's address, point to `definitions`."""
    if isinstance(value, list):
        return [_local(each) for each in value]
    if not isinstance(value, dict):
        return value
    found = {key: _local(each) for key, each in value.items()}
    reference = found.get("$ref")
    if isinstance(reference, str) and (
        reference.startswith(OPENAPI_REFERENCE) or "/models/" in reference
    ):
        found["$ref"] = f"#/definitions/{reference.rpartition('/')[2]}"
    return found


def _authorizer(held: Any) -> Authorizer | None:
    if held is None:
        return None
    return Authorizer(
        held.type,
        tuple(held.provider_arns or ()),
        held.identity_source or "method.request.header.Authorization",
        held.identity_validation_expression,
        held.authorizer_uri,
        held.authorizer_credentials,
    )


def _integration(held: Any) -> Integration:
    responses = (held.integration_responses or {}).values()
    return Integration(
        held.integration_type,
        held.uri or "",
        (held.http_method or "").upper(),
        held.credentials,
        int(held.timeout_in_millis or 29_000) / 1000,
        held.passthrough_behaviour or "WHEN_NO_MATCH",
        dict(held.request_templates or {}),
        dict(held.request_parameters or {}),
        tuple(
            IntegrationResponse(
                each.selection_pattern or "",
                int(each.status_code),
                dict(each.response_parameters or {}),
                dict(each.response_templates or {}),
            )
            for each in responses
        ),
    )
