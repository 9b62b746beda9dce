"""AWS credentials for signed-in users, with which they sign their requests to the API (row B8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cdktf_cdktf_provider_aws.cognito_identity_pool import (
    CognitoIdentityPool,
    CognitoIdentityPoolCognitoIdentityProviders,
)
from cdktf_cdktf_provider_aws.cognito_identity_pool_roles_attachment import (
    CognitoIdentityPoolRolesAttachment,
)
from constructs import Construct

from pipeline.identity.policy import Statement, policy
from pipeline.identity.service_role import RoleProps, ServiceRole
from pipeline.identity.user_pool import UserPool

_COGNITO = "cognito-identity.amazonaws.com"


@dataclass(frozen=True)
class IdentityPoolProps:
    """What the pool is made of.

    Parameters
    ----------
    name, role_name
        Names of the pool and of its users' role.
    users
        The user pool whose users it knows.
    methods
        ARNs of the API's methods.
    provider
        The Terraform provider of its region.
    """

    name: str
    role_name: str
    users: UserPool
    methods: Sequence[str]
    provider: Any


class IdentityPool(Construct):
    """An identity pool, and the role that its users get: it calls the API, and nothing else.

    Attributes
    ----------
    id
        What an app needs to get credentials for its user.
    """

    def __init__(self, scope: Construct, construct_id: str, props: IdentityPoolProps) -> None:
        super().__init__(scope, construct_id)
        pool = CognitoIdentityPool(
            self,
            "pool",
            identity_pool_name=props.name,
            allow_unauthenticated_identities=False,
            allow_classic_flow=False,
            cognito_identity_providers=[
                CognitoIdentityPoolCognitoIdentityProviders(
                    client_id=props.users.client_id,
                    provider_name=props.users.endpoint,
                    server_side_token_check=True,
                )
            ],
            provider=props.provider,
        )
        role = ServiceRole(
            self,
            "user-role",
            RoleProps(
                name=props.role_name,
                description="What signed-in users of the API do",
                trust_policy=_trust(pool.id),
                statements=[
                    Statement(
                        sid="CallTheApi",
                        actions=["execute-api:Invoke"],
                        resources=props.methods,
                    )
                ],
            ),
        )
        CognitoIdentityPoolRolesAttachment(
            self,
            "roles",
            identity_pool_id=pool.id,
            roles={"authenticated": role.arn},
            provider=props.provider,
        )
        self.id: str = pool.id


def _trust(pool_id: str) -> str:
    """Return the trust policy that Cognito asks for ("IAM roles" of identity pools)."""
    return policy(
        Statement(
            sid="AssumedBySignedInUsers",
            actions=["sts:AssumeRoleWithWebIdentity"],
            principal={"Federated": _COGNITO},
            conditions={
                "StringEquals": {f"{_COGNITO}:aud": pool_id},
                "ForAnyValue:StringLike": {f"{_COGNITO}:amr": "authenticated"},
            },
        )
    )
