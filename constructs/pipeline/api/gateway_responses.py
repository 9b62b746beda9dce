"""What the gateway itself answers, as problem details (RFC 9457).

Source: API Gateway Developer Guide, "Gateway response types for API Gateway".
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pipeline.api.cors import ALLOW_ORIGIN, errors_origin

_MEDIA_TYPE = "application/problem+json"
_MESSAGE = "the gateway's message"
_INTERNAL = "The gateway itself failed; its log has the cause."
# Type -> (status, title, detail). The defaults answer for types that are to come.
_PROBLEMS: dict[str, tuple[int, str, str]] = {
    "ACCESS_DENIED": (403, "Forbidden", _MESSAGE),
    "API_CONFIGURATION_ERROR": (502, "Bad Gateway", "The service ended without an answer."),
    "AUTHORIZER_CONFIGURATION_ERROR": (500, "Internal Server Error", _INTERNAL),
    "AUTHORIZER_FAILURE": (500, "Internal Server Error", _INTERNAL),
    "BAD_REQUEST_BODY": (400, "Bad Request", _MESSAGE),
    "BAD_REQUEST_PARAMETERS": (400, "Bad Request", _MESSAGE),
    "DEFAULT_4XX": (400, "Bad Request", _MESSAGE),
    "DEFAULT_5XX": (500, "Internal Server Error", _INTERNAL),
    "EXPIRED_TOKEN": (403, "Forbidden", _MESSAGE),
    "INTEGRATION_FAILURE": (504, "Gateway Timeout", "The service could not be reached in time."),
    "INTEGRATION_TIMEOUT": (
        504,
        "Gateway Timeout",
        "The service did not answer within 29 seconds. Send the request again: it has no effect "
        "twice.",
    ),
    "INVALID_API_KEY": (403, "Forbidden", "The header X-Api-Key is missing or has no valid key."),
    "INVALID_SIGNATURE": (403, "Forbidden", _MESSAGE),
    "MISSING_AUTHENTICATION_TOKEN": (
        403,
        "Forbidden",
        "The request is not signed, or there is no such method and path.",
    ),
    "QUOTA_EXCEEDED": (429, "Too Many Requests", "The key's quota of this month is used up."),
    "REQUEST_TOO_LARGE": (
        413,
        "Content Too Large",
        "The body is larger than the 10 MB of API Gateway, or than the 6 MB of an event of Lambda, "
        "in which it is a JSON string: every quotation mark counts twice there. Ask POST /uploads "
        "for a URL, and send the records there as a file.",
    ),
    "RESOURCE_NOT_FOUND": (404, "Not Found", "There is no such path."),
    "THROTTLED": (429, "Too Many Requests", "Send fewer requests in a second."),
    "UNAUTHORIZED": (401, "Unauthorized", "The identity token is missing or not valid."),
    "UNSUPPORTED_MEDIA_TYPE": (415, "Unsupported Media Type", _MESSAGE),
    "WAF_FILTERED": (403, "Forbidden", "The request was filtered."),
}
_HEADERS = {
    "THROTTLED": {"Retry-After": "'1'"},
    "UNAUTHORIZED": {"WWW-Authenticate": "'Bearer'"},
}


def gateway_responses(cors_origins: Sequence[str]) -> dict[str, Any]:
    """Return the value of ``x-amazon-apigateway-gateway-responses``.

    Parameters
    ----------
    cors_origins
        Origins whose pages may read the answers.
    """
    shared = {"Content-Type": f"'{_MEDIA_TYPE}'"}
    if cors_origins:
        shared[ALLOW_ORIGIN] = f"'{errors_origin(cors_origins)}'"
    return {
        kind: {
            "statusCode": str(status),
            "responseParameters": {
                f"gatewayresponse.header.{name}": value
                for name, value in {**shared, **_HEADERS.get(kind, {})}.items()
            },
            # By this type API Gateway finds the template whatever a client accepts.
            "responseTemplates": {"application/json": _template(kind, status, title, detail)},
        }
        for kind, (status, title, detail) in _PROBLEMS.items()
    }


def _template(kind: str, status: int, title: str, detail: str) -> str:
    """Return the body; API Gateway puts values into it, and knows no conditions there."""
    members = {
        "type": '"about:blank"',
        "title": json.dumps(title),
        "status": str(status),
        # A JSON string with its quotation marks.
        "detail": "$context.error.messageString" if detail is _MESSAGE else json.dumps(detail),
        "instance": '"urn:uuid:$context.requestId"',
    }
    if kind == "BAD_REQUEST_BODY":
        members["errors"] = '[{"detail":"$context.error.validationErrorString"}]'
    return "{" + ",".join(f'"{name}":{value}' for name, value in members.items()) + "}"
