"""May this caller invoke this method? Resource policy, IAM, user pools, functions.

Source: API Gateway Developer Guide, "How API Gateway resource policies affect authorization
workflow" and "Control access to a REST API with IAM permissions".
"""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from embedded_aws.gateway import function_authorizer, signature, templates, tokens
from embedded_aws.gateway.refusals import GatewayError
from embedded_aws.iam import global_keys, principals
from embedded_aws.iam.policy import Effect, Request, parse
from embedded_aws.iam.refusal import RefusedError
from embedded_aws.iam.resource_policy import evaluate_resource_policy, evaluate_same_account
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from embedded_aws.gateway.context import Context
    from embedded_aws.gateway.deployed import Authorizer, Route
    from embedded_aws.iam.policy import Decision, Document
    from embedded_aws.iam.principals import Principal

INVOKE = "execute-api:Invoke"
_KEYS = (
    *("aws:sourceip", "aws:useragent", "aws:currenttime", "aws:epochtime", "aws:securetransport"),
    *("aws:referer", "aws:requestedregion", "aws:principalarn", "aws:principaltype"),
    *("aws:principalaccount", "aws:userid", "aws:username"),
)


def authorize(route: Route, context: Context) -> None:
    """Let the request pass, or raise.

    Raises
    ------
    GatewayError
        The caller is unknown, or may not invoke this method.
    """
    if route.authorization == "AWS_IAM":
        _by_iam(context)
        return
    if route.authorization == "COGNITO_USER_POOLS" and route.authorizer is not None:
        _by_user_pool(route, route.authorizer, context)
    _by_resource_policy(context)
    if route.authorization == "CUSTOM" and route.authorizer is not None:
        function_authorizer.authorize(route, route.authorizer, context)


def _policy(context: Context) -> Document | None:
    """Return the API's resource policy, in which an ARN may begin with `execute-api:/`."""
    text = context.deployed.policy
    if not text:
        return None
    base = context.execute_arn.split("/", 1)[0]
    return parse(re.sub(r'"execute-api:/', f'"{base}/', text))


def _by_resource_policy(context: Context) -> None:
    document = _policy(context)
    if document is None:
        return
    decision = evaluate_resource_policy(
        document,
        action=INVOKE,
        resource=context.execute_arn,
        context=_keys(context, None),
    )
    if not decision.allowed:
        _deny(context, "anonymous", "anonymous", decision)


def _by_iam(context: Context) -> None:
    access_key = signature.verify(context.incoming, context.place.region)
    identity = context.identity
    identity |= {"accessKey": access_key, "accountId": RUN.account}
    principal = principals.find(access_key)
    if principal is None:  # the administrator
        arn = f"arn:aws:iam::{RUN.account}:root"
        identity |= {"userArn": arn, "user": RUN.account, "caller": RUN.account}
        return
    try:
        principals.check_token(principal, context.incoming.header("X-Amz-Security-Token"))
    except RefusedError as refused:
        kind = "EXPIRED_TOKEN" if refused.code == "ExpiredTokenException" else "ACCESS_DENIED"
        invalid = "UnrecognizedClientException" if kind == "ACCESS_DENIED" else ""
        raise GatewayError(kind, refused.message, error_type=invalid) from refused
    caller = _user_id(context, principal)
    identity |= {"userArn": principal.arn, "user": caller, "caller": caller}
    identity |= getattr(principal.session, "cognito_identity", {})
    bound = principal.policies()
    decision = evaluate_same_account(
        Request(INVOKE, context.execute_arn, _keys(context, principal)),
        principal_arn=principal.arn,
        identity=bound.identity,
        boundary=bound.boundary,
        session_policy=bound.session_policy,
        resource_policy=_policy(context),
    )
    if not decision.allowed:
        _deny(context, principal.arn, principal.name, decision)
    RUN.allow(principal.name, INVOKE, context.execute_arn)


def _user_id(context: Context, principal: Principal) -> str:
    return "".join(global_keys.value("aws:userid", _call(context), principal))


def _call(context: Context) -> Any:
    """Return what the global condition keys look at of a call."""
    incoming = context.incoming
    return SimpleNamespace(
        headers=SimpleNamespace(get=incoming.header),
        region=context.place.region,
        signing_name="execute-api",
        request=SimpleNamespace(remote_addr=incoming.source),
    )


def _keys(context: Context, principal: Principal | None) -> dict[str, tuple[str, ...]]:
    call = _call(context)
    found = {key: global_keys.value(key, call, principal) for key in _KEYS}
    return {key: values for key, values in found.items() if values}


def _deny(context: Context, arn: str, name: str, decision: Decision) -> None:
    resource = context.execute_arn
    explicit = decision.effect is Effect.EXPLICIT_DENY
    reason = " with an explicit deny" if explicit else ""
    RUN.deny(name, INVOKE, resource, reason.strip() or f"no {decision.policy_type} allows it")
    hidden = resource.replace(RUN.account, f"********{RUN.account[-4:]}")
    raise GatewayError(
        "ACCESS_DENIED",
        f"User: {arn} is not authorized to perform: {INVOKE} on resource: {hidden}{reason}",
    )


def _by_user_pool(route: Route, authorizer: Authorizer, context: Context) -> None:
    given = templates.parameter(authorizer.identity_source, context) or ""
    token = given.removeprefix("Bearer ").removeprefix("bearer ").strip()
    arns = [templates.with_stage_variables(arn, context) for arn in authorizer.provider_arns]
    try:
        if not token:
            raise tokens.TokenError
        claims = tokens.claims_of(token, arns)
        tokens.check_use(claims, route.scopes, authorizer.validation_expression)
    except tokens.TokenError as refused:
        raise GatewayError("UNAUTHORIZED", str(refused) or None) from refused
    context.variables["authorizer"] = {"claims": tokens.shown(claims)}
