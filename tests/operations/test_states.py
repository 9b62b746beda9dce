"""R-C6, R-F7: which stacks a review can plan, and which wait for what they look up."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from operations.command_line import configuration
from operations.states import plannable_stacks
from pipeline.config import Environment
from pipeline.layout import stack_homes
from pipeline.naming import Names

DOMAIN = {"domain": "api.example.com", "hosted_zone_id": "Z0123456789ABCDEFGHIJ"}
REGIONAL = ["primary", "secondary"]
DEV = configuration("dev")
NAMES = Names(DEV)
TABLE = ("aws_dynamodb_table", {"name": NAMES.table("processed-data")})
REST_API = ("aws_api_gateway_rest_api", {"name": NAMES.rest_api()})
USERS = ("aws_cognito_user_pool", {"name": NAMES.user_pool()})


def value_of(secret: str) -> tuple[str, dict[str, str]]:
    arn = f"arn:aws:secretsmanager:us-east-1:111122223333:secret:{secret}-AbCdEf"
    return ("aws_secretsmanager_secret_version", {"secret_id": arn})


KEY = value_of(NAMES.api_key())


def with_api(**api: Any) -> Environment:
    return DEV.model_copy(update={"api": DEV.api.model_copy(update=api)})


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        for region in DEV.both_regions:
            s3 = boto3.client("s3", region_name=region)
            where = {"LocationConstraint": region} if region != "us-east-1" else None
            more: Any = {"CreateBucketConfiguration": where} if where else {}
            s3.create_bucket(Bucket=NAMES.state_bucket(region), **more)
        yield


def waiting(environment: Environment, **made: list[tuple[str, Any]]) -> list[str]:
    """Which stacks wait, when the states have these resources."""
    for stack, home in stack_homes(environment).items():
        resources = [
            {"mode": "managed", "type": kind, "instances": [{"attributes": attributes}]}
            for kind, attributes in made.get(stack, [])
        ]
        boto3.client("s3", region_name=home).put_object(
            Bucket=NAMES.state_bucket(home),
            Key=f"env:/dev/{NAMES.state_key(stack)}",
            Body=json.dumps({"version": 4, "resources": resources}).encode(),
        )
    planned, found = plannable_stacks(environment)
    assert sorted([*planned, *found]) == sorted(stack_homes(environment))
    return found


def test_in_a_fresh_environment_nothing_that_looks_up_is_planned() -> None:
    """R-C6: with a domain edge looks up the regions' APIs."""
    assert waiting(DEV) == REGIONAL
    assert waiting(with_api(**DOMAIN)) == [*REGIONAL, "edge"]


def test_edge_waits_until_both_regions_have_an_api() -> None:
    environment = with_api(**DOMAIN)
    foundation = [TABLE]
    one = waiting(environment, foundation=foundation, primary=[REST_API])
    other = waiting(environment, foundation=foundation, primary=[TABLE], secondary=[REST_API])
    both = waiting(environment, foundation=foundation, primary=[REST_API], secondary=[REST_API])
    assert (one, other, both) == (["edge"], ["edge"], [])
    assert waiting(DEV, foundation=foundation) == [], "without a domain it looks up nothing"


def test_the_regions_wait_for_a_key_that_is_new() -> None:
    """R-E5: switched on where everything else is deployed."""
    other = value_of(NAMES.secret())
    assert waiting(with_api(api_key=True), foundation=[TABLE, other]) == REGIONAL
    assert waiting(with_api(api_key=True), foundation=[TABLE, other, KEY]) == []
    assert waiting(with_api(api_key=True, enabled=False), foundation=[TABLE]) == []


def test_the_regions_wait_for_users_that_are_new() -> None:
    """R-B6: of both regions."""
    environment = with_api(authorization="cognito")
    assert waiting(environment, foundation=[TABLE, USERS]) == REGIONAL
    assert waiting(environment, foundation=[TABLE, USERS, USERS]) == []
