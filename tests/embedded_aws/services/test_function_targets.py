"""S3 and EventBridge invoke functions that let them, and only those."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.services.eventually import eventually
from tests.embedded_aws.services.test_eventbridge_rules import EAST, Queue

SOURCE = """
import json, os
import boto3
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["URL"], MessageBody=json.dumps(event))
"""


@pytest.fixture
def seen(aws: Any, name: str) -> Queue:
    return Queue(aws, f"{name}-seen")


@pytest.fixture
def function(aws: Any, name: str, seen: Queue) -> str:
    iam = aws.client("iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    statement = {
        "Effect": "Allow",
        "Action": ["sqs:SendMessage", "logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": "*",
    }
    iam.put_role_policy(
        RoleName=name,
        PolicyName="send",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("app.py", SOURCE)
    arn: str = aws.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=role["Role"]["Arn"],
        Handler="app.handler",
        Timeout=30,
        Code={"ZipFile": archive.getvalue()},
        Environment={"Variables": {"URL": seen.url}},
    )["FunctionArn"]
    return arn


def _permit(aws: Any, name: str, service: str, source_arn: str) -> None:
    aws.client("lambda").add_permission(
        FunctionName=name,
        StatementId="in",
        Action="lambda:InvokeFunction",
        Principal=service,
        SourceArn=source_arn,
    )


def test_s3_invokes_a_function_that_permits_the_bucket(
    aws: Any, name: str, function: str, seen: Queue
) -> None:
    """R-D1, R-D4."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=name)
    configuration = {
        "LambdaFunctionConfigurations": [
            {"LambdaFunctionArn": function, "Events": ["s3:ObjectCreated:*"]}
        ]
    }

    def configure() -> None:
        s3.put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration=configuration
        )

    with pytest.raises(ClientError, match="Unable to validate"):
        configure()
    _permit(aws, name, "s3.amazonaws.com", f"arn:aws:s3:::{name}")
    configure()
    s3.put_object(Bucket=name, Key="a b.json", Body=b"{}")

    (message,) = eventually(seen.messages, 60)
    record = json.loads(message["Body"])["Records"][0]
    assert record["s3"]["object"]["key"] == "a+b.json"


def test_a_rule_invokes_a_function_that_permits_it(
    aws: Any, name: str, function: str, seen: Queue
) -> None:
    events = aws.client("events", EAST)
    rule = events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))["RuleArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "f", "Arn": function}])
    entry = {"Source": name, "DetailType": "t", "Detail": '{"n": 1}'}
    events.put_events(Entries=[entry])
    assert eventually(lambda: [d for d in aws.state.denied if d.resource == function])
    aws.state.denied.clear()
    _permit(aws, name, "events.amazonaws.com", rule)
    events.put_events(Entries=[{**entry, "Detail": '{"n": 2}'}])

    (message,) = eventually(seen.messages, 60)
    assert json.loads(message["Body"])["detail"] == {"n": 2}
