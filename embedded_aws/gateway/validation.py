"""Requests that do not fit their method's parameters and models end at the gateway.

Source: API Gateway Developer Guide, "Request validation for REST APIs in API Gateway".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from embedded_aws.gateway.refusals import GatewayError

if TYPE_CHECKING:
    import jsonschema_rs

    from embedded_aws.gateway.context import Context
    from embedded_aws.gateway.deployed import Route

_REASONS = 10


def check(route: Route, context: Context) -> None:
    """Let a request pass that is valid.

    Raises
    ------
    GatewayError
        A required parameter is missing or blank, or the body does not fit the model of its type.
    """
    if route.validates_parameters:
        missing = sorted(_missing(route, context))
        if missing:
            names = f"[{', '.join(missing)}]"
            raise GatewayError(
                "BAD_REQUEST_PARAMETERS", f"Missing required request parameters: {names}"
            )
    if route.validates_body:
        _check_body(route, context)


def _missing(route: Route, context: Context) -> list[str]:
    query = dict(context.incoming.query)
    found = []
    for parameter, required in route.parameters.items():
        place, _, name = parameter.removeprefix("method.request.").partition(".")
        given = {
            "header": context.incoming.header(name),
            "path": context.decoded_parameters.get(name),
            "querystring": query.get(name),
        }.get(place)
        if required and not (given or "").strip():
            found.append(name)
    return found


def _check_body(route: Route, context: Context) -> None:
    model = _model(route, context)
    if model is None:
        return
    try:
        body = json.loads(context.incoming.body or b"{}")
    except ValueError as wrong:
        raise GatewayError("BAD_REQUEST_BODY", detail=str(wrong)) from wrong
    reasons = []
    for problem in model.iter_errors(body):
        reasons.append(problem.message)
        if len(reasons) == _REASONS:
            break
    if reasons:
        raise GatewayError("BAD_REQUEST_BODY", detail=f"[{', '.join(reasons)}]")


def _model(route: Route, context: Context) -> jsonschema_rs.Draft4Validator | None:
    """Return the model for the content type; a body of another type is not validated."""
    given = context.incoming.header("Content-Type") or "application/json"
    kind = given.split(";")[0].strip().lower()
    return route.models.get(kind, route.models.get("$default"))
