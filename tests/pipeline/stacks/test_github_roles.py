"""R-C7 R-F7: whose jobs may assume the roles for plans and deploys, and what these may do."""

import fnmatch
import json
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from tests.pipeline.stacks.conftest import Variation
from tests.pipeline.stacks.synthesized import Resource, Synthesized

ROOT = Path(__file__).resolve().parents[3]
ISSUER = "token.actions.githubusercontent.com"


@pytest.fixture(scope="module")
def admitted(variation: Variation) -> Synthesized:
    return variation("prod", ci={"repository": "example/pipeline"})


def role(synthesized: Synthesized, name: str) -> Resource:
    full = f"serverless-{name}-prod-us-east-1"
    return synthesized["account"].one("aws_iam_role", name=full)


def statements(synthesized: Synthesized, name: str) -> list[dict[str, Any]]:
    address = role(synthesized, name).address
    return synthesized["account"].one("aws_iam_role_policy", role=f"${{{address}.name}}").policy()


def actions(synthesized: Synthesized, name: str) -> list[str]:
    listed = (each["Action"] for each in statements(synthesized, name))
    return [action for each in listed for action in ([each] if isinstance(each, str) else each)]


def test_without_a_repository_nobody_is_admitted(both: Synthesized) -> None:
    for stack in both.stacks:
        assert not both[stack].any_resources("aws_iam_openid_connect_provider")


@pytest.mark.parametrize(
    ("name", "jobs"), [("ci-plan", "pull_request"), ("ci-deploy", "environment:prod")]
)
def test_a_role_is_assumed_by_jobs_of_this_repository_and_kind_alone(
    admitted: Synthesized, name: str, jobs: str
) -> None:
    """Without a wildcard, which another repository or branch could match."""
    provider = admitted["account"].one("aws_iam_openid_connect_provider")
    assert provider["url"] == f"https://{ISSUER}"
    assert provider["client_id_list"] == ["sts.amazonaws.com"]

    (statement,) = json.loads(role(admitted, name)["assume_role_policy"])["Statement"]

    assert statement["Principal"] == {"Federated": f"${{{provider.address}.arn}}"}
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {
        "StringEquals": {
            f"{ISSUER}:aud": "sts.amazonaws.com",
            f"{ISSUER}:sub": f"repo:example/pipeline:{jobs}",
        }
    }


@pytest.mark.parametrize(
    "action",
    [
        "dynamodb:GetItem",
        "dynamodb:Scan",
        "dynamodb:PutItem",
        "logs:GetLogEvents",
        "logs:FilterLogEvents",
        "secretsmanager:PutSecretValue",
        "s3:PutObject",
        "sqs:ReceiveMessage",
        "kms:Decrypt",
        "lambda:InvokeFunction",
        "lambda:UpdateAlias",
        "iam:PassRole",
        "sts:AssumeRole",
        "states:GetExecutionHistory",
    ],
)
def test_plans_read_no_data_and_change_nothing(admitted: Synthesized, action: str) -> None:
    granted = actions(admitted, "ci-plan")

    assert not [each for each in granted if fnmatch.fnmatchcase(action, each)]


def test_plans_read_objects_of_states_and_packages_only(admitted: Synthesized) -> None:
    for statement in statements(admitted, "ci-plan"):
        given = json.dumps(statement["Action"])
        resources = statement["Resource"]
        if "s3:GetObject" in given:
            assert len(resources) == 4
            assert all("terraform-state" in each or "artifacts" in each for each in resources)


@pytest.mark.parametrize("api_key", [True, False])
def test_plans_get_the_secrets_that_terraform_asks_for_and_no_others(
    variation: Variation, api_key: bool
) -> None:
    """The first value of each, and the API's key in both regions, which regional stacks look up."""
    made = variation("prod", ci={"repository": "example/pipeline"}, api={"api_key": api_key})
    given = [each for each in statements(made, "ci-plan") if "GetSecretValue" in str(each)]

    (statement,) = given
    assert statement["Action"] == "secretsmanager:GetSecretValue"
    beginning = "arn:aws:secretsmanager"
    pipeline = f"{beginning}:us-east-1:777788889999:secret:serverless-pipeline-prod-??????"
    keys = [
        f"{beginning}:{region}:777788889999:secret:serverless-api-key-prod-??????"
        for region in ("us-east-1", "us-west-2")
    ]
    assert statement["Resource"] == [pipeline, *keys]
    looked_up = [
        each
        for stack in ("primary", "secondary")
        for each in made[stack].any_resources("aws_secretsmanager_secret_version", "data")
    ]
    assert len(looked_up) == (2 if api_key else 0)


def test_credentials_of_a_deploy_last_as_long_as_its_job_may(admitted: Synthesized) -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8"))
    for job in workflow["jobs"].values():
        (asked,) = [each["with"]["seconds"] for each in job["steps"] if "with" in each]
        assert job["timeout-minutes"] * 60 <= asked
        assert role(admitted, "ci-deploy")["max_session_duration"] == asked
    assert not role(admitted, "ci-plan").get("max_session_duration")


def deployable(synthesized: Synthesized) -> list[str]:
    """The roles that the role for deploys may change, by the policy of its statement on them."""
    name = synthesized.names.role("ci-deploy", synthesized.regions[0])
    account = synthesized["account"]
    address = account.one("aws_iam_role", name=name).address
    policy = account.one("aws_iam_role_policy", role=f"${{{address}.name}}").policy()
    (found,) = [each["Resource"] for each in policy if "iam:*" in str(each["Action"])]
    assert f"oidc-provider/{ISSUER}" in found[-1]
    return list(found[:-1])


# In regions with long names a long name of a role ends in a hash.
LONG = {
    "naming": {"pattern": "{team}-{project}-{resource}-{environment}", "suffix": "blueblue"},
    "regions": {"primary": "ap-southeast-1", "secondary": "ap-northeast-1"},
}


@pytest.mark.parametrize("changes", [{}, LONG])
def test_deploys_change_the_roles_of_their_own_environment_alone(
    variation: Variation, changes: dict[str, Any]
) -> None:
    """All of them, and no other environment's of the account."""
    ours = variation("prod", ci={"repository": "example/pipeline"}, **changes)
    others = variation("staging", **changes)
    allowed = deployable(ours)

    def covered(synthesized: Synthesized) -> dict[str, bool]:
        names = [one["name"] for one in synthesized.every_resource() if one.kind == "aws_iam_role"]
        arns = {name: f"arn:aws:iam::777788889999:role/{name}" for name in names}
        return {n: any(fnmatch.fnmatchcase(arns[n], each) for each in allowed) for n in names}

    assert all(covered(ours).values()), covered(ours)
    assert not any(covered(others).values()), covered(others)
    if not changes:
        ending = "role/serverless-api-eu-prod-us-east-1"  # of an environment eu-prod
        eu = f"arn:aws:iam::777788889999:{ending}"
        assert not any(fnmatch.fnmatchcase(eu, each) for each in allowed)


def test_deploys_may_do_something_in_every_service_that_the_stacks_have(
    admitted: Synthesized,
) -> None:
    """What a stack has of a service that is missing here could not be deployed."""
    services = {each.partition(":")[0] for each in actions(admitted, "ci-deploy")}
    prefixes = {
        "api": "apigateway",
        "cloudwatch": "cloudwatch",
        "cognito": "cognito-idp",
        "dynamodb": "dynamodb",
        "iam": "iam",
        "kms": "kms",
        "lambda": "lambda",
        "s3": "s3",
        "secretsmanager": "secretsmanager",
        "sfn": "states",
        "sns": "sns",
        "sqs": "sqs",
    }

    found = {each.kind.split("_")[1] for each in admitted.every_resource()}

    assert {prefixes[each] for each in found} <= services


def test_the_stack_tells_the_roles(admitted: Synthesized) -> None:
    """R-A15."""
    outputs = admitted["account"].outputs()
    for name in ("plan", "deploy"):
        address = role(admitted, f"ci-{name}").address
        assert outputs[f"ci_{name}_role_arn"] == f"${{{address}.arn}}"
