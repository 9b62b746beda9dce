"""iam:PassRole: handing a role to a service is a permission of its own.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from __future__ import annotations

from .need import Need, texts


def pass_role(role_arn: str | None, service: str) -> list[Need]:
    """Give the need for passing the role to the service; none when no role is passed."""
    if not role_arn:
        return []
    keys = texts(**{"iam:passedtoservice": service})
    return [Need("iam:PassRole", role_arn, lambda: keys)]
