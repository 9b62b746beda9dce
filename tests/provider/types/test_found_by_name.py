"""Data sources that find by name what another configuration has made."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.provider.conftest import RunningAws, Terraform

NAME = "found-by-name"
POOLS = {"aws_cognito_user_pools": {"this": {"name": NAME}}}


@pytest.fixture
def pools(aws: RunningAws) -> Iterator[dict[str, Any]]:
    """Two pools of the name, one in each region, and one of another."""
    clients = [aws.client("cognito-idp", region) for region in ("us-east-1", "us-west-2")]
    made = [client.create_user_pool(PoolName=NAME)["UserPool"] for client in clients]
    other = clients[0].create_user_pool(PoolName="found-by-another-name")["UserPool"]
    yield made[0]
    for client, pool in (*zip(clients, made, strict=True), (clients[0], other)):
        with contextlib.suppress(client.exceptions.ResourceNotFoundException):
            client.delete_user_pool(UserPoolId=pool["Id"])


@pytest.fixture
def secret(aws: RunningAws) -> Iterator[dict[str, Any]]:
    """A secret with a replica and a second value."""
    client = aws.client("secretsmanager")
    made = client.create_secret(
        Name=NAME, SecretString="one", AddReplicaRegions=[{"Region": "us-west-2"}]
    )
    client.put_secret_value(SecretId=NAME, SecretString="two")
    yield made
    client.remove_regions_from_replication(SecretId=NAME, RemoveReplicaRegions=["us-west-2"])
    client.delete_secret(SecretId=NAME, ForceDeleteWithoutRecovery=True)


def test_user_pools_of_a_name_are_found_with_their_clients(
    aws: RunningAws, terraform: Terraform, pools: dict[str, Any]
) -> None:
    """R-B8: names of pools are not unique; those of other pools and regions are left out."""
    users = aws.client("cognito-idp")
    made = {
        name: users.create_user_pool_client(UserPoolId=pools["Id"], ClientName=name)[
            "UserPoolClient"
        ]["ClientId"]
        for name in ("web", "mobile")
    }
    clients = {"this": {"user_pool_id": "${one(data.aws_cognito_user_pools.this.ids)}"}}

    terraform.lives(data={**POOLS, "aws_cognito_user_pool_clients": clients})

    state = terraform.state()
    assert state["data.aws_cognito_user_pools.this"]["arns"] == [pools["Arn"]]
    found = state["data.aws_cognito_user_pool_clients.this"]
    assert dict(zip(found["client_names"], found["client_ids"], strict=True)) == made

    users.delete_user_pool(UserPoolId=pools["Id"])
    terraform.write(data=POOLS)
    assert terraform.apply().code == 0
    assert terraform.state()["data.aws_cognito_user_pools.this"]["ids"] == []


def test_a_secrets_value_is_read_current_or_by_its_version(
    terraform: Terraform, secret: dict[str, Any]
) -> None:
    """R-B6, R-E5: from the replica of the region, too."""
    sources = {
        "current": {"secret_id": NAME},
        "first": {"secret_id": NAME, "version_id": secret["VersionId"]},
        "previous": {"secret_id": NAME, "version_stage": "AWSPREVIOUS"},
        "west": {"secret_id": NAME, "region": "us-west-2"},
    }

    terraform.lives(data={"aws_secretsmanager_secret_version": sources})

    state = terraform.state()
    values = {
        name: state[f"data.aws_secretsmanager_secret_version.{name}"]["secret_string"]
        for name in sources
    }
    assert values == {"current": "two", "first": "one", "previous": "one", "west": "two"}

    terraform.write(data={"aws_secretsmanager_secret_version": {"no": {"secret_id": "missing"}}})
    refused = terraform.plan()
    assert refused.code == 1
    assert "can't find the specified secret" in refused.text
