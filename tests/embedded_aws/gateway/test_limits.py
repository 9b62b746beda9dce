"""R-F1: the largest that API Gateway and Cognito take passes, one more is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.functions.making import unique
from tests.embedded_aws.gateway.apis import Api, document, make_api, mock

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedded_aws.server import EmbeddedAws


@pytest.fixture(scope="module")
def api(aws: EmbeddedAws) -> Api:
    return make_api(aws, document({"/": {"get": mock()}}))


def add_stage(api: Api, name: str) -> None:
    deployment = api.client.get_stage(restApiId=api.id, stageName=api.stage)["deploymentId"]
    api.client.create_stage(restApiId=api.id, stageName=name, deploymentId=deployment)


def add_key(api: Api, size: int) -> None:
    value = unique("k").ljust(size, "x")
    api.client.create_api_key(name="k", value=value)


def add_integration(api: Api, milliseconds: int) -> None:
    root = api.client.get_rest_api(restApiId=api.id)["rootResourceId"]
    api.client.put_integration(
        restApiId=api.id,
        resourceId=root,
        httpMethod="GET",
        type="MOCK",
        timeoutInMillis=milliseconds,
    )


def add_api(api: Api, size: int) -> None:
    api.client.create_rest_api(name=unique("api"), minimumCompressionSize=size)


def set_policy(api: Api, text: str) -> None:
    patch = {"op": "replace", "path": "/policy", "value": text}
    api.client.update_rest_api(restApiId=api.id, patchOperations=[patch])


def policy(size: int) -> str:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke"}
    content = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": "*"}]}
    return json.dumps(content).ljust(size)


def add_pool(api: Api, length: int) -> None:
    policies = {"PasswordPolicy": {"MinimumLength": length}}
    api.aws.client("cognito-idp").create_user_pool(PoolName=unique("pool"), Policies=policies)


@pytest.mark.parametrize(
    ("call", "largest", "more", "code"),
    [
        (add_stage, "s" * 128, "s" * 129, "BadRequestException"),
        (add_stage, "a-b_C1", "a.b", "BadRequestException"),
        (add_key, 128, 129, "BadRequestException"),
        (add_integration, 29_000, 29_001, "BadRequestException"),
        (add_integration, 50, 49, "BadRequestException"),
        (add_api, 10_485_760, 10_485_761, "BadRequestException"),
        (set_policy, policy(8192), policy(8193), "BadRequestException"),
        (set_policy, policy(0), '{"Statement": []}', "BadRequestException"),
        (add_pool, 99, 100, "InvalidParameterException"),
    ],
)
def test_a_limit_is_where_aws_has_it(
    api: Api, call: Callable[[Api, Any], None], largest: Any, more: Any, code: str
) -> None:
    call(api, largest)

    with pytest.raises(ClientError) as refused:
        call(api, more)

    assert refused.value.response["Error"]["Code"] == code


def test_an_api_has_ten_stages(aws: EmbeddedAws) -> None:
    api = make_api(aws, document({"/": {"get": mock()}}))
    for number in range(9):
        add_stage(api, f"s{number}")

    with pytest.raises(ClientError, match="LimitExceededException"):
        add_stage(api, "s9")
