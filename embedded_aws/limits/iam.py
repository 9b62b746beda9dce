"""Quotas of IAM that no service model holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from moto.iam.models import iam_backends

from embedded_aws.state import RUN

from .limit import limit, refuse

if TYPE_CHECKING:
    from embedded_aws.iam.call import ApiCall

QUOTAS = "IAM/latest/UserGuide/reference_iam-quotas.html"
TRUST = 2048
MANAGED = 6144
INLINE = {"PutRolePolicy": ("role", 10240), "PutUserPolicy": ("user", 2048)}
ATTACHED = 10


def _size(document: str) -> int:
    """Count characters as IAM does: white space is free."""
    return len(re.sub(r"\s", "", document))


@limit("iam", "CreateRole", "UpdateAssumeRolePolicy", source=QUOTAS)
def trust_policy(call: ApiCall) -> None:
    """Refuse a trust policy over 2,048 characters."""
    body = call.parameters
    document = body.get("AssumeRolePolicyDocument") or body.get("PolicyDocument") or ""
    if _size(document) > TRUST:
        refuse("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {TRUST}", 409)


@limit("iam", "CreatePolicy", "CreatePolicyVersion", source=QUOTAS)
def managed_policy(call: ApiCall) -> None:
    """Refuse a managed policy over 6,144 characters."""
    if _size(call.parameters.get("PolicyDocument") or "") > MANAGED:
        refuse("LimitExceeded", f"Cannot exceed quota for PolicySize: {MANAGED}", 409)


@limit("iam", *INLINE, source=QUOTAS)
def inline_policies(call: ApiCall) -> None:
    """Refuse inline policies whose total is over the quota of the role or user."""
    kind, quota = INLINE[call.operation]
    body = call.parameters
    name = body.get("RoleName") or body.get("UserName") or ""
    backend = iam_backends[RUN.account]["aws"]
    holders: Any = backend.roles if kind == "role" else backend.users
    holder = next((held for held in list(holders.values()) if held.name == name), None)
    documents = dict(holder.policies) if holder is not None else {}
    documents[body.get("PolicyName", "")] = body.get("PolicyDocument") or ""
    if sum(_size(document) for document in documents.values()) > quota:
        message = f"Maximum policy size of {quota} bytes exceeded for {kind} {name}"
        refuse("LimitExceeded", message, 409)


@limit("iam", "AttachRolePolicy", source=QUOTAS)
def attached_policies(call: ApiCall) -> None:
    """Refuse the eleventh managed policy of a role."""
    body = call.parameters
    roles = list(iam_backends[RUN.account]["aws"].roles.values())
    role = next((held for held in roles if held.name == body.get("RoleName")), None)
    attached = set(role.managed_policies) if role is not None else set()
    if len(attached | {body.get("PolicyArn")}) > ATTACHED:
        refuse("LimitExceeded", f"Cannot exceed quota for PoliciesPerRole: {ATTACHED}", 409)
