"""R-C4: stages, deployments and canaries."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.functions.making import eventually, make_function
from tests.embedded_aws.gateway.apis import Api, document, make_api, mock, permit, proxy

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws


def saying(text: str) -> dict[str, Any]:
    """Return a document whose GET / answers a text."""
    operation = mock()
    answer = operation["x-amazon-apigateway-integration"]["responses"]["default"]
    answer["responseTemplates"] = {"application/json": text}
    return document({"/": {"get": operation}})


def heard(api: Api, times: int) -> Counter[bytes]:
    return Counter(api.call("GET", "/").body for _ in range(times))


def release(api: Api, text: str, share: float, **overrides: str) -> str:
    """Deploy a new document to the canary of the stage, as a release does."""
    api.put(saying(text))
    green: str = api.client.create_deployment(restApiId=api.id)["id"]
    api.client.update_stage(
        restApiId=api.id,
        stageName=api.stage,
        patchOperations=[
            {"op": "replace", "path": "/canarySettings/deploymentId", "value": green},
            {"op": "replace", "path": "/canarySettings/percentTraffic", "value": str(share)},
            *(
                {
                    "op": "replace",
                    "path": f"/canarySettings/stageVariableOverrides/{name}",
                    "value": value,
                }
                for name, value in overrides.items()
            ),
        ],
    )
    return green


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


# What is written about requests


LOG_TRUST = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
"Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}]}"""


@pytest.fixture
def logging(aws: EmbeddedAws) -> None:
    """Let API Gateway write logs."""
    iam = aws.client("iam")
    name = "gateway-logging"
    if name not in [role["RoleName"] for role in iam.list_roles()["Roles"]]:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=LOG_TRUST)
        statement = '{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}'
        policy = f'{{"Version": "2012-10-17", "Statement": [{statement}]}}'
        iam.put_role_policy(RoleName=name, PolicyName="logs", PolicyDocument=policy)
    arn = f"arn:aws:iam::{aws.account}:role/{name}"
    aws.client("apigateway").update_account(
        patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": arn}]
    )


def lines(aws: EmbeddedAws, group: str, count: int) -> list[str]:
    logs = aws.client("logs")

    def look() -> list[str] | None:
        try:
            events = logs.filter_log_events(logGroupName=group)["events"]
        except logs.exceptions.ResourceNotFoundException:
            return None
        found = [event["message"] for event in events]
        return found if len(found) >= count else None

    found: list[str] = eventually(look)
    return found


@pytest.mark.usefixtures("logging")
def test_each_request_is_a_line_of_the_access_log(aws: EmbeddedAws) -> None:
    """R-B7, R-C4: by the stage's format; the canary's stand in a group of their own, too."""
    api = make_api(aws, saying("blue"))
    group = f"access-{api.id}"
    aws.client("logs").create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:us-east-1:{aws.account}:log-group:{group}"
    api.patch("/accessLogSettings/destinationArn", arn)
    api.patch(
        "/accessLogSettings/format",
        '{"m":"$context.httpMethod","p":"$context.resourcePath","s":$context.status,'
        '"ip":"$context.identity.sourceIp","e":"$context.error.message","k":"$context.nothing",'
        '"c":"$context.isCanaryRequest"}',
    )
    api.call("GET", "/")
    api.call("GET", "/nowhere")

    first, second = lines(aws, group, 2)
    assert first == ('{"m":"GET","p":"/","s":200,"ip":"127.0.0.1","e":"-","k":"-","c":"false"}')
    assert second == (
        '{"m":"GET","p":"-","s":403,"ip":"127.0.0.1","e":"Missing Authentication Token",'
        '"k":"-","c":"false"}'
    )
    release(api, "green", 100)
    api.call("GET", "/")
    assert '"c":"true"' in lines(aws, group, 3)[2]
    assert len(lines(aws, f"{group}/Canary", 1)) == 1


@pytest.mark.usefixtures("logging")
def test_failures_stand_in_the_execution_log(aws: EmbeddedAws) -> None:
    """R-C4: what the client is not told."""
    function = make_function(aws, "def handler(e, c): return 'malformed'")
    api = make_api(aws, document({"/": {"get": proxy(aws, function)}}))
    api.patch("/*/*/logging/loglevel", "ERROR")
    group = f"API-Gateway-Execution-Logs_{api.id}/{api.stage}"

    api.call("GET", "/")
    permit(aws, function, f"{api.arn}/*")
    api.call("GET", "/")

    refused, malformed = lines(aws, group, 2)
    assert "Invalid permissions on Lambda function" in refused
    assert "Malformed Lambda proxy response" in malformed


def sums(aws: EmbeddedAws, name: str, metric: str, stage: str) -> float:
    import datetime  # noqa: PLC0415

    now = datetime.datetime.now(datetime.UTC)
    found = aws.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/ApiGateway",
        MetricName=metric,
        Dimensions=[{"Name": "ApiName", "Value": name}, {"Name": "Stage", "Value": stage}],
        StartTime=now - datetime.timedelta(minutes=10),
        EndTime=now + datetime.timedelta(minutes=10),
        Period=3600,
        Statistics=["Sum", "SampleCount"],
    )["Datapoints"]
    return float(sum(point["Sum"] for point in found))


def test_requests_are_counted_by_api_and_stage(aws: EmbeddedAws) -> None:
    """R-B10: what alarms look at; a canary's requests are told apart."""
    api = make_api(aws, saying("blue"))
    name = api.client.get_rest_api(restApiId=api.id)["name"]
    for path in ("/", "/", "/nowhere"):
        api.call("GET", path)

    eventually(lambda: sums(aws, name, "Count", "v1") == 3)
    assert sums(aws, name, "4XXError", "v1") == 1
    assert sums(aws, name, "5XXError", "v1") == 0
    assert sums(aws, name, "Count", "v1/Canary") == 0
    name = api.client.get_rest_api(restApiId=api.id)["name"]
    release(api, "green", 100)
    green = api.client.get_rest_api(restApiId=api.id)["name"]
    api.call("GET", "/")
    eventually(lambda: sums(aws, green, "Count", "v1/Canary") == 1)
    assert sums(aws, green, "Count", "v1") == 1
