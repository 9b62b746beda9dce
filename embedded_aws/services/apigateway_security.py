"""Who may call an operation, as an OpenAPI document says it.

Source: API Gateway Developer Guide, "x-amazon-apigateway-authorizer object",
"x-amazon-apigateway-authtype property" and "x-amazon-apigateway-api-key-source property".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.apigateway.exceptions import BadRequestException

if TYPE_CHECKING:
    from moto.apigateway.models import APIGatewayBackend, RestAPI

AUTHORIZER = "x-amazon-apigateway-authorizer"
AUTHTYPE = "x-amazon-apigateway-authtype"
IAM = "AWS_IAM"
KEY_HEADER = "x-api-key"
TTL_SECONDS = 300


@dataclass
class Demands:
    """What one operation demands of its caller."""

    authorization: str = "NONE"
    authorizer_id: str | None = None
    scopes: list[str] | None = None
    api_key: bool = False


class Security:
    """The security schemes of a document; their authorizers are made in the API."""

    def __init__(self, backend: APIGatewayBackend, api: RestAPI, document: dict[str, Any]) -> None:
        self._schemes: dict[str, Any] = (document.get("components") or {}).get(
            "securitySchemes"
        ) or {}
        self._default: list[dict[str, list[str]]] = document.get("security") or []
        self._authorizers = {
            name: _authorizer(backend, api, name, scheme)
            for name, scheme in self._schemes.items()
            if AUTHORIZER in scheme
        }

    def of(self, operation: dict[str, Any]) -> Demands:
        """Return what an operation demands: its own security, or else the document's."""
        wanted = operation.get("security", self._default) or []
        demands = Demands()
        for requirement in wanted:
            for name, scopes in requirement.items():
                self._add(demands, name, scopes)
        explicit = (operation.get("x-amazon-apigateway-auth") or {}).get("type")
        if explicit:
            demands.authorization = explicit.upper()
        return demands

    def _add(self, demands: Demands, name: str, scopes: list[str]) -> None:
        scheme = self._schemes.get(name)
        if scheme is None:
            message = f"Invalid security scheme: {name} is not defined"
            raise BadRequestException(message)
        if name in self._authorizers:
            authorizer = self._authorizers[name]
            cognito = authorizer.type == "COGNITO_USER_POOLS"
            demands.authorization = "COGNITO_USER_POOLS" if cognito else "CUSTOM"
            demands.authorizer_id = authorizer.id
            demands.scopes = list(scopes) or None
        elif str(scheme.get(AUTHTYPE, "")).lower() == "awssigv4":
            demands.authorization = IAM
        elif scheme.get("type") == "apiKey" and scheme.get("name", "").lower() == KEY_HEADER:
            demands.api_key = True


def _authorizer(backend: APIGatewayBackend, api: RestAPI, name: str, scheme: dict[str, Any]) -> Any:
    given = scheme[AUTHORIZER]
    kind = str(given.get("type", "")).upper()
    header = f"method.request.header.{scheme.get('name', 'Authorization')}"
    authorizer = backend.create_authorizer(
        api.id,
        name,
        kind,
        provider_arns=given.get("providerARNs"),
        auth_type=scheme.get(AUTHTYPE),
        authorizer_uri=given.get("authorizerUri"),
        authorizer_credentials=given.get("authorizerCredentials"),
        identity_source=given.get("identitySource") or header,
        authorizer_result_ttl=given.get("authorizerResultTtlInSeconds", TTL_SECONDS),
    )
    # moto misspells this argument all the way down and loses it.
    authorizer.identity_validation_expression = given.get("identityValidationExpression")
    return authorizer
