"""Tokens of Cognito user pools, verified as a REST API's authorizer does.

Source: API Gateway Developer Guide, "Control access to REST APIs using Amazon Cognito user pools as
an authorizer"; Cognito Developer Guide, "Verifying JSON web tokens"; RFC 7519.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from joserfc import jwt
from joserfc.errors import JoseError
from moto.cognitoidp.models import cognitoidp_backends

from embedded_aws.state import RUN

if TYPE_CHECKING:
    from collections.abc import Sequence

SIGNED = ["RS256"]
EXPIRED = "The incoming token has expired"


class TokenError(Exception):
    """A token that is not accepted; the message is for the client, if there is one."""


def claims_of(token: str, provider_arns: Sequence[str]) -> dict[str, Any]:
    """Verify signature, issuer and expiry of a token.

    Parameters
    ----------
    token
        The token in its compact form.
    provider_arns
        ARNs of the user pools whose tokens are taken.

    Raises
    ------
    TokenError
        Any of them is wrong.
    """
    for arn in provider_arns:
        pool = _pool(arn)
        if pool is None:
            continue
        try:
            claims: dict[str, Any] = jwt.decode(token, pool.json_web_key, algorithms=SIGNED).claims
        except (JoseError, ValueError):
            continue
        issuer = f"https://cognito-idp.{pool.region}.amazonaws.com/{pool.id}"
        expiry = claims.get("exp")
        if claims.get("iss") != issuer or not isinstance(expiry, int | float):
            continue
        if expiry <= time.time():
            raise TokenError(EXPIRED)
        return claims
    raise TokenError


def check_use(claims: dict[str, Any], scopes: Sequence[str], audience: str | None) -> None:
    """Check what a token is for.

    Parameters
    ----------
    scopes
        Scopes of the method, of which an access token must have one; without any, an identity
        token is wanted.
    audience
        Regular expression for `aud`, which access tokens do not have; None takes any.

    Raises
    ------
    TokenError
        The token is for something else.
    """
    if claims.get("token_use") != ("access" if scopes else "id"):
        raise TokenError
    if scopes and not set(str(claims.get("scope", "")).split()) & set(scopes):
        raise TokenError
    if audience and not re.fullmatch(audience, str(claims.get("aud", ""))):
        raise TokenError


def shown(claims: dict[str, Any]) -> dict[str, str]:
    """Return claims as a function is told them: as text, times as dates."""
    return {name: _shown(name, value) for name, value in claims.items()}


def _shown(name: str, value: Any) -> str:
    if name in ("exp", "iat"):
        return datetime.fromtimestamp(int(value), UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value)


def _pool(arn: str) -> Any:
    parts = arn.split(":")
    if len(parts) < 6 or "/" not in parts[5]:
        return None
    pools = cognitoidp_backends[RUN.account][parts[3]].user_pools
    return pools.get(parts[5].partition("/")[2])
