"""The REST API as both regions' stacks have it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from pipeline.api.document import load_document, routes
from tests.pipeline.stacks.conftest import Variation
from tests.pipeline.stacks.synthesized import Resource, Stack, Synthesized

API, DEPLOYMENT = "aws_api_gateway_rest_api", "aws_api_gateway_deployment"
STAGE, PERMISSION = "aws_api_gateway_stage", "aws_lambda_permission"


def local(stack: Stack, expression: str) -> str:
    """What stands behind `${local.name}`."""
    text: str = stack.json["locals"][expression.removeprefix("${local.").removesuffix("}")]
    return text


def document(stack: Stack) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(local(stack, stack.one(API)["body"]))
    return found


def deployed(synthesized: Synthesized) -> list[tuple[str, ...]]:
    """What a new deployment follows, in each region: the values that its trigger is made of."""
    found = []
    for _, stack in synthesized.regional():
        trigger = stack.one(DEPLOYMENT)["triggers"]["sha1"]
        parts = trigger.removeprefix('${sha1(join("\\n", [').removesuffix("]))}").split(", ")
        found.append(tuple(local(stack, f"${{{part}}}") for part in parts))
    return found


def test_each_region_has_the_whole_api(both: Synthesized) -> None:
    """R-B7, R-C3: regional, in front of the function's alias in its own region."""
    for region, stack in both.regional():
        account, name = both.environment.account.id, both.environment.environment
        assert stack.has(API, name=f"serverless-data-api-{name}")
        assert stack.one(API)["endpoint_configuration"] == {"types": ["REGIONAL"]}
        function = f"arn:aws:lambda:{region}:{account}:function:serverless-api-{name}:live"
        uri = f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function}/invocations"
        paths = document(stack)["paths"]
        found = {(p, verb.upper()) for p, item in paths.items() for verb in item}
        assert found == {(each.path, each.verb) for each in routes(load_document())}
        for item in paths.values():
            for operation in item.values():
                assert operation["x-amazon-apigateway-integration"]["uri"] == uri


def permissions(stack: Stack) -> Iterator[Resource]:
    for each in stack.resources(PERMISSION):
        if each["principal"] == "apigateway.amazonaws.com":
            yield each


def test_exactly_this_api_may_invoke_the_function_and_for_its_routes_alone(
    both: Synthesized,
) -> None:
    """R-A11, R-C3: the alias, per method, in whatever stage."""
    for _, stack in both.regional():
        api, found = stack.one(API), list(permissions(stack))
        arn = f"${{{api.address}.execution_arn}}/*"
        assert {each["source_arn"] for each in found} == {
            f"{arn}/{each.resource}" for each in routes(load_document())
        }
        alias = stack.one(
            "aws_lambda_alias", function_name=f"${{{function(both, stack).address}.function_name}}"
        )
        for each in found:
            assert each["function_name"] == both.names.function("api")
            assert each["qualifier"] == "live"
            assert each.waits_for(alias)


def function(synthesized: Synthesized, stack: Stack) -> Resource:
    return stack.one("aws_lambda_function", function_name=synthesized.names.function("api"))


def test_a_deployment_is_there_before_the_old_one_goes(both: Synthesized) -> None:
    """R-B7: hashicorp/terraform-provider-aws #162; nobody is without an answer."""
    for _, stack in both.regional():
        deployment, stage = stack.one(DEPLOYMENT), stack.one(STAGE)
        assert deployment["lifecycle"] == {"create_before_destroy": True}
        assert deployment.refers_to("rest_api_id", stack.one(API), "id")
        assert all(deployment.waits_for(each) for each in permissions(stack))
        assert stage.refers_to("deployment_id", deployment, "id")


def test_a_deployment_follows_the_document_and_the_policy(both: Synthesized) -> None:
    """R-B7: the two arguments of the API that a deployment freezes."""
    for values, (_, stack) in zip(deployed(both), both.regional(), strict=True):
        api = stack.one(API)
        assert values == (local(stack, api["body"]), local(stack, api["policy"]))


def test_other_changes_deploy_nothing(dev: Synthesized, variation: Variation) -> None:
    """R-B7: exactly when routes, methods, integrations or models change."""
    changed = variation(
        "dev",
        functions={
            "log_level": "ERROR",
            "log_retention_days": 90,
            "tracing": False,
            "api": {"memory_mb": 3008, "timeout_seconds": 29},
        },
        api={"burst_limit": 7, "rate_limit": 8, "log_level": "OFF"},
        identity={"mfa": "ON"},
        tags={"owner": "somebody-else"},
    )

    assert changed["primary"].text != dev["primary"].text
    assert deployed(changed) == deployed(dev)


@pytest.mark.parametrize(
    "change",
    [
        {"api": {"authorization": "cognito"}},
        {"api": {"api_key": True}},
        {"api": {"allowed_cidrs": ["203.0.113.0/24"]}},
        {"api": {"cors_origins": ["https://site.example"]}},
        {"naming": {"suffix": "blue"}},
    ],
)
def test_changes_of_what_is_served_deploy_it(
    dev: Synthesized, variation: Variation, change: dict[str, Any]
) -> None:
    """R-B7, R-E5: methods, integrations, policy."""
    for before, after in zip(deployed(dev), deployed(variation("dev", **change)), strict=True):
        assert before != after


def test_signed_requests_are_the_default(dev: Synthesized) -> None:
    """R-B8: IAM decides about all that is not open."""
    for _, stack in dev.regional():
        demanded = {
            path: operation["security"]
            for path, item in document(stack)["paths"].items()
            for operation in item.values()
        }
        assert demanded.pop("/health") == demanded.pop("/openapi.json") == []
        assert set(map(str, demanded.values())) == {"[{'iam': []}]"}


def test_tokens_are_those_of_the_regions_own_pool(variation: Variation) -> None:
    """R-B8, R-A10: found by name in the region, for our client alone."""
    tokens = variation("prod", api={"authorization": "cognito"})
    for _, stack in tokens.regional():
        (pools,) = stack.data_sources("aws_cognito_user_pools")
        (clients,) = stack.data_sources("aws_cognito_user_pool_clients")
        authorizer = document(stack)["components"]["securitySchemes"]["cognito"][
            "x-amazon-apigateway-authorizer"
        ]
        assert pools["name"] == "serverless-users-prod"
        assert clients["user_pool_id"] == f"${{one(data.{pools.address}.ids)}}"
        # The policy is asked besides, and would refuse what it does not allow.
        (allowed,) = json.loads(local(stack, stack.one(API)["policy"]))["Statement"]
        assert allowed["Resource"].endswith(":*/v1-prod/*")
        (arn,) = authorizer["providerARNs"]
        assert local(stack, arn) == f"${{one(data.{pools.address}.arns)}}"
        audience = authorizer["identityValidationExpression"].removeprefix("^").removesuffix("$")
        clients_of = (
            f"zipmap(data.{clients.address}.client_names, data.{clients.address}.client_ids)"
        )
        assert local(stack, audience) == f'${{{clients_of}["serverless-users-prod"]}}'


def test_addresses_are_restricted_by_the_setting(dev: Synthesized, variation: Variation) -> None:
    """R-C1: the allowed CIDR."""
    restricted = variation("dev", api={"allowed_cidrs": ["203.0.113.0/24"]})
    for (_, open_), (_, closed) in zip(dev.regional(), restricted.regional(), strict=True):
        assert "DenyOtherAddresses" not in local(open_, open_.one(API)["policy"])
        assert "203.0.113.0/24" in local(closed, closed.one(API)["policy"])


def test_without_the_api_nothing_of_it_is_there(variation: Variation) -> None:
    """R-B7: the switch; users stay, since they cannot be made anew."""
    off = variation("prod", api={"enabled": False})
    for _, stack in off.regional():
        assert not [each for each in stack.resources() if each.kind.startswith("aws_api_gateway")]
        assert not list(permissions(stack))
        names = {each["function_name"] for each in stack.resources("aws_lambda_function")}
        assert off.names.function("api") not in names
        assert not any(name.startswith("api_") for name in stack.outputs())
    assert off["foundation"].resources("aws_cognito_user_pool")
    roles = {each["name"] for each in off["foundation"].resources("aws_iam_role")}
    assert not {off.names.role("api", region) for region in off.regions} & roles


def test_the_account_knows_the_logging_role_before_a_stage_wants_to_log(dev: Synthesized) -> None:
    """R-C4: API Gateway refuses the stage otherwise."""
    for region in ("primary", "secondary"):
        assert "account" in dev.dependencies[region]
