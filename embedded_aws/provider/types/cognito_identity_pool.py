"""``aws_cognito_identity_pool`` and ``aws_cognito_identity_pool_roles_attachment``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import changed, given, tag_changes
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

_ABSENT = frozenset({"ResourceNotFoundException"})


def _settings(pool: State) -> dict[str, Any]:
    return {
        "AllowUnauthenticatedIdentities": bool(pool["allow_unauthenticated_identities"]),
        "AllowClassicFlow": bool(pool["allow_classic_flow"]),
        "IdentityPoolName": pool["identity_pool_name"],
        "CognitoIdentityProviders": [
            given(
                ClientId=each["client_id"],
                ProviderName=each["provider_name"],
                ServerSideTokenCheck=bool(each["server_side_token_check"]),
            )
            for each in pool["cognito_identity_providers"] or []
        ],
        "OpenIdConnectProviderARNs": pool["openid_connect_provider_arns"] or [],
        "SamlProviderARNs": pool["saml_provider_arns"] or [],
        "SupportedLoginProviders": pool["supported_login_providers"] or {},
        **given(DeveloperProviderName=pool["developer_provider_name"]),
    }


@resource
class CognitoIdentityPool(ResourceType):
    """A pool that gives AWS credentials to whom its providers know."""

    type_name = "aws_cognito_identity_pool"
    replace = frozenset({"developer_provider_name", "identity_pool_name"})
    defaults: ClassVar = {
        "allow_classic_flow": False,
        "allow_unauthenticated_identities": False,
        "cognito_identity_providers.server_side_token_check": False,
    }
    absent = _ABSENT

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the pool."""
        created = aws.client("cognito-identity").create_identity_pool(
            **_settings(planned), **given(IdentityPoolTags=planned["tags_all"])
        )
        return {"id": created["IdentityPoolId"]}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the pool."""
        pool = aws.client("cognito-identity").describe_identity_pool(IdentityPoolId=state["id"])
        return {
            "allow_classic_flow": bool(pool.get("AllowClassicFlow")),
            "allow_unauthenticated_identities": bool(pool["AllowUnauthenticatedIdentities"]),
            "arn": _arn(aws, state["id"]),
            "cognito_identity_providers": [
                {
                    "client_id": each.get("ClientId"),
                    "provider_name": each.get("ProviderName"),
                    "server_side_token_check": bool(each.get("ServerSideTokenCheck")),
                }
                for each in pool.get("CognitoIdentityProviders") or []
            ],
            "developer_provider_name": pool.get("DeveloperProviderName") or None,
            "identity_pool_name": pool["IdentityPoolName"],
            "openid_connect_provider_arns": pool.get("OpenIdConnectProviderARNs") or [],
            "saml_provider_arns": pool.get("SamlProviderARNs") or [],
            "supported_login_providers": pool.get("SupportedLoginProviders") or {},
            "tags_all": pool.get("IdentityPoolTags") or {},
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Put the settings anew."""
        client = aws.client("cognito-identity")
        client.update_identity_pool(IdentityPoolId=prior["id"], **_settings(planned))
        if changed(prior, planned, "tags_all"):
            arn = _arn(aws, prior["id"])
            removed, added = tag_changes(prior, planned)
            if removed:
                client.untag_resource(ResourceArn=arn, TagKeys=removed)
            if added:
                client.tag_resource(ResourceArn=arn, Tags=added)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the pool."""
        aws.client("cognito-identity").delete_identity_pool(IdentityPoolId=state["id"])


def _arn(aws: AwsSession, pool: str) -> str:
    place = f"arn:{aws.partition}:cognito-identity:{aws.region}:{aws.account_id}"
    return f"{place}:identitypool/{pool}"


def _mapping(each: State) -> dict[str, Any]:
    rules = [
        {
            "Claim": rule["claim"],
            "MatchType": rule["match_type"],
            "RoleARN": rule["role_arn"],
            "Value": rule["value"],
        }
        for rule in each["mapping_rule"] or []
    ]
    return given(
        Type=each["type"],
        AmbiguousRoleResolution=each["ambiguous_role_resolution"],
        RulesConfiguration={"Rules": rules} if rules else None,
    )


def _read_mapping(provider: str, found: dict[str, Any]) -> State:
    rules = (found.get("RulesConfiguration") or {}).get("Rules") or []
    return {
        "identity_provider": provider,
        "type": found["Type"],
        "ambiguous_role_resolution": found.get("AmbiguousRoleResolution"),
        "mapping_rule": [
            {
                "claim": rule["Claim"],
                "match_type": rule["MatchType"],
                "role_arn": rule["RoleARN"],
                "value": rule["Value"],
            }
            for rule in rules
        ],
    }


@resource
class CognitoIdentityPoolRolesAttachment(ResourceType):
    """The roles of a pool; its id is that of the pool."""

    type_name = "aws_cognito_identity_pool_roles_attachment"
    replace = frozenset({"identity_pool_id"})
    absent = _ABSENT

    def create(self, aws: AwsSession, planned: State) -> State:
        """Set the roles."""
        _set_roles(aws, planned)
        return {"id": planned["identity_pool_id"]}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the roles."""
        found = aws.client("cognito-identity").get_identity_pool_roles(IdentityPoolId=state["id"])
        if not found.get("Roles"):
            return None
        return {
            "identity_pool_id": state["id"],
            "roles": found["Roles"],
            "role_mapping": [
                _read_mapping(provider, mapping)
                for provider, mapping in (found.get("RoleMappings") or {}).items()
            ],
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Set other roles."""
        del prior
        _set_roles(aws, planned)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Take the roles away."""
        aws.client("cognito-identity").set_identity_pool_roles(IdentityPoolId=state["id"], Roles={})


def _set_roles(aws: AwsSession, planned: State) -> None:
    mappings = {each["identity_provider"]: _mapping(each) for each in planned["role_mapping"] or []}
    aws.client("cognito-identity").set_identity_pool_roles(
        IdentityPoolId=planned["identity_pool_id"],
        Roles=planned["roles"],
        **given(RoleMappings=mappings),
    )
