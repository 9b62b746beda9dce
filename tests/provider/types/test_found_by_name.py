"""Data sources that find by name what another configuration has made."""

from __future__ import annotations

from tests.provider.conftest import RunningAws, Terraform

POOLS = {"aws_cognito_user_pools": {"this": {"name": "found-by-name"}}}


def test_user_pools_of_a_name_are_found_with_their_clients(
    aws: RunningAws, terraform: Terraform
) -> None:
    """R-B8: names of pools are not unique; those of other pools and regions are left out."""
    users = aws.client("cognito-idp")
    pool = users.create_user_pool(PoolName="found-by-name")["UserPool"]
    users.create_user_pool(PoolName="another")
    aws.client("cognito-idp", "us-west-2").create_user_pool(PoolName="found-by-name")
    made = {
        name: users.create_user_pool_client(UserPoolId=pool["Id"], ClientName=name)[
            "UserPoolClient"
        ]["ClientId"]
        for name in ("web", "mobile")
    }
    clients = {"this": {"user_pool_id": "${one(data.aws_cognito_user_pools.this.ids)}"}}

    terraform.lives(data={**POOLS, "aws_cognito_user_pool_clients": clients})

    state = terraform.state()
    assert state["data.aws_cognito_user_pools.this"]["arns"] == [pool["Arn"]]
    found = state["data.aws_cognito_user_pool_clients.this"]
    assert dict(zip(found["client_names"], found["client_ids"], strict=True)) == made

    users.delete_user_pool(UserPoolId=pool["Id"])
    terraform.write(data=POOLS)
    assert terraform.apply().code == 0
    assert terraform.state()["data.aws_cognito_user_pools.this"]["ids"] == []


def test_a_secrets_value_is_read_current_or_by_its_version(
    aws: RunningAws, terraform: Terraform
) -> None:
    """R-B6, R-E5: from the replica of the region, too."""
    secrets = aws.client("secretsmanager")
    first = secrets.create_secret(
        Name="found-by-name",
        SecretString="one",
        AddReplicaRegions=[{"Region": "us-west-2"}],
    )
    secrets.put_secret_value(SecretId="found-by-name", SecretString="two")
    sources = {
        "current": {"secret_id": "found-by-name"},
        "first": {"secret_id": "found-by-name", "version_id": first["VersionId"]},
        "previous": {"secret_id": "found-by-name", "version_stage": "AWSPREVIOUS"},
        "west": {"secret_id": "found-by-name", "region": "us-west-2"},
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
