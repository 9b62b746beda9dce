"""A role of an AWS service or of people, with exactly the statements it is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct

from pipeline.identity.policy import Statement, policy


@dataclass(frozen=True)
class RoleProps:
    """What a role is made of.

    Parameters
    ----------
    name
        The role's name.
    description
        Who uses it and for what.
    trust_policy
        Who may assume it, as JSON text.
    statements
        What it may do.
    session_seconds
        How long whoever assumes it may have its credentials, 3,600 to 43,200; none: an hour.
    """

    name: str
    description: str
    trust_policy: str
    statements: Sequence[Statement]
    session_seconds: int | None = None


class ServiceRole(Construct):
    """One IAM role with one inline policy: the two are made, changed and removed together.

    Attributes
    ----------
    arn
        The role's ARN.
    permissions
        The policy, for what has to wait until the role may do its work.
    """

    def __init__(self, scope: Construct, construct_id: str, props: RoleProps) -> None:
        super().__init__(scope, construct_id)
        role = IamRole(
            self,
            "role",
            name=props.name,
            description=props.description,
            assume_role_policy=props.trust_policy,
            max_session_duration=props.session_seconds,
        )
        self.permissions = IamRolePolicy(
            self, "permissions", name=props.name, role=role.name, policy=policy(*props.statements)
        )
        self.arn: str = role.arn
