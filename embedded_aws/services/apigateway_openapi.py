"""OpenAPI documents become APIs: routes, models, validators, authorizers, gateway responses.

Stands in for `moto.apigateway.models.APIGatewayBackend.put_rest_api` and `import_rest_api`, which
know paths and integrations only.

Source: API Gateway Developer Guide, "Develop REST APIs using OpenAPI in API Gateway" and
"OpenAPI extensions for API Gateway". Read are documents of OpenAPI 3.0.
"""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any

from moto.apigateway.exceptions import BadRequestException, InvalidOpenApiModeException
from moto.apigateway.models import APIGatewayBackend, RestAPI

from embedded_aws.services.apigateway_security import Security
from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from moto.apigateway.models import Resource

EXTENSION = "x-amazon-apigateway-"
ANY = f"{EXTENSION}any-method"
METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch"})
SCHEMAS = "#/components/schemas/"
TIMEOUT_MILLISECONDS = (50, 29_000)
_PLACES = {"query": "querystring", "header": "header", "path": "path"}
_TYPES = frozenset({"AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK"})


class _Import:
    """One document on its way into one API."""

    def __init__(self, backend: APIGatewayBackend, api: RestAPI, document: dict[str, Any]) -> None:
        self._backend = backend
        self._api = api
        self._document = document

    def run(self) -> None:
        self._settings()
        for name, schema in self._components("schemas").items():
            self._api.add_model(name, schema.get("description"), json.dumps(schema), _JSON)
        validators = self._document.get(f"{EXTENSION}request-validators") or {}
        for name, rules in validators.items():
            self._api.create_request_validator(
                name, rules.get("validateRequestBody"), rules.get("validateRequestParameters")
            )
        for kind, answer in (self._document.get(f"{EXTENSION}gateway-responses") or {}).items():
            status = answer.get("statusCode")
            self._api.put_gateway_response(
                kind,
                None if status is None else str(status),
                answer.get("responseParameters") or {},
                answer.get("responseTemplates") or {},
            )
        security = Security(self._backend, self._api, self._document)
        for path, item in sorted((self._document.get("paths") or {}).items()):
            resource = self._resource(path)
            for name, operation in item.items():
                if name in METHODS or name == ANY:
                    verb = "ANY" if name == ANY else name.upper()
                    self._method(resource, verb, operation, item.get("parameters") or [], security)

    def _settings(self) -> None:
        document, api = self._document, self._api
        info = document.get("info") or {}
        api.name = info.get("title") or api.name
        api.description = info.get("description", api.description)
        api.version = info.get("version", api.version)
        if f"{EXTENSION}binary-media-types" in document:
            api.binaryMediaTypes = list(document[f"{EXTENSION}binary-media-types"])
        if f"{EXTENSION}api-key-source" in document:
            api.api_key_source = document[f"{EXTENSION}api-key-source"]
        if f"{EXTENSION}minimum-compression-size" in document:
            api.minimum_compression_size = document[f"{EXTENSION}minimum-compression-size"]
        if f"{EXTENSION}policy" in document:
            api.policy = json.dumps(document[f"{EXTENSION}policy"])
        endpoint = document.get(f"{EXTENSION}endpoint-configuration") or {}
        if "disableExecuteApiEndpoint" in endpoint:
            api.disableExecuteApiEndpoint = endpoint["disableExecuteApiEndpoint"]

    def _components(self, kind: str) -> dict[str, Any]:
        return (self._document.get("components") or {}).get(kind) or {}

    def _followed(self, value: Any) -> Any:
        """Follow a reference inside the document."""
        for _ in range(16):
            if not (isinstance(value, dict) and str(value.get("$ref", "")).startswith("#/")):
                return value
            found: Any = self._document
            for step in value["$ref"][2:].split("/"):
                name = step.replace("~1", "/").replace("~0", "~")
                if not isinstance(found, dict) or name not in found:
                    message = f"Unable to resolve the reference {value['$ref']}"
                    raise BadRequestException(message)
                found = found[name]
            value = found
        message = f"The reference {value['$ref']} leads back to itself"
        raise BadRequestException(message)

    def _resource(self, path: str) -> Resource:
        """Find the resource of a path, or make it with all that stand above it."""
        here = next(r for r in self._api.resources.values() if r.parent_id is None)
        for part in [part for part in path.split("/") if part]:
            below = (r for r in self._api.resources.values() if r.parent_id == here.id)
            found = next((r for r in below if r.path_part == part), None)
            here = found or self._backend.create_resource(self._api.id, here.id, part)
        return here

    def _method(
        self,
        resource: Resource,
        verb: str,
        operation: dict[str, Any],
        shared: list[Any],
        security: Security,
    ) -> None:
        demands = security.of(operation)
        method = resource.add_method(
            verb,
            demands.authorization,
            demands.api_key,
            request_parameters=self._parameters([*shared, *(operation.get("parameters") or [])]),
            request_models=dict(self._models(operation)),
            operation_name=operation.get("operationId"),
            authorizer_id=demands.authorizer_id,
            authorization_scopes=demands.scopes,
            request_validator_id=self._validator(operation),
        )
        for status in operation.get("responses") or {}:
            method.create_response(str(status), {}, {})
        integration = self._followed(operation.get(f"{EXTENSION}integration"))
        if integration:
            add_integration(self._backend, self._api, resource, verb, integration)

    def _parameters(self, given: list[Any]) -> dict[str, bool]:
        found = {}
        for parameter in map(self._followed, given):
            place = _PLACES.get(parameter.get("in", ""))
            if place:
                name = f"method.request.{place}.{parameter['name']}"
                found[name] = bool(parameter.get("required", place == "path"))
        return found

    def _models(self, operation: dict[str, Any]) -> Iterator[tuple[str, str]]:
        body = self._followed(operation.get("requestBody") or {})
        for content_type, media in (body.get("content") or {}).items():
            schema = media.get("schema")
            if not schema:
                continue
            reference = str(schema.get("$ref", ""))
            if reference.startswith(SCHEMAS):
                yield content_type, reference.removeprefix(SCHEMAS)
                continue
            name = f"MODEL{len(self._api.models):06d}"
            self._api.add_model(name, None, json.dumps(schema), content_type)
            yield content_type, name

    def _validator(self, operation: dict[str, Any]) -> str | None:
        key = f"{EXTENSION}request-validator"
        name = operation.get(key) or self._document.get(key)
        if not name:
            return None
        for validator in self._api.request_validators.values():
            if validator.name == name:
                return str(validator.id)
        message = f"Invalid request validator: {name} is not defined"
        raise BadRequestException(message)


_JSON = "application/json"


def add_integration(
    backend: APIGatewayBackend,
    api: RestAPI,
    resource: Resource,
    verb: str,
    given: dict[str, Any],
) -> None:
    """Give a method its integration.

    Parameters
    ----------
    given
        An `x-amazon-apigateway-integration` object.
    """
    kind = str(given.get("type", "")).upper()
    if kind not in _TYPES:
        message = f"Invalid integration type {given.get('type')!r} for {verb} {resource.get_path()}"
        raise BadRequestException(message)
    shortest, longest = TIMEOUT_MILLISECONDS
    timeout = int(given.get("timeoutInMillis") or longest)
    if not shortest <= timeout <= longest:
        message = f"Timeout should be between {shortest} ms and {longest} ms"
        raise BadRequestException(message)
    integration = backend.put_integration(
        api.id,
        resource.id,
        verb,
        kind,
        given.get("uri") or "",
        given.get("httpMethod") or "",
        credentials=given.get("credentials"),
        request_templates=given.get("requestTemplates") or {},
        passthrough_behavior=(given.get("passthroughBehavior") or "WHEN_NO_MATCH").upper(),
        timeout_in_millis=timeout,
        request_parameters=given.get("requestParameters") or {},
        content_handling=given.get("contentHandling"),
        connection_type=given.get("connectionType"),
    )
    for pattern, answer in (given.get("responses") or {}).items():
        integration.create_integration_response(
            str(answer.get("statusCode", "200")),
            "" if pattern == "default" else pattern,
            answer.get("responseTemplates") or {},
            answer.get("responseParameters") or {},
            answer.get("contentHandling"),
        )


def _put_rest_api(
    _original: Callable[..., RestAPI],
    backend: APIGatewayBackend,
    function_id: str,
    api_doc: dict[str, Any],
    fail_on_warnings: bool = False,
    mode: str = "merge",
) -> RestAPI:
    del fail_on_warnings
    if mode not in ("merge", "overwrite"):
        raise InvalidOpenApiModeException
    if not re.match(r"3\.0", str(api_doc.get("openapi", ""))):
        message = "Only documents of OpenAPI 3.0 are supported"
        raise BadRequestException(message)
    api = backend.get_rest_api(function_id)
    kept = {name: copy.copy(getattr(api, name)) for name in (*_REPLACED, *_SETTINGS)}
    if mode == "overwrite":
        api.authorizers, api.models, api.request_validators = {}, {}, {}
        api.gateway_responses, api.resources, api.binaryMediaTypes = {}, {}, []
        api.default = api.add_child("/")
        api.root_resource_id = api.default.id
    try:
        _Import(backend, api, api_doc).run()
    except Exception:
        # All or nothing, as in AWS: what was there stays.
        for name, value in kept.items():
            setattr(api, name, value)
        raise
    return api


_REPLACED = (
    *("authorizers", "models", "request_validators", "gateway_responses", "resources"),
    *("default", "root_resource_id"),
)
_SETTINGS = ("name", "description", "version", "binaryMediaTypes", "api_key_source", "policy")


def _import_rest_api(
    _original: Callable[..., RestAPI],
    backend: APIGatewayBackend,
    api_doc: dict[str, Any],
    fail_on_warnings: bool = False,
) -> RestAPI:
    info = api_doc.get("info") or {}
    api = backend.create_rest_api(info.get("title"), info.get("description", ""))
    try:
        return backend.put_rest_api(api.id, api_doc, fail_on_warnings, "overwrite")
    except Exception:
        backend.delete_rest_api(api.id)
        raise


def install() -> None:
    """Read OpenAPI documents whole."""
    stand_in(APIGatewayBackend, "put_rest_api", _put_rest_api)
    stand_in(APIGatewayBackend, "import_rest_api", _import_rest_api)
