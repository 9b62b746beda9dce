"""R-E4: a definition that is wrong, or uses what is not run here, is refused when it is created."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.functions.making import unique
from tests.embedded_aws.workflows.machines import chain, make_machine, states

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws

INVOKE = "arn:aws:states:::lambda:invoke"
END = {"End": True}


def call(resource: str = INVOKE, **more: Any) -> dict[str, Any]:
    given = {"Parameters": {"FunctionName": "f"}} if resource == INVOKE else {}
    return chain(A={"Type": "Task", "Resource": resource, **given, **more})


def choose(**rule: Any) -> dict[str, Any]:
    return chain(
        A={"Type": "Choice", "Choices": [{**rule, "Next": "B"}]},
        B={"Type": "Succeed"},
    )


WRONG: list[tuple[Any, str]] = [
    ({"States": {"A": {"Type": "Succeed"}}}, "at /StartAt"),
    ({"StartAt": "A", "States": {}}, "at least one state"),
    ({"StartAt": "B", "States": {"A": {"Type": "Succeed"}}}, "'B'; there are: A at /StartAt"),
    ({**chain(A={"Type": "Succeed"}), "QueryLanguage": "JSONata"}, "only 'JSONPath'"),
    ({**chain(A={"Type": "Succeed"}), "Extra": 1}, "Field 'Extra' is not supported"),
    ({**chain(A={"Type": "Succeed"}), "TimeoutSeconds": 0}, "at /TimeoutSeconds"),
    (chain(A={"Type": "Pass", "Next": "B"}), "Missing 'Next' target: 'B'"),
    (chain(A={"Type": "Succeed"}, B={"Type": "Succeed"}), "State 'B' is not reachable"),
    (chain(A={"Type": "Activity"}), "Type = 'Activity' must be one of Task, Pass"),
    (chain(A={"Type": "Pass", "Output": 1}), "Field 'Output' is not supported in a state of type"),
    (chain(A={"Type": "Pass", "Assign": {}}), "Field 'Assign' is not supported"),
    (chain(A={"Type": "Pass", "QueryLanguage": "JSONata"}), "at /States/A/QueryLanguage"),
    (chain(A={"Type": "Pass", "InputPath": "a"}), "at /States/A/InputPath"),
    (chain(A={"Type": "Pass", "InputPath": "States.UUID()"}), "must be a path"),
    (chain(A={"Type": "Pass", "InputPath": "$.a["}), "a bracket is not closed"),
    (chain(A={"Type": "Pass", "ResultPath": "$.a[*]"}), "must be a reference path"),
    (chain(A={"Type": "Pass", "Parameters": {"a.$": 1}}), "at /States/A/Parameters/a.$"),
    (chain(A={"Type": "Pass", "Parameters": {"a.$": "States.No()"}}), "no intrinsic function"),
    (chain(A={"Type": "Pass", "Parameters": {"a.$": "$.b.length()"}}), "are not run here"),
    (chain(A={"Type": "Pass", "Parameters": {"a.$": "$b"}}), "variables are not run here"),
    (chain(A={"Type": "Wait", "Seconds": 1, "Timestamp": "2030-01-01T00:00:00Z"}), "has one of"),
    (chain(A={"Type": "Wait", "Seconds": -1}), "Seconds = -1 must be a whole number from 0"),
    (chain(A={"Type": "Wait", "Timestamp": "tomorrow"}), "must be a timestamp"),
    (chain(A={"Type": "Fail", "Error": "e", "ErrorPath": "$.e"}), "either Error or ErrorPath"),
    (call("arn:aws:states:us-east-1:123456789012:activity:x"), "does not run the resource"),
    (call("arn:aws:states:::ecs:runTask"), "of the optimized integrations, it has dynamodb:del"),
    (call("arn:aws:states:::lambda:invoke.waitForTaskToken"), "'.waitForTaskToken'"),
    (call("arn:aws:states:::states:startExecution.sync:2"), "only request and response"),
    (call("arn:aws:states:::aws-sdk:nothing:get"), "there is no service 'nothing'"),
    (call("arn:aws:states:::aws-sdk:s3:get"), "s3 has no action 'get'"),
    (call(Parameters={"FunctionName": "f", "Color": 1}), "field 'Color' is not supported"),
    (call(Parameters={"Payload": {}}), "The field 'FunctionName' is required but was missing"),
    (call(HeartbeatSeconds=5), "Field 'HeartbeatSeconds' is not supported"),
    (call(Credentials={}), "Field 'Credentials' is not supported"),
    (call(TimeoutSeconds="1"), "TimeoutSeconds = '1' must be a whole number"),
    (call(Retry=[{"ErrorEquals": []}]), "ErrorEquals must be a list of names"),
    (
        call(Retry=[{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["a"]}]),
        "States.ALL must stand alone, and in the last",
    ),
    (call(Retry=[{"ErrorEquals": ["a"], "BackoffRate": 0.5}]), "BackoffRate = 0.5"),
    (call(Retry=[{"ErrorEquals": ["a"], "JitterStrategy": "SOME"}]), "must be NONE or FULL"),
    (call(Catch=[{"ErrorEquals": ["a"]}]), "a catcher needs Next"),
    (choose(Variable="$.a", StringIs="b"), "one comparison operator"),
    (choose(Variable="a", StringEquals="b"), "must be a path"),
    (choose(Variable="$.a", NumericEquals="1"), "does not fit the operator"),
    (choose(And=[]), "And must be a list of rules"),
    (chain(A={"Type": "Map", **END}), "a Map state needs ItemProcessor"),
    (
        chain(
            A={
                "Type": "Map",
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED"},
                    **chain(B={"Type": "Succeed"}),
                },
            }
        ),
        "only 'INLINE'",
    ),
    (
        chain(A={"Type": "Parallel", "Branches": [chain(A={"Type": "Succeed"})]}),
        "DUPLICATE_STATE_NAME",
    ),
    (
        chain(A={"Type": "Parallel", "Branches": [chain(B={"Type": "Pass", "Next": "A"})]}),
        "at /States/A/Branches[0]/States/B/Next",
    ),
]


@pytest.mark.parametrize(("definition", "told"), WRONG, ids=[told for _, told in WRONG])
def test_a_wrong_definition_is_refused_with_its_place(
    aws: EmbeddedAws, definition: dict[str, Any], told: str
) -> None:
    with pytest.raises(ClientError) as refused:
        make_machine(aws, definition)

    error = refused.value.response["Error"]
    assert error["Code"] == "InvalidDefinition"
    assert error["Message"].startswith(
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED"
    )
    assert told in error["Message"]
    checked = states(aws).validate_state_machine_definition(definition=json.dumps(definition))
    assert checked["result"] == "FAIL"
    assert told in checked["diagnostics"][0]["message"]


def test_a_wrong_definition_does_not_replace_a_right_one(aws: EmbeddedAws) -> None:
    machine = make_machine(aws, chain(A={"Type": "Succeed"}))
    client = states(aws)

    with pytest.raises(ClientError, match="InvalidDefinition"):
        client.update_state_machine(stateMachineArn=machine, definition='{"StartAt": 1}')

    kept = client.describe_state_machine(stateMachineArn=machine)["definition"]
    assert json.loads(kept) == chain(A={"Type": "Succeed"})
    assert client.validate_state_machine_definition(definition=kept)["result"] == "OK"


def test_a_name_is_taken_by_another_definition(aws: EmbeddedAws) -> None:
    name = unique("machine")
    machine = make_machine(aws, chain(A={"Type": "Succeed"}), name=name)

    assert make_machine(aws, chain(A={"Type": "Succeed"}), name=name) == machine
    with pytest.raises(ClientError, match="StateMachineAlreadyExists"):
        make_machine(aws, chain(B={"Type": "Succeed"}), name=name)
