"""R-B8: a token of a user pool becomes credentials of the identity pool's role."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from botocore.credentials import Credentials
from joserfc.jwk import RSAKey

from tests.embedded_aws.functions.making import unique
from tests.embedded_aws.gateway.callers import make_guarded, signed
from tests.embedded_aws.gateway.pools import Pool, make_pool

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws
    from tests.embedded_aws.gateway.apis import Api


@pytest.fixture(scope="module")
def guarded(aws: EmbeddedAws) -> Api:
    return make_guarded(aws)


@pytest.fixture(scope="module")
def pool(aws: EmbeddedAws) -> Pool:
    return make_pool(aws)


def test_a_signed_in_user_invokes_with_the_role_of_the_identity_pool(
    aws: EmbeddedAws, pool: Pool, guarded: Api
) -> None:
    """R-B8: the authenticated role may invoke exactly the API's methods."""
    identities = aws.client("cognito-identity")
    created = identities.create_identity_pool(
        IdentityPoolName=unique("identities"),
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ClientId": pool.client, "ProviderName": pool.provider}],
    )
    name, pool_id = unique("member"), created["IdentityPoolId"]
    federated = "cognito-identity.amazonaws.com"
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": federated},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {f"{federated}:aud": pool_id},
                    "ForAnyValue:StringLike": {f"{federated}:amr": "authenticated"},
                },
            }
        ],
    }
    iam = aws.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    resource = f"{guarded.arn}/v1/GET/who"
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resource}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName=name, PolicyName="invoke", PolicyDocument=policy)
    identities.set_identity_pool_roles(IdentityPoolId=pool_id, Roles={"authenticated": role["Arn"]})
    logins = {pool.provider: pool.sign_in()["IdToken"]}
    identity = identities.get_id(IdentityPoolId=pool_id, Logins=logins)["IdentityId"]

    held = identities.get_credentials_for_identity(IdentityId=identity, Logins=logins)
    who = Credentials(
        held["Credentials"]["AccessKeyId"],
        held["Credentials"]["SecretKey"],
        held["Credentials"]["SessionToken"],
    )

    answer = signed(guarded, "GET", "/who", who)
    assert answer.status == 200
    assert answer.json["identity"]["cognitoIdentityId"] == identity
    assert answer.json["identity"]["cognitoIdentityPoolId"] == pool_id
    assert signed(guarded, "POST", "/who", who).status == 403
    refused = identities.exceptions.NotAuthorizedException
    with pytest.raises(refused, match="Unauthenticated access is not supported"):
        identities.get_credentials_for_identity(IdentityId=identity)
    with pytest.raises(refused, match="Invalid login token"):
        identities.get_credentials_for_identity(
            IdentityId=identity, Logins={pool.provider: pool.forged(RSAKey.generate_key(2048))}
        )
    with pytest.raises(refused, match="not from a supported provider"):
        identities.get_credentials_for_identity(
            IdentityId=identity, Logins={pool.provider: pool.forged(aud="another")}
        )
    trust["Statement"][0]["Condition"]["StringEquals"] = {f"{federated}:aud": "another"}  # type: ignore[index]
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
    with pytest.raises(identities.exceptions.InvalidIdentityPoolConfigurationException):
        identities.get_credentials_for_identity(IdentityId=identity, Logins=logins)


def test_an_identity_is_one_of_its_pools_region(aws: EmbeddedAws) -> None:
    """R-B8: GetId is not signed, and the region stands in the pool's id alone."""
    identities = aws.client("cognito-identity", "us-west-2")
    pool = identities.create_identity_pool(
        IdentityPoolName=unique("identities"), AllowUnauthenticatedIdentities=True
    )

    identity = identities.get_id(IdentityPoolId=pool["IdentityPoolId"])["IdentityId"]

    assert identity.startswith("us-west-2:")
