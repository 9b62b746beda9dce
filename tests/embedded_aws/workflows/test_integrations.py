"""R-E4: what Task states call besides functions, and what calls state machines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from embedded_aws.state import RUN, Fault
from tests.embedded_aws.functions.making import (
    eventually,
    make_function,
    make_queue,
    take,
    unique,
)
from tests.embedded_aws.workflows.machines import (
    INVOKE,
    chain,
    ended,
    failure,
    history,
    make_machine,
    run,
    start,
    trusting,
)
from tests.embedded_aws.workflows.test_tasks import ECHO, invoke, make_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedded_aws.server import EmbeddedAws


def task(resource: str, **parameters: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{resource}",
        "Parameters": parameters,
    }


@pytest.fixture
def faults() -> Iterator[list[Fault]]:
    """Return the run's faults, which are taken back at the end."""
    yield RUN.faults
    RUN.faults.clear()


def test_items_are_put_read_changed_and_deleted(aws: EmbeddedAws) -> None:
    table = make_table(aws)
    key = {"id": {"S.$": "$.id"}}
    definition = chain(
        Put={
            **task(
                "dynamodb:putItem",
                TableName=table,
                Item={**key, "n": {"N": "1"}},
                ConditionExpression="attribute_not_exists(id)",
            ),
            "ResultPath": None,
        },
        Change={
            **task(
                "dynamodb:updateItem",
                TableName=table,
                Key=key,
                UpdateExpression="SET n = n + :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            ),
            "ResultPath": None,
        },
        Get={
            **task("dynamodb:getItem", TableName=table, Key=key),
            "ResultSelector": {"n.$": "$.Item.n.N"},
            "ResultPath": "$.read",
        },
        Delete={
            **task("dynamodb:deleteItem", TableName=table, Key=key, ReturnValues="ALL_OLD"),
            "ResultPath": "$.deleted",
        },
    )
    machine = make_machine(aws, definition, ("dynamodb:*", "*"))

    output = run(aws, machine, {"id": "a"})

    assert output["read"] == {"n": "2"}
    assert output["deleted"]["Attributes"] == {"id": {"S": "a"}, "n": {"N": "2"}}
    aws.client("dynamodb").put_item(TableName=table, Item={"id": {"S": "b"}})
    error, cause = failure(aws, machine, {"id": "b"})
    assert error == "DynamoDB.ConditionalCheckFailedException"
    assert "The conditional request failed (Service: AmazonDynamoDBv2; Status Code: 400;" in cause


def test_messages_are_sent_published_and_put_as_events(aws: EmbeddedAws) -> None:
    url, queue = make_queue(aws)
    topic = aws.client("sns").create_topic(Name=unique("topic"))["TopicArn"]
    aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    told: list[str] = []

    def both() -> list[str]:
        told.extend(message["Body"] for message in take(aws, url))
        return sorted(told, key=len) if len(told) == 2 else []

    definition = chain(
        Send={
            **task("sqs:sendMessage", QueueUrl=url, **{"MessageBody.$": "$"}),
            "ResultPath": "$.sent",
        },
        Publish={
            **task("sns:publish", TopicArn=topic, Message={"told.$": "$.a"}),
            "ResultPath": "$.published",
        },
        Put={
            **task(
                "events:putEvents",
                Entries=[{"Source": "own", "DetailType": "Done", "Detail": {"a.$": "$.a"}}],
            ),
            "ResultPath": "$.put",
        },
    )
    machine = make_machine(
        aws, definition, (["sqs:SendMessage", "sns:Publish", "events:PutEvents"], "*")
    )

    output = run(aws, machine, {"a": 1})

    bodies = eventually(both)
    assert json.loads(bodies[0]) == {"a": 1}
    assert json.loads(json.loads(bodies[1])["Message"]) == {"told": 1}
    assert output["sent"]["MessageId"]
    assert output["published"]["MessageId"]
    assert output["put"]["FailedEntryCount"] == 0


def test_another_execution_is_started_and_not_waited_for(aws: EmbeddedAws) -> None:
    inner = make_machine(aws, chain(Rest={"Type": "Wait", "Seconds": 10}))
    definition = chain(
        Start=task(
            "states:startExecution",
            StateMachineArn=inner,
            Input={"from.$": "$$.Execution.Id"},
            **{"Name.$": "$.name"},
        )
    )
    machine = make_machine(aws, definition, ("states:StartExecution", "*"))

    output = run(aws, machine, {"name": "first"})

    found = ended(aws, output["ExecutionArn"])
    assert found["name"] == "first"
    assert json.loads(found["output"])["from"].startswith(
        machine.replace("stateMachine", "execution")
    )
    error, _ = failure(aws, machine, {"name": "first"})
    assert error == "StepFunctions.ExecutionAlreadyExistsException"


def test_any_action_is_called_by_its_name_in_the_sdk(aws: EmbeddedAws) -> None:
    """Members have capital letters, bytes are text, times are text."""
    bucket = unique("bucket")
    aws.client("s3").create_bucket(Bucket=bucket)
    other = make_machine(aws, chain(Done={"Type": "Succeed"}))
    name = {"Bucket": bucket, "Key": "k"}
    definition = chain(
        Put={**task("aws-sdk:s3:putObject", **name, Body="hello"), "ResultPath": None},
        Get={
            **task("aws-sdk:s3:getObject", **name),
            "ResultSelector": {"text.$": "$.Body", "at.$": "$.LastModified"},
            "ResultPath": "$.object",
        },
        Describe={
            **task("aws-sdk:sfn:describeStateMachine", StateMachineArn=other),
            "ResultSelector": {"name.$": "$.Name", "at.$": "$.CreationDate"},
            "ResultPath": "$.machine",
        },
        List={
            **task("aws-sdk:cloudwatchlogs:describeLogGroups", LogGroupNamePrefix="none"),
            "ResultPath": "$.groups",
        },
    )
    actions = ["s3:*", "states:DescribeStateMachine", "logs:DescribeLogGroups"]
    machine = make_machine(aws, definition, (actions, "*"))

    output = run(aws, machine)

    assert output["object"]["text"] == "hello"
    assert output["object"]["at"].startswith("20")
    assert output["machine"]["name"] == other.split(":")[6]
    assert output["groups"] == {"LogGroups": []}


@pytest.mark.parametrize(
    ("resource", "parameters", "error"),
    [
        (
            "aws-sdk:dynamodb:getItem",
            {"TableName": "none", "Key": {}},
            "DynamoDb.DynamoDbException",
        ),
        ("dynamodb:getItem", {"TableName": "none", "Key": {}}, "DynamoDB.AmazonDynamoDBException"),
        (
            "sqs:sendMessage",
            {"QueueUrl": "http://x/1/none", "MessageBody": ""},
            "SQS.AmazonSQSException",
        ),
        (
            "sns:publish",
            {"TopicArn": "arn:aws:sns:us-east-1:1:x", "Message": ""},
            "SNS.AuthorizationErrorException",
        ),
        ("aws-sdk:s3:listBuckets", {}, "S3.S3Exception"),
    ],
)
def test_what_the_role_may_not_do_has_the_services_own_error(
    aws: EmbeddedAws, resource: str, parameters: dict[str, Any], error: str
) -> None:
    machine = make_machine(aws, chain(Call=task(resource, **parameters)))

    found, cause = failure(aws, machine)

    assert found == error
    assert "is not authorized to perform" in cause


def test_an_error_of_the_sdk_has_the_name_of_its_model(aws: EmbeddedAws) -> None:
    key = {"id": {"S": "a"}}
    for resource, error in (
        ("aws-sdk:dynamodb:getItem", "DynamoDb.ResourceNotFoundException"),
        ("dynamodb:getItem", "DynamoDB.ResourceNotFoundException"),
    ):
        definition = chain(Call=task(resource, TableName="none", Key=key))
        machine = make_machine(aws, definition, ("dynamodb:*", "*"))
        assert failure(aws, machine)[0] == error


def test_faults_meet_the_calls_of_a_state_machine(aws: EmbeddedAws, faults: list[Fault]) -> None:
    role = trusting(aws, INVOKE)
    retry = [{"ErrorEquals": ["Lambda.ServiceException", "Lambda.SdkClientException"]}]
    definition = chain(Call=invoke(make_function(aws, ECHO), Retry=retry))
    machine = make_machine(aws, definition, role=role)
    name = role.rpartition("/")[2]
    faults.append(
        Fault(operation="lambda:Invoke", principal=name, status=500, code="ServiceException")
    )
    faults.append(Fault(kind="reset", operation="lambda:Invoke", principal=name))

    execution = start(aws, machine)

    assert ended(aws, execution)["status"] == "SUCCEEDED"
    failed = [e["taskFailedEventDetails"] for e in history(aws, execution) if "Failed" in e["type"]]
    assert [each["error"] for each in failed] == [
        "Lambda.ServiceException",
        "Lambda.SdkClientException",
    ]


def test_a_function_that_is_missing_too_busy_or_killed_has_its_error(aws: EmbeddedAws) -> None:
    busy = make_function(aws, ECHO)
    aws.client("lambda").put_function_concurrency(FunctionName=busy, ReservedConcurrentExecutions=0)
    dying = make_function(aws, "import os\ndef handler(event, context):\n    os._exit(1)")
    late = make_function(aws, "import time\ndef handler(e, c):\n    time.sleep(9)", Timeout=1)

    for name, error in (
        ("missing", "Lambda.ResourceNotFoundException"),
        (busy, "Lambda.TooManyRequestsException"),
        (dying, "Runtime.ExitError"),
        (late, "Sandbox.Timedout"),
    ):
        machine = make_machine(aws, chain(Call=invoke(name)), INVOKE)
        assert failure(aws, machine)[0] == error, name
