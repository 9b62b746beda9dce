"""R-C4: stages, deployments and canaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.functions.making import make_function
from tests.embedded_aws.gateway.apis import (
    Api,
    document,
    heard,
    make_api,
    mock,
    permit,
    proxy,
    release,
    saying,
)

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws


def test_what_is_put_answers_when_it_is_deployed(aws: EmbeddedAws) -> None:
    """R-B7: a deployment is a snapshot."""
    api = make_api(aws, saying("blue"))

    api.put(saying("green"))
    before = heard(api, 3)
    api.deploy()

    assert before == {b"blue": 3}
    assert heard(api, 3) == {b"green": 3}


def test_a_canary_gets_its_share_of_requests_at_random(aws: EmbeddedAws) -> None:
    api = make_api(aws, saying("blue"))
    release(api, "green", 30)

    shares = heard(api, 400)

    # With 400 draws of 30 %, a share outside 18 % to 42 % comes once in ten million times
    assert 72 <= shares[b"green"] <= 168
    assert shares[b"green"] + shares[b"blue"] == 400
    for share, expected in ((0, {b"blue": 20}), (100, {b"green": 20})):
        api.patch("/canarySettings/percentTraffic", str(share))
        assert heard(api, 20) == expected


def test_a_canary_is_promoted_or_taken_back(aws: EmbeddedAws) -> None:
    api = make_api(aws, saying("blue"))
    green = release(api, "green", 100)

    api.patch("/canarySettings", operation="remove")
    taken_back = heard(api, 5)
    api.patch("/deploymentId", green)

    assert taken_back == {b"blue": 5}
    assert heard(api, 5) == {b"green": 5}


def test_a_canary_is_deployed_and_promoted_as_aws_describes_it(aws: EmbeddedAws) -> None:
    """R-C4: CreateDeployment with canary settings, then the three patches of a promotion."""
    api = make_api(aws, saying("blue"))
    api.patch("/variables/kept", "1")
    api.put(saying("green"))
    green = api.client.create_deployment(
        restApiId=api.id,
        stageName=api.stage,
        canarySettings={"percentTraffic": 0.0, "stageVariableOverrides": {"own": "2"}},
    )["id"]
    before = heard(api, 3)

    promotion = [
        {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "0.0"},
        {
            "op": "copy",
            "from": "/canarySettings/stageVariableOverrides",
            "path": "/variables",
        },
        {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"},
    ]
    stage = api.client.update_stage(
        restApiId=api.id, stageName=api.stage, patchOperations=promotion
    )

    assert before == {b"blue": 3}
    assert (stage["deploymentId"], stage["variables"]) == (green, {"kept": "1", "own": "2"})
    assert heard(api, 3) == {b"green": 3}


def test_a_deployment_to_a_stage_keeps_its_settings(aws: EmbeddedAws) -> None:
    """R-C4."""
    api = make_api(aws, saying("blue"))
    api.patch("/variables/kept", "1")
    api.patch("/*/*/throttling/burstLimit", "7")
    api.put(saying("green"))

    api.client.create_deployment(restApiId=api.id, stageName=api.stage, variables={"new": "2"})

    stage = api.client.get_stage(restApiId=api.id, stageName=api.stage)
    assert stage["variables"] == {"kept": "1", "new": "2"}
    assert stage["methodSettings"]["*/*"]["throttlingBurstLimit"] == 7
    assert heard(api, 3) == {b"green": 3}
    api.client.create_deployment(restApiId=api.id, stageName="another")
    assert Api(aws, api.id, "another").call("GET", "/").body == b"green"


def test_a_canary_has_stage_variables_of_its_own(aws: EmbeddedAws) -> None:
    """R-E3: the canary calls another alias, with the same deployment."""
    source = "def handler(e, c): return {'body': e['stageVariables']['alias'] + c.function_version}"
    function = make_function(aws, source)
    client = aws.client("lambda")
    for alias in ("blue", "green"):
        client.update_function_configuration(FunctionName=function, Description=alias)
        version = client.publish_version(FunctionName=function)["Version"]
        client.create_alias(FunctionName=function, Name=alias, FunctionVersion=version)
    operation = proxy(aws, f"{function}:${{stageVariables.alias}}")
    api = make_api(aws, document({"/": {"get": operation}}))
    for alias in ("blue", "green"):
        permit(aws, function, f"{api.arn}/*", alias)
    api.patch("/variables/alias", "blue")
    api.patch("/canarySettings/stageVariableOverrides/alias", "green")

    before = heard(api, 5)
    api.patch("/canarySettings/percentTraffic", "100")

    assert before == {b"blue1": 5}
    assert heard(api, 5) == {b"green2": 5}


def test_a_deployment_in_use_stays(aws: EmbeddedAws) -> None:
    api = make_api(aws, saying("blue"))
    blue = api.client.get_stage(restApiId=api.id, stageName=api.stage)["deploymentId"]
    green = release(api, "green", 10)

    for deployment in (blue, green):
        with pytest.raises(ClientError, match="Active stages pointing to this deployment"):
            api.client.delete_deployment(restApiId=api.id, deploymentId=deployment)
    api.patch("/canarySettings", operation="remove")
    api.client.delete_deployment(restApiId=api.id, deploymentId=green)

    assert heard(api, 1) == {b"blue": 1}


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("/deploymentId", "nothing", "Deployment id does not exist"),
        ("/canarySettings/deploymentId", "nothing", "Deployment id does not exist"),
        ("/canarySettings/percentTraffic", "101", "between 0.0 and 100.0"),
        ("/canarySettings/percentTraffic", "many", "between 0.0 and 100.0"),
        ("/accessLogSettings/format", "$context.status", "CloudWatch Logs role ARN must be set"),
        ("/*/*/logging/loglevel", "INFO", "CloudWatch Logs role ARN must be set"),
        ("/nonsense", "1", "Invalid patch path"),
    ],
)
def test_a_wrong_change_of_a_stage_changes_nothing(
    aws: EmbeddedAws, path: str, value: str, reason: str
) -> None:
    aws.client("apigateway").update_account(
        patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": ""}]
    )
    api = make_api(aws, saying("blue"))
    before = api.client.get_stage(restApiId=api.id, stageName=api.stage)

    with pytest.raises(ClientError, match=reason):
        api.patch(path, value)

    after = api.client.get_stage(restApiId=api.id, stageName=api.stage)
    assert {k: v for k, v in after.items() if k != "ResponseMetadata"} == {
        k: v for k, v in before.items() if k != "ResponseMetadata"
    }
    assert heard(api, 1) == {b"blue": 1}


def test_an_api_without_integrations_is_not_deployed(aws: EmbeddedAws) -> None:
    api = make_api(aws, saying("blue"))

    with pytest.raises(ClientError, match="No integration defined"):
        api.deploy(document({"/": {"get": {"responses": {}}}}))

    assert heard(api, 1) == {b"blue": 1}


def test_a_document_that_is_wrong_leaves_the_api_as_it_was(aws: EmbeddedAws) -> None:
    api = make_api(aws, saying("blue"))
    wrong = [
        document({"/": {"get": mock(security=[{"nobody": []}])}}),
        document({"/": {"get": {**mock(), "x-amazon-apigateway-request-validator": "none"}}}),
        document({"/": {"get": {"x-amazon-apigateway-integration": {"type": "magic"}}}}),
        document({"/": {"get": {"requestBody": {"$ref": "#/components/x"}, **mock()}}}),
        {**document({}), "openapi": "2.0"},
    ]
    too_long = mock()
    too_long["x-amazon-apigateway-integration"]["timeoutInMillis"] = 29_001
    for content in (*wrong, document({"/": {"get": too_long}})):
        with pytest.raises(ClientError, match="BadRequestException"):
            api.put(content)

    api.deploy()

    assert heard(api, 1) == {b"blue": 1}
