"""The users of the API: pools in each region, and what signed-in users may do."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from pipeline.api.document import load_document, routes
from tests.pipeline.stacks.conftest import Variation
from tests.pipeline.stacks.synthesized import Resource, Synthesized

POOL, CLIENT = "aws_cognito_user_pool", "aws_cognito_user_pool_client"
IDENTITIES, ROLES = "aws_cognito_identity_pool", "aws_cognito_identity_pool_roles_attachment"


def by_region(synthesized: Synthesized, kind: str) -> dict[str, Resource]:
    foundation = synthesized["foundation"]
    found = foundation.resources(kind)
    assert len(found) == 2
    return {foundation.region(each): each for each in found}


def test_users_are_state_of_each_region(both: Synthesized) -> None:
    """R-B8, R-D3: in foundation: a regional stack can be thrown away, and users cannot."""
    for kind in (POOL, CLIENT, IDENTITIES, ROLES):
        assert set(by_region(both, kind)) == set(both.regions)
        for _, stack in both.regional():
            assert not stack.any_resources(kind)


@pytest.mark.parametrize(("name", "protected"), [("dev", "INACTIVE"), ("prod", "ACTIVE")])
def test_users_are_protected_as_tables_are(variation: Variation, name: str, protected: str) -> None:
    """R-B8, R-D3."""
    for pool in by_region(variation(name), POOL).values():
        assert pool["deletion_protection"] == protected


def test_passwords_are_strong_and_users_are_added_by_an_administrator(
    both: Synthesized, variation: Variation
) -> None:
    """R-B8: all four kinds of characters."""
    for pool in by_region(both, POOL).values():
        policy = dict(pool["password_policy"])
        assert policy.pop("minimum_length") == 14
        assert policy.pop("temporary_password_validity_days") == 7
        assert policy == {
            "require_lowercase": True,
            "require_numbers": True,
            "require_symbols": True,
            "require_uppercase": True,
        }
        assert pool["admin_create_user_config"] == {"allow_admin_create_user_only": True}
        assert pool["username_attributes"] == pool["auto_verified_attributes"] == ["email"]
        (mechanism,) = pool["account_recovery_setting"]["recovery_mechanism"]
        assert mechanism == {"name": "verified_email", "priority": 1}
    identity = {"password_minimum_length": 20, "temporary_password_days": 1}
    for pool in by_region(variation("dev", identity=identity), POOL).values():
        assert pool["password_policy"]["minimum_length"] == 20
        assert pool["password_policy"]["temporary_password_validity_days"] == 1


@pytest.mark.parametrize("mfa", ["OFF", "OPTIONAL", "ON"])
def test_a_second_factor_is_a_setting(variation: Variation, mfa: str) -> None:
    """R-B8: an authenticator app, which costs nothing and needs no telephone."""
    for pool in by_region(variation("dev", identity={"mfa": mfa}), POOL).values():
        assert pool["mfa_configuration"] == mfa
        by_app = pool.get("software_token_mfa_configuration")
        assert by_app == (None if mfa == "OFF" else {"enabled": True})


def test_apps_have_no_secret_and_never_see_more_than_they_need(
    both: Synthesized, variation: Variation
) -> None:
    """R-B8: SRP keeps the password in the app; nobody learns who is a user."""
    pools = by_region(both, POOL)
    for region, client in by_region(both, CLIENT).items():
        assert client.refers_to("user_pool_id", pools[region], "id")
        assert client["generate_secret"] is False
        assert client["explicit_auth_flows"] == ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"]
        assert client["prevent_user_existence_errors"] == "ENABLED"
        assert client["enable_token_revocation"] is True
        assert client["token_validity_units"] == [
            {"access_token": "minutes", "id_token": "minutes", "refresh_token": "days"}
        ]
    identity = {"token_minutes": 5, "refresh_token_days": 1}
    for client in by_region(variation("dev", identity=identity), CLIENT).values():
        assert client["id_token_validity"] == client["access_token_validity"] == 5
        assert client["refresh_token_validity"] == 1


def test_only_signed_in_users_of_the_pool_get_credentials(both: Synthesized) -> None:
    """R-B8: of the region's own user pool, by its own client, and only in the newer flow."""
    pools, clients = by_region(both, POOL), by_region(both, CLIENT)
    for region, identities in by_region(both, IDENTITIES).items():
        assert identities["allow_unauthenticated_identities"] is False
        assert identities["allow_classic_flow"] is False
        (provider,) = identities["cognito_identity_providers"]
        assert provider["client_id"] == f"${{{clients[region].address}.id}}"
        assert provider["provider_name"] == f"${{{pools[region].address}.endpoint}}"
        assert provider["server_side_token_check"] is True


def test_the_role_is_assumed_by_users_of_this_pool_alone(both: Synthesized) -> None:
    """R-B8, R-A11: without the audience any identity pool of any account could."""
    foundation, attachments = both["foundation"], by_region(both, ROLES)
    for region, identities in by_region(both, IDENTITIES).items():
        role = foundation.one("aws_iam_role", name=both.names.role("api-user", region))
        (statement,) = role.policy("assume_role_policy")
        assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
        assert statement["Principal"] == {"Federated": "cognito-identity.amazonaws.com"}
        assert statement["Condition"] == {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": f"${{{identities.address}.id}}"},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
        }
        attached = attachments[region]
        assert attached.refers_to("identity_pool_id", identities, "id")
        assert attached["roles"] == {"authenticated": f"${{{role.address}.arn}}"}


def test_users_may_invoke_exactly_the_apis_methods(both: Synthesized) -> None:
    """R-B8, R-A11: in their region, in this environment's stage."""
    name = both.environment.environment
    guarded = {each.resource for each in routes(load_document()) if not each.is_open}
    for region in both.regions:
        role = both["foundation"].one(
            "aws_iam_role_policy", name=both.names.role("api-user", region)
        )
        (statement,) = role.policy()
        stage = f"arn:aws:execute-api:{region}:{both.environment.account.id}:*/v1-{name}"
        assert statement["Action"] == "execute-api:Invoke"
        assert set(statement["Resource"]) == {f"{stage}/{each}" for each in guarded}
        one = f"{stage.replace('*', 'abc')}/DELETE/records/1"
        assert not any(fnmatchcase(one, each) for each in statement["Resource"])


def test_without_the_setting_there_are_no_users(variation: Variation) -> None:
    """R-B8: the switch, with outputs and roles."""
    off = variation("dev", identity={"enabled": False})
    foundation = off["foundation"]
    for kind in (POOL, CLIENT, IDENTITIES, ROLES):
        assert not foundation.any_resources(kind)
    assert not any("user" in name or "identity" in name for name in foundation.outputs())
    names = {each["name"] for each in foundation.resources("aws_iam_role")}
    assert not any("api-user" in name for name in names)
