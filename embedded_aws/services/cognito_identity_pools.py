"""Identity pools: a verified token becomes credentials of the pool's role.

Stands in for
- `moto.cognitoidentity.models.CognitoIdentityBackend.get_credentials_for_identity`, which hands out
  the same made-up credentials to everybody, `update_identity_pool`, which keeps the old name, and
  `get_id`, which makes identities of us-east-1 for callers that sign nothing: all of them;
- `CognitoIdentityResponse`, which does not know SetIdentityPoolRoles, GetIdentityPoolRoles,
  TagResource, UntagResource and the classic flow.

Source: Cognito Developer Guide, "Identity pools authentication flow" (the enhanced flow) and "IAM
roles".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.cognitoidentity.exceptions import ResourceNotFoundError
from moto.cognitoidentity.models import (
    CognitoIdentityBackend,
    CognitoIdentityPool,
    cognitoidentity_backends,
)
from moto.cognitoidentity.responses import CognitoIdentityResponse
from moto.core.exceptions import JsonRESTError
from moto.sts.models import sts_backends

from embedded_aws.gateway import tokens
from embedded_aws.iam.policies_of_resources import trust_policy
from embedded_aws.iam.policy import Request, parse
from embedded_aws.services.seams import stand_in
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from collections.abc import Callable

FEDERATED = "cognito-identity.amazonaws.com"
ACTION = "sts:AssumeRoleWithWebIdentity"
SECONDS = 3600


def _refused(message: str) -> JsonRESTError:
    return JsonRESTError("NotAuthorizedException", message)


def _pool_of(identity_id: str) -> CognitoIdentityPool:
    backend = cognitoidentity_backends[RUN.account][identity_id.partition(":")[0]]
    for pool_id, held in backend.pools_identities.items():
        if any(each["IdentityId"] == identity_id for each in held["Identities"]):
            return backend.identity_pools[pool_id]
    raise ResourceNotFoundError(f"Identity '{identity_id}' not found.")


def _check_logins(pool: CognitoIdentityPool, logins: dict[str, str]) -> None:
    """Verify the token of each provider: it must be one of the pool's, for one of its clients."""
    for name, token in logins.items():
        clients = [
            each["ClientId"]
            for each in pool.cognito_identity_providers or []
            if each.get("ProviderName") == name
        ]
        # cognito-idp.<region>.amazonaws.com/<pool id>
        region, pool_id = name.split(".")[1], name.partition("/")[2]
        arn = f"arn:aws:cognito-idp:{region}:{RUN.account}:userpool/{pool_id}"
        try:
            claims = tokens.claims_of(token, [arn])
            tokens.check_use(claims, (), None)
        except tokens.TokenError as wrong:
            raise _refused(f"Invalid login token. {wrong}".strip()) from wrong
        if claims.get("aud") not in clients:
            message = "Token is not from a supported provider of this identity pool."
            raise _refused(message)


def _trusts(role_arn: str, pool_id: str, state: str, identity_id: str) -> bool:
    text = trust_policy(role_arn)
    context = {
        f"{FEDERATED}:aud": (pool_id,),
        f"{FEDERATED}:amr": (state,),
        f"{FEDERATED}:sub": (identity_id,),
    }
    wanted = Request(ACTION, role_arn, context)
    for statement in parse(text).statements if text else ():
        principal = statement.principal if isinstance(statement.principal, dict) else {}
        named = principal.get("Federated") or []
        if FEDERATED in (named if isinstance(named, list) else [named]) and statement.applies(
            wanted
        ):
            return not statement.denies
    return False


def _get_credentials(response: Any) -> str:
    """Answer GetCredentialsForIdentity."""
    identity_id = response._get_param("IdentityId")
    logins = response._get_param("Logins") or {}
    pool: Any = _pool_of(identity_id)
    _check_logins(pool, logins)
    state = "authenticated" if logins else "unauthenticated"
    if not logins and not pool.allow_unauthenticated_identities:
        message = "Unauthenticated access is not supported for this identity pool."
        raise _refused(message)
    role = (pool.roles or {}).get(state)
    if not role:
        message = (
            f"Invalid identity pool configuration. Check assigned IAM roles for this pool: {state}"
        )
        raise JsonRESTError("InvalidIdentityPoolConfigurationException", message)
    if not _trusts(role, pool.identity_pool_id, state, identity_id):
        RUN.deny(FEDERATED, ACTION, role, "the role's trust policy does not allow it")
        message = "Invalid identity pool configuration. Check assigned IAM roles for this pool."
        raise JsonRESTError("InvalidIdentityPoolConfigurationException", message)
    assumed = sts_backends[RUN.account]["aws"].assume_role(
        "us-east-1", "CognitoIdentityCredentials", role, None, SECONDS, None
    )
    assumed.cognito_identity = {
        "cognitoIdentityId": identity_id,
        "cognitoIdentityPoolId": pool.identity_pool_id,
        "cognitoAuthenticationType": state,
        "cognitoAuthenticationProvider": ",".join(logins) or None,
    }
    return json.dumps(
        {
            "Credentials": {
                "AccessKeyId": assumed.access_key_id,
                "SecretKey": assumed.secret_access_key,
                "SessionToken": assumed.session_token,
                "Expiration": assumed.expiration.timestamp(),
            },
            "IdentityId": identity_id,
        }
    )


def _pool(response: Any, identifier: str) -> Any:
    found = response.backend.identity_pools.get(identifier)
    if found is None:
        raise ResourceNotFoundError(identifier)
    return found


def _set_roles(response: Any) -> str:
    pool = _pool(response, response._get_param("IdentityPoolId"))
    pool.roles = response._get_param("Roles") or {}
    pool.role_mappings = response._get_param("RoleMappings") or {}
    return "{}"


def _get_roles(response: Any) -> str:
    pool = _pool(response, response._get_param("IdentityPoolId"))
    return json.dumps(
        {
            "IdentityPoolId": pool.identity_pool_id,
            "Roles": pool.roles or {},
            "RoleMappings": pool.role_mappings or {},
        }
    )


def _to_json(original: Callable[..., str], pool: Any) -> str:
    return json.dumps({**json.loads(original(pool)), "AllowClassicFlow": pool.classic_flow})


def _keep_classic_flow(original: Callable[..., str], response: Any) -> str:
    described = json.loads(original(response))
    pool = _pool(response, described["IdentityPoolId"])
    pool.classic_flow = bool(response._get_param("AllowClassicFlow"))
    return str(pool.to_json())


def _update(original: Callable[..., str], backend: CognitoIdentityBackend, **named: Any) -> str:
    original(backend, **named)
    pool = backend.identity_pools[named["identity_pool_id"]]
    pool.identity_pool_name = named.get("identity_pool_name") or pool.identity_pool_name
    return str(pool.to_json())


def _get_id(
    original: Callable[..., str], _backend: CognitoIdentityBackend, identity_pool_id: str
) -> str:
    region = identity_pool_id.partition(":")[0]
    return original(cognitoidentity_backends[RUN.account][region], identity_pool_id)


def _tags(response: Any) -> dict[str, str]:
    arn = str(response._get_param("ResourceArn"))
    pool = _pool(response, arn.rpartition("/")[2])
    return pool.tags  # type: ignore[no-any-return]


def _tag_resource(response: Any) -> str:
    _tags(response).update(response._get_param("Tags") or {})
    return "{}"


def _untag_resource(response: Any) -> str:
    for key in response._get_param("TagKeys") or []:
        _tags(response).pop(key, None)
    return "{}"


def install() -> None:
    """Let identity pools give credentials of their roles."""
    CognitoIdentityPool.roles = None
    CognitoIdentityPool.role_mappings = None
    CognitoIdentityPool.classic_flow = False
    CognitoIdentityResponse.get_credentials_for_identity = _get_credentials
    CognitoIdentityResponse.set_identity_pool_roles = _set_roles
    CognitoIdentityResponse.get_identity_pool_roles = _get_roles
    CognitoIdentityResponse.tag_resource = _tag_resource
    CognitoIdentityResponse.untag_resource = _untag_resource
    stand_in(CognitoIdentityPool, "to_json", _to_json)
    stand_in(CognitoIdentityResponse, "create_identity_pool", _keep_classic_flow)
    stand_in(CognitoIdentityResponse, "update_identity_pool", _keep_classic_flow)
    stand_in(CognitoIdentityBackend, "update_identity_pool", _update)
    stand_in(CognitoIdentityBackend, "get_id", _get_id)
