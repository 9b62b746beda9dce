"""Resource-based policies: bucket, queue, topic, function and key policies, trust policies.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-id-rdp.html
and, for principals, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from .policy import Decision, Document, Effect, Request, evaluate_identity, listed

if TYPE_CHECKING:
    from .wildcards import Context

RESOURCE_POLICY = "resource-based policy"


class Grant(Enum):
    """To whom an allowing statement speaks."""

    NONE = 0
    ACCOUNT = 1
    """The account: its administrators may pass the right on by identity-based policies."""
    ROLE = 2
    """The role itself, or everybody: enough without an identity-based policy, inside a boundary."""
    SESSION = 3
    """The user or the role's session by name: not even limited by an implicit deny elsewhere."""


def principal_grant(
    principal: Any, *, principal_arn: str | None, principal_service: str | None
) -> Grant:
    """Find out whether a Principal element names the caller, and how closely."""
    if principal == "*":
        return Grant.ROLE
    if not isinstance(principal, Mapping):
        return Grant.NONE
    if principal_service is not None:
        named = principal_service in listed(principal.get("Service", []))
        return Grant.ROLE if named or principal.get("AWS") == "*" else Grant.NONE
    best = Grant.NONE
    for entry in listed(principal.get("AWS", [])):
        grant = _names_arn(str(entry), principal_arn)
        best = max(best, grant, key=lambda g: g.value)
    return best


def _names_arn(entry: str, principal_arn: str | None) -> Grant:
    if entry == "*":
        return Grant.ROLE
    if principal_arn is None:
        return Grant.NONE
    account = principal_arn.split(":")[4]
    if entry in {account, f"arn:aws:iam::{account}:root"}:
        return Grant.ACCOUNT
    if entry == principal_arn:
        return Grant.SESSION
    return Grant.ROLE if entry == role_of_session(principal_arn) else Grant.NONE


def role_of_session(session_arn: str) -> str:
    """Give the ARN of the role behind an assumed-role session, without its path."""
    if ":assumed-role/" not in session_arn:
        return session_arn
    account, name = session_arn.split(":")[4], session_arn.split("/")[1]
    return f"arn:aws:iam::{account}:role/{name}"


def evaluate_resource_policy(
    document: Document | None,
    *,
    action: str,
    resource: str,
    context: Context,
    principal_arn: str | None = None,
    principal_service: str | None = None,
) -> Decision:
    """Judge a resource-based policy alone, for one caller.

    Parameters
    ----------
    document
        The parsed policy; None when the resource has none, which denies implicitly.
    action, resource, context
        As in `policy.Request`.
    principal_arn
        ARN of a user, or of an assumed-role session; None together with no service: anonymous.
    principal_service
        Such as `events.amazonaws.com`, when an AWS service acts by itself.
    """
    effect, _ = _verdict(
        document, Request(action, resource, context), principal_arn, principal_service
    )
    return Decision(effect, RESOURCE_POLICY)


def _verdict(
    document: Document | None,
    request: Request,
    principal_arn: str | None,
    principal_service: str | None = None,
) -> tuple[Effect, Grant]:
    best = Grant.NONE
    for statement in document.statements if document else ():
        grant = principal_grant(
            statement.principal, principal_arn=principal_arn, principal_service=principal_service
        )
        if (grant is Grant.NONE) != statement.not_principal or not statement.applies(request):
            continue
        if statement.denies:
            return Effect.EXPLICIT_DENY, best
        best = max(best, grant, key=lambda g: g.value)
    return (Effect.ALLOWED if best is not Grant.NONE else Effect.IMPLICIT_DENY), best


def evaluate_same_account(
    request: Request,
    *,
    principal_arn: str,
    identity: Sequence[Document],
    boundary: Document | None = None,
    session_policy: Document | None = None,
    resource_policy: Document | None = None,
    resource_policy_decides: bool = False,
) -> Decision:
    """Judge identity-based and resource-based policies of one account together.

    Either kind may allow, any may deny. A grant to a role (not to its session by name) stays
    inside the permissions boundary and the session policy.

    Parameters
    ----------
    resource_policy_decides
        True for KMS keys and role trust policies: an identity-based policy counts only if the
        resource-based policy hands the decision to the account, and nothing is allowed without
        the latter.
    """
    own = evaluate_identity(identity, request, boundary=boundary, session_policy=session_policy)
    if own.effect is Effect.EXPLICIT_DENY:
        return own
    effect, grant = _verdict(resource_policy, request, principal_arn)
    if effect is Effect.EXPLICIT_DENY:
        return Decision(effect, RESOURCE_POLICY)
    if grant is Grant.SESSION:
        return Decision(Effect.ALLOWED, RESOURCE_POLICY)
    if grant is Grant.ROLE:
        limits = [limit for limit in (boundary, session_policy) if limit is not None]
        limited = evaluate_identity(
            limits[:1], request, boundary=boundary, session_policy=session_policy
        )
        return limited if limits else Decision(Effect.ALLOWED, RESOURCE_POLICY)
    if resource_policy_decides and grant is Grant.NONE:
        return Decision(Effect.IMPLICIT_DENY, RESOURCE_POLICY)
    return own
