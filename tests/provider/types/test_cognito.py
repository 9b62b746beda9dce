"""User pools, their clients and domains, identity pools and their roles."""

import json
from typing import Any

from tests.provider.conftest import RunningAws, Terraform

POOL = "${aws_cognito_user_pool.this.id}"
IDENTITIES = "${aws_cognito_identity_pool.this.id}"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Federated": "cognito-identity.amazonaws.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
        }
    ],
}


def configuration(**changes: Any) -> dict[str, Any]:
    return {
        "aws_cognito_user_pool": {
            "this": {
                "name": changes.get("name", "users"),
                "auto_verified_attributes": ["email"],
                "username_attributes": ["email"],
                "deletion_protection": changes.get("protection", "INACTIVE"),
                "mfa_configuration": changes.get("mfa", "OPTIONAL"),
                "software_token_mfa_configuration": {"enabled": True},
                "account_recovery_setting": {
                    "recovery_mechanism": [{"name": "verified_email", "priority": 1}]
                },
                "admin_create_user_config": {
                    "allow_admin_create_user_only": changes.get("admin_only", True),
                    "invite_message_template": {
                        "email_message": "{username} {####}",
                        "email_subject": "Welcome",
                        "sms_message": "{username} {####}",
                    },
                },
                "password_policy": {
                    "minimum_length": changes.get("length", 14),
                    "require_lowercase": True,
                    "require_numbers": True,
                    "require_symbols": True,
                    "require_uppercase": True,
                    "temporary_password_validity_days": 3,
                },
                "schema": [
                    {
                        "name": "team",
                        "attribute_data_type": "String",
                        "mutable": True,
                        "string_attribute_constraints": {"min_length": "1", "max_length": "64"},
                    }
                ],
                "user_pool_add_ons": {"advanced_security_mode": "AUDIT"},
                "username_configuration": {"case_sensitive": False},
                "tags": changes.get("tags", {"Owner": "data"}),
            }
        },
        "aws_cognito_user_pool_client": {
            "this": {
                "name": changes.get("client", "web"),
                "user_pool_id": POOL,
                "explicit_auth_flows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
                "id_token_validity": changes.get("validity", 30),
                "access_token_validity": 30,
                "token_validity_units": {"id_token": "minutes", "access_token": "minutes"},
                "prevent_user_existence_errors": "ENABLED",
            },
            "plain": {"name": "plain", "user_pool_id": POOL, "generate_secret": True},
        },
        "aws_cognito_user_pool_domain": {
            "this": {"domain": "users-of-tests", "user_pool_id": POOL}
        },
        "aws_cognito_identity_pool": {
            "this": {
                "identity_pool_name": "identities",
                "allow_classic_flow": changes.get("classic", False),
                "cognito_identity_providers": [
                    {
                        "client_id": "${aws_cognito_user_pool_client.this.id}",
                        "provider_name": "${aws_cognito_user_pool.this.endpoint}",
                        "server_side_token_check": changes.get("check", False),
                    }
                ],
                "tags": changes.get("tags", {"Owner": "data"}),
            }
        },
        "aws_iam_role": {
            "member": {"name": "cognito-member", "assume_role_policy": json.dumps(TRUST)},
            "other": {"name": "cognito-other", "assume_role_policy": json.dumps(TRUST)},
        },
        "aws_cognito_identity_pool_roles_attachment": {
            "this": {
                "identity_pool_id": IDENTITIES,
                "roles": {
                    "authenticated": f"${{aws_iam_role.{changes.get('role', 'member')}.arn}}"
                },
            }
        },
    }


def test_pools_are_made_changed_in_place_and_go(aws: RunningAws, terraform: Terraform) -> None:
    """R-B8: password policy, second factor, tokens, identities and their role."""
    # Given a pool of users and one of identities
    terraform.lives(resource=configuration())
    users, identities = aws.client("cognito-idp"), aws.client("cognito-identity")
    state = terraform.state()
    pool, client = state["aws_cognito_user_pool.this"], state["aws_cognito_user_pool_client.this"]

    # Then AWS has them as configured
    found = users.describe_user_pool(UserPoolId=pool["id"])["UserPool"]
    assert found["Policies"]["PasswordPolicy"]["MinimumLength"] == 14
    assert found["AdminCreateUserConfig"]["InviteMessageTemplate"]["SMSMessage"]
    assert found["MfaConfiguration"] == "OPTIONAL"
    assert "custom:team" in [each["Name"] for each in found["SchemaAttributes"]]
    assert pool["arn"] == found["Arn"]
    assert pool["endpoint"] == f"cognito-idp.us-east-1.amazonaws.com/{pool['id']}"
    assert state["aws_cognito_user_pool_client.plain"]["client_secret"]
    assert not client["client_secret"]
    domain = users.describe_user_pool_domain(Domain="users-of-tests")["DomainDescription"]
    assert domain["UserPoolId"] == pool["id"]
    identity_pool = state["aws_cognito_identity_pool.this"]["id"]
    shown = identities.describe_identity_pool(IdentityPoolId=identity_pool)
    assert shown["CognitoIdentityProviders"][0]["ClientId"] == client["id"]
    roles = identities.get_identity_pool_roles(IdentityPoolId=identity_pool)["Roles"]
    assert roles == {"authenticated": f"arn:aws:iam::{aws.account}:role/cognito-member"}

    # When settings change
    changes = terraform.changes_to(
        resource=configuration(
            protection="ACTIVE",
            mfa="ON",
            admin_only=False,
            length=20,
            tags={"Owner": "web"},
            client="renamed",
            validity=10,
            classic=True,
            check=True,
            role="other",
        )
    )

    # Then all of it changes in place
    assert {actions[0] for actions, _ in changes.values()} == {"update"}
    found = users.describe_user_pool(UserPoolId=pool["id"])["UserPool"]
    assert found["Policies"]["PasswordPolicy"]["MinimumLength"] == 20
    assert (found["MfaConfiguration"], found["UserPoolTags"]) == ("ON", {"Owner": "web"})
    described = users.describe_user_pool_client(UserPoolId=pool["id"], ClientId=client["id"])
    assert described["UserPoolClient"]["IdTokenValidity"] == 10
    assert identities.describe_identity_pool(IdentityPoolId=identity_pool)["AllowClassicFlow"]

    # And a protected pool is not deleted
    refused = terraform.destroy()
    assert refused.code == 1
    assert "deletion protection is activated" in refused.text
    terraform.lives(resource=configuration())
    terraform.is_gone()
    assert pool["id"] not in [
        each["Id"] for each in users.list_user_pools(MaxResults=60)["UserPools"]
    ]


def test_the_name_of_a_pool_replaces_it(terraform: Terraform) -> None:
    """R-B8: as in the real provider, so that a review sees that users would be lost."""

    def pool(name: str, **more: Any) -> dict[str, Any]:
        return {"aws_cognito_user_pool": {"this": {"name": name, **more}}}

    terraform.lives(resource=pool("first"))

    changes = terraform.changes_to(resource=pool("second"))

    assert changes["aws_cognito_user_pool.this"][0] == ["delete", "create"]
    terraform.is_gone()
