"""``aws_cognito_user_pool_client``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedded_aws.provider.attributes import given
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.cognito_settings import camel, to_aws

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

_SPELLED = {
    "allowed_oauth_flows": "AllowedOAuthFlows",
    "allowed_oauth_flows_user_pool_client": "AllowedOAuthFlowsUserPoolClient",
    "allowed_oauth_scopes": "AllowedOAuthScopes",
    "callback_urls": "CallbackURLs",
    "default_redirect_uri": "DefaultRedirectURI",
    "logout_urls": "LogoutURLs",
    "name": "ClientName",
}
_LISTS = (
    *("allowed_oauth_flows", "allowed_oauth_scopes", "callback_urls", "explicit_auth_flows"),
    *("logout_urls", "read_attributes", "supported_identity_providers", "write_attributes"),
)
_TEXTS = ("default_redirect_uri", "name", "prevent_user_existence_errors")
_FLAGS = (
    *("allowed_oauth_flows_user_pool_client", "enable_token_revocation"),
    "enable_propagate_additional_user_context_data",
)
_NUMBERS = {
    "access_token_validity": 0,
    "auth_session_validity": 3,
    "id_token_validity": 0,
    "refresh_token_validity": 30,
}
_BLOCKS = ("analytics_configuration", "refresh_token_rotation", "token_validity_units")


def _name(attribute: str) -> str:
    return _SPELLED.get(attribute) or camel(attribute)


def _settings(client: State) -> dict[str, Any]:
    found = given(**{_name(each): client[each] for each in (*_LISTS, *_TEXTS, *_FLAGS)})
    found |= given(**{_name(each): int(client[each]) for each in _NUMBERS if client[each]})
    return found | {_name(each): to_aws(client[each][0]) for each in _BLOCKS if client[each]}


@resource
class CognitoUserPoolClient(ResourceType):
    """An application that signs users of a pool in."""

    type_name = "aws_cognito_user_pool_client"
    replace = frozenset({"generate_secret", "user_pool_id"})
    absent = frozenset({"ResourceNotFoundException"})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the client."""
        created = aws.client("cognito-idp").create_user_pool_client(
            UserPoolId=planned["user_pool_id"],
            GenerateSecret=bool(planned["generate_secret"]),
            **_settings(planned),
        )
        return {"id": created["UserPoolClient"]["ClientId"]}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the client; AWS's own validity of tokens is an hour, and is told as 0."""
        client = aws.client("cognito-idp").describe_user_pool_client(
            UserPoolId=state["user_pool_id"], ClientId=state["id"]
        )["UserPoolClient"]
        units = client.get("TokenValidityUnits") or {}
        return {
            **{each: client.get(_name(each)) or [] for each in _LISTS},
            **{each: client.get(_name(each)) or "" for each in _TEXTS},
            **{each: bool(client.get(_name(each))) for each in _FLAGS},
            **{each: client.get(_name(each), default) for each, default in _NUMBERS.items()},
            "client_secret": client.get("ClientSecret") or "",
            "token_validity_units": [
                {
                    name: units.get(camel(name), default)
                    for name, default in (
                        ("access_token", "hours"),
                        ("id_token", "hours"),
                        ("refresh_token", "days"),
                    )
                }
            ]
            if state.get("token_validity_units")
            else [],
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Put all settings anew."""
        known = {name: prior[name] if value is None else value for name, value in planned.items()}
        aws.client("cognito-idp").update_user_pool_client(
            UserPoolId=prior["user_pool_id"], ClientId=prior["id"], **_settings(known)
        )

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the client."""
        aws.client("cognito-idp").delete_user_pool_client(
            UserPoolId=state["user_pool_id"], ClientId=state["id"]
        )

    def import_state(self, aws: AwsSession, identifier: str) -> State:
        """Take ``<pool id>/<client id>``."""
        del aws
        pool, _, client = identifier.partition("/")
        return {"id": client, "user_pool_id": pool}
