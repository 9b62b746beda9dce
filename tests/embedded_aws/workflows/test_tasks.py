"""R-E4: Task states really call, with the role of their state machine; Retry and Catch decide."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from embedded_aws.state import RUN
from tests.embedded_aws.functions.making import make_function, unique
from tests.embedded_aws.workflows.machines import (
    INVOKE,
    chain,
    ended,
    failure,
    history,
    kinds,
    make_machine,
    run,
    start,
    trusting,
)

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws

ECHO = (
    "def handler(event, context):\n    return {'got': event, 'arn': context.invoked_function_arn}"
)
FLAKY = """
import boto3
def handler(event, context):
    count = boto3.client('dynamodb').update_item(
        TableName=event['table'], Key={'id': {'S': 'count'}}, UpdateExpression='ADD n :one',
        ExpressionAttributeValues={':one': {'N': '1'}}, ReturnValues='ALL_NEW')
    number = int(count['Attributes']['n']['N'])
    if number <= event['failures']:
        raise RuntimeError('not yet')
    return number
"""


def invoke(name: str, **more: Any) -> dict[str, Any]:
    """Return a Task state that invokes a function with its whole input."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": name, "Payload.$": "$"},
        **more,
    }


def make_table(aws: EmbeddedAws) -> str:
    name = unique("table")
    aws.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def test_a_function_is_invoked_and_its_answer_is_the_result(aws: EmbeddedAws) -> None:
    name = make_function(aws, ECHO)
    machine = make_machine(aws, chain(Call=invoke(name)), INVOKE)

    output = run(aws, machine, {"a": 1})

    assert output["Payload"]["got"] == {"a": 1}
    assert output["StatusCode"] == 200
    assert output["ExecutedVersion"] == "$LATEST"
    assert output["SdkHttpMetadata"]["HttpStatusCode"] == 200


def test_the_workflow_of_a_request_ends_with_its_item(aws: EmbeddedAws) -> None:
    """R-E4: functions, a choice, an update of an item and the end of it."""
    table = make_table(aws)
    name = make_function(aws, "def handler(e, c):\n    return {'isValid': e['good']}")
    record = {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:updateItem",
        "Parameters": {
            "TableName": table,
            "Key": {"id": {"S.$": "$.id"}},
            "UpdateExpression": "SET #s = :s, reason = :r",
            "ExpressionAttributeNames": {"#s": "status"},
            "ExpressionAttributeValues": {
                ":s": {"S": "FAILED"},
                ":r": {"S.$": "States.JsonToString($.validation)"},
            },
        },
        "ResultPath": None,
    }
    definition = chain(
        Validate=invoke(
            name,
            ResultPath="$.validation",
            ResultSelector={"isValid.$": "$.Payload.isValid"},
            Next="Check",
        ),
        Check={
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.validation.isValid", "BooleanEquals": True, "Next": "Done"}
            ],
            "Default": "Record",
        },
        Record={**record, "Next": "Wrong"},
        Wrong={"Type": "Fail", "Error": "ValidationError", "Cause": "not valid"},
        Done={"Type": "Succeed"},
    )
    machine = make_machine(aws, definition, INVOKE, ("dynamodb:UpdateItem", "*"))

    assert run(aws, machine, {"id": "1", "good": True}) == {
        "id": "1",
        "good": True,
        "validation": {"isValid": True},
    }
    assert failure(aws, machine, {"id": "2", "good": False}) == ("ValidationError", "not valid")
    item = aws.client("dynamodb").get_item(TableName=table, Key={"id": {"S": "2"}})["Item"]
    assert item["status"] == {"S": "FAILED"}
    assert item["reason"] == {"S": '{"isValid":false}'}


def test_a_retrier_tries_again_until_it_works(aws: EmbeddedAws) -> None:
    table = make_table(aws)
    name = make_function(aws, FLAKY, ("dynamodb:UpdateItem", "*"))
    retry = {"ErrorEquals": ["RuntimeError"], "IntervalSeconds": 1, "MaxAttempts": 2}
    machine = make_machine(aws, chain(Call=invoke(name, Retry=[retry])), INVOKE)

    execution = start(aws, machine, {"table": table, "failures": 2})

    assert json.loads(ended(aws, execution)["output"])["Payload"] == 3
    assert kinds(aws, execution) == [
        "ExecutionStarted",
        "TaskStateEntered",
        *("TaskScheduled", "TaskStarted", "TaskFailed") * 2,
        *("TaskScheduled", "TaskStarted", "TaskSucceeded"),
        "TaskStateExited",
        "ExecutionSucceeded",
    ]


def test_a_retrier_gives_up_and_a_catcher_takes_over(aws: EmbeddedAws) -> None:
    name = make_function(aws, "def handler(e, c):\n    raise KeyError('never')")
    state = invoke(
        name,
        Retry=[{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 1}],
        Catch=[
            {"ErrorEquals": ["States.Timeout"], "Next": "Bad"},
            {"ErrorEquals": ["KeyError"], "ResultPath": "$.failure", "Next": "Good"},
        ],
        Next="Bad",
    )
    definition = chain(Call=state, Bad={"Type": "Fail"}, Good={"Type": "Succeed"})
    machine = make_machine(aws, definition, INVOKE)

    execution = start(aws, machine, {"kept": True})
    output = json.loads(ended(aws, execution)["output"])

    assert output["kept"] is True
    assert kinds(aws, execution).count("TaskFailed") == 2
    assert output["failure"]["Error"] == "KeyError"
    assert json.loads(output["failure"]["Cause"])["errorMessage"] == "'never'"


def test_a_missing_permission_fails_the_state_and_is_reported(aws: EmbeddedAws) -> None:
    name = make_function(aws, ECHO)
    machine = make_machine(aws, chain(Call=invoke(name)))

    error, cause = failure(aws, machine)

    assert error == "Lambda.AWSLambdaException"
    assert "is not authorized to perform: lambda:InvokeFunction" in cause
    assert "Error Code: AccessDeniedException" in cause
    assert any(d.action == "lambda:InvokeFunction" and name in d.resource for d in RUN.denied)


@pytest.mark.parametrize("qualifier", ["1", "live"])
def test_a_version_or_alias_is_invoked(aws: EmbeddedAws, qualifier: str) -> None:
    name = make_function(aws, ECHO)
    client = aws.client("lambda")
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    machine = make_machine(aws, chain(Call=invoke(f"{name}:{qualifier}")), INVOKE)

    output = run(aws, machine)

    assert output["ExecutedVersion"] == "1"
    assert output["Payload"]["arn"].endswith(f":{name}:{qualifier}")


def test_an_arn_of_a_function_is_a_resource(aws: EmbeddedAws) -> None:
    name = make_function(aws, ECHO)
    arn = aws.client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    machine = make_machine(aws, chain(Call={"Type": "Task", "Resource": arn}), INVOKE)

    execution = start(aws, machine, {"a": 1})

    assert json.loads(ended(aws, execution)["output"])["got"] == {"a": 1}
    events = {event["type"]: event for event in history(aws, execution)}
    assert events["LambdaFunctionScheduled"]["lambdaFunctionScheduledEventDetails"] == {
        "resource": arn,
        "input": '{"a":1}',
        "inputDetails": {"truncated": False},
    }
    assert "LambdaFunctionSucceeded" in events


def test_a_role_that_trusts_step_functions_no_longer_cannot_be_used(aws: EmbeddedAws) -> None:
    name = make_function(aws, ECHO)
    role = trusting(aws, INVOKE)
    machine = make_machine(aws, chain(Call=invoke(name)), role=role)
    document = aws.client("iam").get_role(RoleName=role.rpartition("/")[2])["Role"]
    changed = json.dumps(document["AssumeRolePolicyDocument"]).replace("states.", "events.")
    aws.client("iam").update_assume_role_policy(
        RoleName=role.rpartition("/")[2], PolicyDocument=changed
    )

    error, cause = failure(aws, machine)

    assert error == "States.TaskFailed"
    assert "authorized to assume the provided role" in cause
