"""User pools with a user, and tokens of them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from moto.cognitoidp.models import cognitoidp_backends

from tests.embedded_aws.functions.making import unique

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws

PASSWORD = "Aa1!aaaaaaaa"
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"]


@dataclass
class Pool:
    """A user pool, a client of it, and one user."""

    aws: EmbeddedAws
    id: str
    client: str
    user: str

    @property
    def arn(self) -> str:
        return f"arn:aws:cognito-idp:us-east-1:{self.aws.account}:userpool/{self.id}"

    @property
    def provider(self) -> str:
        return f"cognito-idp.us-east-1.amazonaws.com/{self.id}"

    def sign_in(self, client: str = "") -> dict[str, str]:
        """Return the tokens of a new sign-in: IdToken, AccessToken, RefreshToken."""
        answer = self.aws.client("cognito-idp").initiate_auth(
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=client or self.client,
            AuthParameters={"USERNAME": self.user, "PASSWORD": PASSWORD},
        )
        tokens: dict[str, str] = answer["AuthenticationResult"]
        return tokens

    def add_client(self, **settings: Any) -> str:
        answer = self.aws.client("cognito-idp").create_user_pool_client(
            UserPoolId=self.id, ClientName=unique("client"), ExplicitAuthFlows=FLOWS, **settings
        )
        client: str = answer["UserPoolClient"]["ClientId"]
        return client

    def forged(
        self, key: RSAKey | OctKey | None = None, algorithm: str = "RS256", **claims: Any
    ) -> str:
        """Return an identity token with other claims, signed with the pool's key or another."""
        held = cognitoidp_backends[self.aws.account]["us-east-1"].user_pools[self.id]
        content = {
            "iss": f"https://{self.provider}",
            "sub": "someone",
            "aud": self.client,
            "token_use": "id",
            "exp": int(time.time()) + 60,
            **claims,
        }
        kept = {name: value for name, value in content.items() if value is not None}
        return jwt.encode(
            {"alg": algorithm, "kid": "dummy"}, kept, key or held.json_web_key, [algorithm]
        )


def make_pool(aws: EmbeddedAws) -> Pool:
    cognito = aws.client("cognito-idp")
    pool_id = cognito.create_user_pool(PoolName=unique("pool"))["UserPool"]["Id"]
    pool = Pool(aws, pool_id, "", "jane")
    pool.client = pool.add_client()
    cognito.admin_create_user(UserPoolId=pool_id, Username=pool.user, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(
        UserPoolId=pool_id, Username=pool.user, Password=PASSWORD, Permanent=True
    )
    return pool
