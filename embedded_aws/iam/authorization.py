"""May this principal make this call? Decides, notes it in the run's report, and refuses.

Source of the messages:
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedded_aws.state import RUN

from . import global_keys, principals
from .needs import Need, needs_of
from .policies_of_resources import DECIDES, policy_of
from .policy import Decision, Effect, Request
from .refusal import RefusedError
from .resource_policy import evaluate_resource_policy, evaluate_same_account
from .trust import check_role_of_call

if TYPE_CHECKING:
    from .call import ApiCall
    from .policy import Document
    from .principals import Bound, Principal

CODES: dict[str, tuple[str, int]] = {
    "apigateway": ("AccessDeniedException", 403),
    "cloudwatch": ("AccessDenied", 403),
    "ec2": ("UnauthorizedOperation", 403),
    "elbv2": ("AccessDenied", 403),
    "iam": ("AccessDenied", 403),
    "lambda": ("AccessDeniedException", 403),
    "route53": ("AccessDenied", 403),
    "s3": ("AccessDenied", 403),
    "scheduler": ("AccessDeniedException", 403),
    "sns": ("AuthorizationError", 403),
    "sqs": ("AccessDeniedException", 403),
    "sts": ("AccessDenied", 403),
    "xray": ("AccessDeniedException", 403),
}
"""Code and status of a refusal by service; others answer AccessDeniedException, 400."""

MAX_DECISIONS = 4096


def authorize(call: ApiCall) -> None:
    """Let the call pass, or raise.

    Raises
    ------
    RefusedError
        With the service's code and AWS's message.
    """
    if not call.operation:
        return
    check_role_of_call(call)
    if call.access_key is None:
        if call.service == "s3":
            _authorize_anonymous(call)
        return
    principal = principals.find(call.access_key)
    if principal is None:
        return
    token = call.headers.get("X-Amz-Security-Token") or call.query.get("X-Amz-Security-Token")
    principals.check_token(principal, token)
    bound = principal.policies()
    for need in needs_of(call):
        service = need.action.partition(":")[0]
        resource_policy = policy_of(service, need.resource)
        decision = _decide(call, principal, bound, need, resource_policy)
        if not decision.allowed:
            _refuse(call, principal.arn, principal.name, need, decision)
        RUN.allow(principal.name, need.action, need.resource)


def _decide(
    call: ApiCall,
    principal: Principal,
    bound: Bound,
    need: Need,
    resource_policy: Document | None,
) -> Decision:
    context = _context(call, principal, need, bound.keys_for(need.action), resource_policy)
    known = (need.action, need.resource, tuple(sorted(context.items())), resource_policy)
    decision = bound.decisions.get(known)
    if decision is not None:
        return decision
    decision = evaluate_same_account(
        Request(need.action, need.resource, context),
        principal_arn=principal.arn,
        identity=bound.identity,
        boundary=bound.boundary,
        session_policy=bound.session_policy,
        resource_policy=resource_policy,
        # What is of no single key, such as kms:ListAliases, is under no key's policy.
        resource_policy_decides=need.resource != "*" and need.action.partition(":")[0] in DECIDES,
    )
    if len(bound.decisions) >= MAX_DECISIONS:
        bound.decisions.clear()
    bound.decisions[known] = decision
    return decision


def _context(
    call: ApiCall,
    principal: Principal | None,
    need: Need,
    keys: frozenset[str],
    resource_policy: Document | None,
) -> dict[str, tuple[str, ...]]:
    """Collect the values of the keys that the policies look at, and of no others."""
    wanted = keys
    if resource_policy is not None:
        wanted = keys | resource_policy.keys_for(need.action)
    if not wanted:
        return {}
    own = need.keys() if any(not key.startswith("aws:") for key in wanted) else {}
    context = {}
    for key in wanted:
        found = tuple(own[key]) if key in own else global_keys.value(key, call, principal)
        if found:
            context[key] = found
    return context


def _authorize_anonymous(call: ApiCall) -> None:
    """Let somebody without credentials in where a bucket policy does."""
    if call.request.method == "OPTIONS":
        return
    for need in needs_of(call):
        document = policy_of("s3", need.resource)
        context = _context(call, None, need, frozenset(), document)
        decision = evaluate_resource_policy(
            document, action=need.action, resource=need.resource, context=context
        )
        if not decision.allowed:
            RUN.deny("anonymous", need.action, need.resource, decision.effect.value)
            raise RefusedError("AccessDenied", "Access Denied", 403)


def reason_of(decision: Decision, action: str) -> str:
    """Say why, in AWS's words."""
    kind = decision.policy_type
    article = "an" if kind[0] in "aeiou" else "a"
    if decision.effect is Effect.EXPLICIT_DENY:
        return f"with an explicit deny in {article} {kind}"
    return f"because no {kind} allows the {action} action"


def _refuse(call: ApiCall, arn: str, name: str, need: Need, decision: Decision) -> None:
    reason = reason_of(decision, need.action)
    RUN.deny(name, need.action, need.resource, reason)
    service = need.action.partition(":")[0]
    action, resource = need.action, need.resource
    if service == "s3":
        resource = f'"{resource}"'
    elif service == "sqs":
        action = action.lower()  # SQS's messages spell it so
        reason = reason.replace(need.action, action)
    code, status = CODES.get(call.service, ("AccessDeniedException", 400))
    message = f"User: {arn} is not authorized to perform: {action} on resource: {resource} {reason}"
    raise RefusedError(code, message, status)
