"""Who may reach the API at all, before anybody's rights are looked at.

Source: API Gateway Developer Guide, "How API Gateway resource policies affect authorization
workflow".
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.api.document import Route
from pipeline.identity.policy import Statement, policy

_INVOKE = "execute-api:Invoke"
_ANYBODY = "*"
_HEALTH = "/health"  # Route 53 asks it from addresses all over the world


def resource_policy(
    arn: str, routes: Sequence[Route], *, signed: bool, allowed_cidrs: Sequence[str]
) -> str:
    """Return the API's resource policy.

    Parameters
    ----------
    arn
        ARN of the stage, for any API: the API's own id is not known before it is made.
    routes
        All routes.
    signed
        Whether requests are signed (IAM). What this policy then allows to anybody, anybody with an
        AWS account may call, whatever the account's own policies say: it allows what is open
        anyway, and leaves the rest to the identities of this account.
    allowed_cidrs
        Address ranges of clients; none: all addresses. The health check is open to all.
    """
    allowed = [f"{arn}/{each.resource}" for each in routes if each.is_open]
    statements = [
        Statement(
            sid="Allow",
            actions=[_INVOKE],
            resources=[*allowed, f"{arn}/OPTIONS/*"] if signed else [f"{arn}/*"],
            principal=_ANYBODY,
        )
    ]
    if allowed_cidrs:
        statements.append(
            Statement(
                sid="DenyOtherAddresses",
                effect="Deny",
                actions=[_INVOKE],
                resources=_all_but_health(arn, routes),
                principal=_ANYBODY,
                conditions={"NotIpAddress": {"aws:SourceIp": list(allowed_cidrs)}},
            )
        )
    return policy(*statements)


def _all_but_health(arn: str, routes: Sequence[Route]) -> list[str]:
    """Return patterns of every route but the health check, with whatever follows in the path.

    A path that ends in a slash reaches the same method, and is another ARN.
    """
    guarded = [each for each in routes if each.path != _HEALTH]
    beginnings = sorted({f"{each.verb}{each.path.partition('{')[0]}" for each in guarded})
    kept: list[str] = []
    for beginning in beginnings:
        if not any(beginning.startswith(shorter) for shorter in kept):
            kept.append(beginning)
    return [f"{arn}/OPTIONS/*", *(f"{arn}/{beginning}*" for beginning in kept)]
