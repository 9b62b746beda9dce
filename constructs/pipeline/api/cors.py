"""Which pages of other origins may call the API: the preflight answers (row E5).

Source: Fetch Standard, "CORS protocol"; API Gateway Developer Guide, "CORS for REST APIs in API
Gateway".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

ALLOW_ORIGIN = "Access-Control-Allow-Origin"
# What a page has to send, signed or with a token; a browser asks for each.
_ALLOW_HEADERS = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "X-Amz-Content-Sha256",
    "X-Amz-Date",
    "X-Amz-Security-Token",
    "X-Api-Key",
)
_REMEMBERED_SECONDS = 600


def errors_origin(origins: Sequence[str]) -> str:
    """Return who may read the gateway's own errors, whose headers cannot depend on who asks."""
    return origins[0] if len(origins) == 1 else "*"


def preflight(
    verbs: Sequence[str], origins: Sequence[str], parameters: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Return the operation by which the gateway itself answers a browser's preflight.

    Parameters
    ----------
    verbs
        Methods of the path.
    origins
        Who may call it; one ``*`` for everybody.
    parameters
        The path's own.
    """
    headers = {
        "Access-Control-Allow-Headers": f"'{','.join(_ALLOW_HEADERS)}'",
        "Access-Control-Allow-Methods": f"'{','.join(verbs)}'",
        "Access-Control-Max-Age": f"'{_REMEMBERED_SECONDS}'",
        "Vary": "'Origin'",
    }
    if len(origins) == 1:
        headers[ALLOW_ORIGIN] = f"'{origins[0]}'"
    declared = {name: {"schema": {"type": "string"}} for name in headers}
    return {
        "parameters": list(parameters),
        "responses": {"204": {"description": "", "headers": declared}},
        "security": [],
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "requestTemplates": {"application/json": '{"statusCode": 204}'},
            "passthroughBehavior": "when_no_match",
            "responses": {
                "default": {
                    "statusCode": "204",
                    "responseParameters": {
                        f"method.response.header.{name}": value for name, value in headers.items()
                    },
                    "responseTemplates": {"application/json": _chosen(origins)},
                }
            },
        },
    }


def _chosen(origins: Sequence[str]) -> str:
    """Return the template that names the one of several origins that asks."""
    if len(origins) == 1:
        return ""
    asked = " || ".join(f'$origin == "{origin}"' for origin in origins)
    return (
        '#set($origin = $input.params("Origin"))'
        # Over HTTP/2 names of headers are in lower case, and this function minds that.
        '#if($origin == "")#set($origin = $input.params("origin"))#end'
        f"#if({asked})"
        f"#set($context.responseOverride.header.{ALLOW_ORIGIN} = $origin)"
        "#end"
    )
