"""Lambda authorizers: a function says who the caller is, and what the caller may invoke.

Its answers are not cached: every request asks anew. Source: API Gateway Developer Guide, "Use API
Gateway Lambda authorizers".
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from embedded_aws.functions import invocation
from embedded_aws.gateway import proxy, templates
from embedded_aws.gateway.refusals import GatewayError
from embedded_aws.iam.policy import Effect, Request, evaluate_identity, parse
from embedded_aws.services import service_principals
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from embedded_aws.gateway.context import Context
    from embedded_aws.gateway.deployed import Authorizer, Route


def authorize(route: Route, authorizer: Authorizer, context: Context) -> None:
    """Ask the authorizer's function.

    Raises
    ------
    GatewayError
        The identity is missing, the function refuses or fails, or its policy does not allow.
    """
    sources = [source.strip() for source in authorizer.identity_source.split(",")]
    values = [templates.parameter(source, context) for source in sources if source]
    if not all(values):
        raise GatewayError("UNAUTHORIZED")
    token = str(values[0]) if values else ""
    expression = authorizer.validation_expression
    if authorizer.kind == "TOKEN" and expression and not re.fullmatch(expression, token):
        raise GatewayError("UNAUTHORIZED")
    answered = _ask(authorizer, _event(route, authorizer, token, context), context)
    decision = evaluate_identity(
        [_policy(answered)], Request("execute-api:Invoke", context.execute_arn, {})
    )
    context.variables["authorizer"] = {
        **{name: _text(value) for name, value in (answered.get("context") or {}).items()},
        "principalId": str(answered.get("principalId", "")),
    }
    if not decision.allowed:
        explicit = decision.effect is Effect.EXPLICIT_DENY
        reason = " with an explicit deny" if explicit else ""
        raise GatewayError(
            "ACCESS_DENIED",
            f"User is not authorized to access this resource{reason}",
        )


def _event(route: Route, authorizer: Authorizer, token: str, context: Context) -> dict[str, Any]:
    common = {"type": authorizer.kind, "methodArn": context.execute_arn}
    if authorizer.kind == "TOKEN":
        return {**common, "authorizationToken": token}
    whole = proxy.event(route, context)
    return {**{k: v for k, v in whole.items() if k not in ("body", "isBase64Encoded")}, **common}


def _ask(authorizer: Authorizer, event: dict[str, Any], context: Context) -> dict[str, Any]:
    arn = proxy.function_arn(authorizer.uri or "", context)
    source = context.execute_arn.split("/", 1)[0] + "/authorizers/*"
    exists = service_principals.exists(arn)
    if not exists or not service_principals.may_send(proxy.SERVICE, arn, source):
        RUN.deny(proxy.SERVICE, "lambda:InvokeFunction", arn, "no policy of the function allows it")
        raise GatewayError("AUTHORIZER_CONFIGURATION_ERROR", detail=f"{arn} may not be invoked")
    function, invoked_arn = invocation.find(arn)
    done = invocation.run(function, json.dumps(event).encode(), invoked_arn)
    answered = json.loads(done.payload or b"null")
    if done.failed:
        message = answered.get("errorMessage") if isinstance(answered, dict) else ""
        if message == "Unauthorized":
            raise GatewayError("UNAUTHORIZED")
        raise GatewayError("AUTHORIZER_FAILURE", detail=str(message))
    if not isinstance(answered, dict):
        raise GatewayError("AUTHORIZER_CONFIGURATION_ERROR", detail="The answer is no object")
    return answered


def _policy(answered: dict[str, Any]) -> Any:
    try:
        return parse(json.dumps(answered["policyDocument"]))
    except (KeyError, ValueError) as wrong:
        raise GatewayError("AUTHORIZER_CONFIGURATION_ERROR", detail=str(wrong)) from wrong


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
