"""The answers of the gateway itself: types, default statuses, customized headers and bodies.

Source: API Gateway Developer Guide, "Gateway response types for API Gateway" and "Set up gateway
responses to customize error responses".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from embedded_aws.gateway import templates
from embedded_aws.gateway.outgoing import Outgoing

if TYPE_CHECKING:
    from embedded_aws.gateway.context import Context
    from embedded_aws.gateway.deployed import GatewayResponse

# Type -> (status, error type in the header, message)
TYPES: dict[str, tuple[int, str, str]] = {
    "ACCESS_DENIED": (403, "AccessDeniedException", "Forbidden"),
    "API_CONFIGURATION_ERROR": (500, "InternalServerErrorException", "Internal server error"),
    "AUTHORIZER_CONFIGURATION_ERROR": (500, "AuthorizerConfigurationException", ""),
    "AUTHORIZER_FAILURE": (500, "AuthorizerConfigurationException", ""),
    "BAD_REQUEST_BODY": (400, "BadRequestException", "Invalid request body"),
    "BAD_REQUEST_PARAMETERS": (400, "BadRequestException", "Invalid request parameters"),
    "EXPIRED_TOKEN": (
        403,
        "ExpiredTokenException",
        "The security token included in the request is expired",
    ),
    "INTEGRATION_FAILURE": (504, "InternalServerErrorException", "Internal server error"),
    "INTEGRATION_TIMEOUT": (504, "InternalServerErrorException", "Endpoint request timed out"),
    "INVALID_API_KEY": (403, "ForbiddenException", "Forbidden"),
    "INVALID_SIGNATURE": (
        403,
        "InvalidSignatureException",
        "The request signature we calculated does not match the signature you provided. Check "
        "your AWS Secret Access Key and signing method. Consult the service documentation for "
        "details.",
    ),
    "MISSING_AUTHENTICATION_TOKEN": (
        403,
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    ),
    "QUOTA_EXCEEDED": (429, "LimitExceededException", "Limit Exceeded"),
    "REQUEST_TOO_LARGE": (413, "RequestTooLargeException", "Request Too Long"),
    "THROTTLED": (429, "TooManyRequestsException", "Too Many Requests"),
    "UNAUTHORIZED": (401, "UnauthorizedException", "Unauthorized"),
    "UNSUPPORTED_MEDIA_TYPE": (415, "UnsupportedMediaTypeException", "Unsupported Media Type"),
}
FORBIDDEN = "FORBIDDEN"
"""No type of API Gateway's: where no stage is found there is nothing that could customize it."""


class GatewayError(Exception):
    """The gateway answers by itself.

    Parameters
    ----------
    kind
        A key of `TYPES`.
    message
        Instead of the type's own message.
    status
        Instead of the type's own status; a customized one goes before both.
    error_type
        Instead of the type's own `x-amzn-ErrorType`.
    detail
        What goes to `$context.error.validationErrorString` and to the execution log.
    """

    def __init__(
        self,
        kind: str,
        message: str | None = None,
        *,
        status: int | None = None,
        error_type: str = "",
        detail: str = "",
    ) -> None:
        default = TYPES[kind]
        self.kind = kind
        self.message = default[2] if message is None else message
        self.status = status or default[0]
        self.error_type = error_type or default[1]
        self.detail = detail
        super().__init__(f"{kind}: {self.message}")


def malformed(detail: str) -> GatewayError:
    """Return the error for a function whose answer API Gateway cannot use."""
    return GatewayError("API_CONFIGURATION_ERROR", status=502, detail=detail)


def forbidden() -> Outgoing:
    """Return the answer where there is no such stage."""
    return _plain(403, "ForbiddenException", {"message": "Forbidden"})


def unavailable(region: str) -> Outgoing:
    """Return the answer of a region that is down."""
    message = {"message": f"Service Unavailable: {region} is down"}
    return _plain(503, "ServiceUnavailableException", message)


def _plain(status: int, error_type: str, body: dict[str, Any]) -> Outgoing:
    headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", error_type)]
    return Outgoing(status, headers, json.dumps(body).encode())


def render(error: GatewayError, context: Context) -> Outgoing:
    """Return the answer of the gateway for an error, as the API customizes it."""
    context.error(error)
    custom = _customized(error, context)
    if custom is None:
        member = "Message" if error.kind == "ACCESS_DENIED" else "message"
        return _plain(error.status, error.error_type, {member: error.message})
    content_type, body = _body(error, custom, context)
    headers = [("Content-Type", content_type), ("x-amzn-ErrorType", error.error_type)]
    for name, value in custom.parameters.items():
        header = name.removeprefix("gatewayresponse.header.")
        found = templates.parameter(value, context)
        if header != name and found is not None:
            headers = [each for each in headers if each[0].lower() != header.lower()]
            headers.append((header, found))
    return Outgoing(custom.status or error.status, headers, body)


def _customized(error: GatewayError, context: Context) -> GatewayResponse | None:
    """Return what the API says for the type, or else for all errors of its hundred."""
    known = context.deployed.gateway_responses
    return known.get(error.kind) or known.get(f"DEFAULT_{error.status // 100}XX")


def _body(error: GatewayError, custom: GatewayResponse, context: Context) -> tuple[str, bytes]:
    if not custom.templates:
        return "application/json", json.dumps({"message": error.message}).encode()
    accept = (context.incoming.header("Accept") or "").split(";")[0].split(",")[0].strip()
    kind = accept if accept in custom.templates else next(iter(custom.templates))
    if accept not in custom.templates and "application/json" in custom.templates:
        kind = "application/json"
    return kind, templates.substitute(custom.templates[kind], context).encode()
