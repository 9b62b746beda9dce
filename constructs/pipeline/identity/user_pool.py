"""The users of the API in one region (row B8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cdktf_cdktf_provider_aws.cognito_user_pool import (
    CognitoUserPool,
    CognitoUserPoolAccountRecoverySetting,
    CognitoUserPoolAccountRecoverySettingRecoveryMechanism,
    CognitoUserPoolAdminCreateUserConfig,
    CognitoUserPoolPasswordPolicy,
    CognitoUserPoolSoftwareTokenMfaConfiguration,
    CognitoUserPoolUsernameConfiguration,
)
from cdktf_cdktf_provider_aws.cognito_user_pool_client import (
    CognitoUserPoolClient,
    CognitoUserPoolClientTokenValidityUnits,
)
from constructs import Construct

from pipeline.config.api import Identity


@dataclass(frozen=True)
class UserPoolProps:
    """What the pool is made of.

    Parameters
    ----------
    settings
        The users' part of the configuration.
    name
        Of the pool and of its app client.
    deletion_protection
        Whether AWS refuses to delete the pool.
    provider
        The Terraform provider of its region.
    """

    settings: Identity
    name: str
    deletion_protection: bool
    provider: Any


class UserPool(Construct):
    """A user pool, and a client for apps that cannot keep a secret.

    Users are added by an administrator and sign in with their e-mail address. The password never
    leaves the app (SRP).

    Attributes
    ----------
    id, client_id
        What an app needs to sign users in.
    endpoint
        The pool's name as a provider of identities.
    """

    def __init__(self, scope: Construct, construct_id: str, props: UserPoolProps) -> None:
        super().__init__(scope, construct_id)
        pool = self._build_pool(props)
        client = self._build_client(pool, props)
        self.id: str = pool.id
        self.endpoint: str = pool.endpoint
        self.client_id: str = client.id

    def _build_pool(self, props: UserPoolProps) -> CognitoUserPool:
        settings = props.settings
        authenticator = CognitoUserPoolSoftwareTokenMfaConfiguration(enabled=True)
        recovery = CognitoUserPoolAccountRecoverySettingRecoveryMechanism(
            name="verified_email", priority=1
        )
        return CognitoUserPool(
            self,
            "pool",
            name=props.name,
            user_pool_tier="ESSENTIALS",
            username_attributes=["email"],
            username_configuration=CognitoUserPoolUsernameConfiguration(case_sensitive=False),
            auto_verified_attributes=["email"],
            admin_create_user_config=CognitoUserPoolAdminCreateUserConfig(
                allow_admin_create_user_only=True
            ),
            account_recovery_setting=CognitoUserPoolAccountRecoverySetting(
                recovery_mechanism=[recovery]
            ),
            mfa_configuration=settings.mfa,
            software_token_mfa_configuration=None if settings.mfa == "OFF" else authenticator,
            password_policy=CognitoUserPoolPasswordPolicy(
                minimum_length=settings.password_minimum_length,
                require_lowercase=True,
                require_numbers=True,
                require_symbols=True,
                require_uppercase=True,
                temporary_password_validity_days=settings.temporary_password_days,
            ),
            deletion_protection="ACTIVE" if props.deletion_protection else "INACTIVE",
            provider=props.provider,
        )

    def _build_client(self, pool: CognitoUserPool, props: UserPoolProps) -> CognitoUserPoolClient:
        settings = props.settings
        return CognitoUserPoolClient(
            self,
            "client",
            name=props.name,
            user_pool_id=pool.id,
            generate_secret=False,
            explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"],
            supported_identity_providers=["COGNITO"],
            prevent_user_existence_errors="ENABLED",
            enable_token_revocation=True,
            access_token_validity=settings.token_minutes,
            id_token_validity=settings.token_minutes,
            refresh_token_validity=settings.refresh_token_days,
            token_validity_units=[
                CognitoUserPoolClientTokenValidityUnits(
                    access_token="minutes",  # noqa: S106 - a unit
                    id_token="minutes",  # noqa: S106
                    refresh_token="days",  # noqa: S106
                )
            ],
            provider=props.provider,
        )
