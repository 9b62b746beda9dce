"""R-B7, R-B10, R-C4: access logs, execution logs and metrics of a stage."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import pytest

from tests.embedded_aws.functions.making import eventually, make_function
from tests.embedded_aws.gateway.apis import document, make_api, permit, proxy, release, saying

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws

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
