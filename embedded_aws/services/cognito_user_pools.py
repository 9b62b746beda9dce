"""User pools: tags, protection, how long tokens are valid, and which sign-ins a client allows.

Stands in for
- `moto.cognitoidp.models.CognitoIdpUserPool.create_jwt`: every token is valid for an hour;
- `CognitoIdpBackend.delete_user_pool`: a protected pool is deleted, too;
- `CognitoIdpBackend.update_user_pool`: what only a creation sets is lost;
- `CognitoIdpBackend.initiate_auth` and `admin_initiate_auth`: a client may sign in by any flow;
- `CognitoIdpResponse`, which does not know TagResource, UntagResource and ListTagsForResource.

Source: Cognito API Reference, "UserPoolClientType" and "UserPoolType".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.cognitoidp.exceptions import InvalidParameterException
from moto.cognitoidp.models import CognitoIdpBackend, CognitoIdpUserPool
from moto.cognitoidp.responses import CognitoIdpResponse

from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable

_UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
_VALIDITY = {"access": ("AccessTokenValidity", "AccessToken"), "id": ("IdTokenValidity", "IdToken")}
_REFRESH = frozenset({"REFRESH_TOKEN", "REFRESH_TOKEN_AUTH"})
_DEFAULT_FLOWS = ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH"]
_AT_CREATION = ("AliasAttributes", "UsernameAttributes", "UsernameConfiguration", "UserPoolTags")
# Names of flows before 2019; a client's list may hold them.
_OLD_NAMES = {"ADMIN_NO_SRP_AUTH": "ADMIN_USER_PASSWORD_AUTH"}


def validity(client: Any, use: str) -> int:
    """Return for how many seconds a token of a client is valid: an hour, or what it says."""
    if client is None:
        return 3600
    number, unit = _VALIDITY[use]
    units = client.extended_config.get("TokenValidityUnits") or {}
    wanted = client.extended_config.get(number)
    return int(wanted) * _UNITS[units.get(unit, "hours")] if wanted else 3600


def _create_jwt(
    original: Callable[..., tuple[str, int]],
    pool: CognitoIdpUserPool,
    client_id: str,
    username: str,
    token_use: str,
    *arguments: Any,
    **named: Any,
) -> tuple[str, int]:
    if not arguments and "expires_in" not in named and token_use in _VALIDITY:
        named["expires_in"] = validity(pool.clients.get(client_id), token_use)
    return original(pool, client_id, username, token_use, *arguments, **named)


def _update(
    original: Callable[..., None],
    backend: CognitoIdpBackend,
    user_pool_id: str,
    extended_config: dict[str, Any],
) -> None:
    held = backend.describe_user_pool(user_pool_id).extended_config
    kept = {name: held[name] for name in _AT_CREATION if name in held}
    original(backend, user_pool_id, {**kept, **extended_config})


def _delete(original: Callable[..., None], backend: CognitoIdpBackend, user_pool_id: str) -> None:
    pool = backend.describe_user_pool(user_pool_id)
    if pool.extended_config.get("DeletionProtection") == "ACTIVE":
        message = (
            "The user pool cannot be deleted because deletion protection is activated. Deletion "
            "protection must be inactivated first."
        )
        raise InvalidParameterException(message)
    original(backend, user_pool_id)


def _check_flow(client: Any, flow: str) -> None:
    allowed = client.extended_config.get("ExplicitAuthFlows") or _DEFAULT_FLOWS
    name = _OLD_NAMES.get(flow, flow)
    if flow in _REFRESH:
        name = "REFRESH_TOKEN_AUTH"
    names = {_OLD_NAMES.get(each, each).removeprefix("ALLOW_") for each in allowed}
    if name not in names:
        message = f"Auth flow not enabled for this client: {flow}"
        raise InvalidParameterException(message)


def _initiate_auth(
    original: Callable[..., Any],
    backend: CognitoIdpBackend,
    client_id: str,
    auth_flow: str,
    auth_parameters: dict[str, str],
) -> Any:
    for pool in backend.user_pools.values():
        if client_id in pool.clients:
            _check_flow(pool.clients[client_id], auth_flow)
    return original(backend, client_id, auth_flow, auth_parameters)


def _admin_initiate_auth(
    original: Callable[..., Any],
    backend: CognitoIdpBackend,
    user_pool_id: str,
    client_id: str,
    auth_flow: str,
    auth_parameters: dict[str, str],
) -> Any:
    pool = backend.user_pools.get(user_pool_id)
    if pool is not None and client_id in pool.clients:
        _check_flow(pool.clients[client_id], auth_flow)
    return original(backend, user_pool_id, client_id, auth_flow, auth_parameters)


def _tags(response: Any) -> dict[str, str]:
    arn = str(response._get_param("ResourceArn"))
    pool = response.backend.describe_user_pool(arn.rpartition("/")[2])
    tags: dict[str, str] = pool.extended_config.setdefault("UserPoolTags", {})
    return tags


def _tag_resource(response: Any) -> str:
    _tags(response).update(response._get_param("Tags") or {})
    return "{}"


def _untag_resource(response: Any) -> str:
    tags = _tags(response)
    for key in response._get_param("TagKeys") or []:
        tags.pop(key, None)
    return "{}"


def _list_tags(response: Any) -> str:
    return json.dumps({"Tags": _tags(response)})


def install() -> None:
    """Let user pools keep their settings."""
    stand_in(CognitoIdpUserPool, "create_jwt", _create_jwt)
    stand_in(CognitoIdpBackend, "update_user_pool", _update)
    stand_in(CognitoIdpBackend, "delete_user_pool", _delete)
    stand_in(CognitoIdpBackend, "initiate_auth", _initiate_auth)
    stand_in(CognitoIdpBackend, "admin_initiate_auth", _admin_initiate_auth)
    CognitoIdpResponse.tag_resource = _tag_resource
    CognitoIdpResponse.untag_resource = _untag_resource
    CognitoIdpResponse.list_tags_for_resource = _list_tags
