"""The call of a Task state: over HTTP, with credentials of the state machine's own role.

Sources: Step Functions Developer Guide, "Invoke an AWS Lambda function with Step Functions",
"Perform DynamoDB CRUD operations with Step Functions", "Handling errors in Step Functions
workflows".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from embedded_aws import credentials
from embedded_aws.iam import may_assume
from embedded_aws.state import RUN
from embedded_aws.workflows.errors import RUNTIME, TASK_FAILED, StateError
from embedded_aws.workflows.intrinsic_functions import text_of
from embedded_aws.workflows.parameters import from_api, to_api

if TYPE_CHECKING:
    from embedded_aws.workflows.resources import Resource

STATES = "states.amazonaws.com"
UNKNOWN_ERRORS = {
    "dynamodb": "AmazonDynamoDBException",
    "events": "AmazonEventBridgeException",
    "lambda": "AWSLambdaException",
    "sns": "AmazonSNSException",
    "sqs": "AmazonSQSException",
    "states": "AWSStepFunctionsException",
}
"""What optimized integrations call an error that the operation's model does not name."""
SERVICES = {
    "dynamodb": "AmazonDynamoDBv2",
    "events": "AmazonCloudWatchEvents",
    "lambda": "AWSLambda",
    "sns": "AmazonSNS",
    "sqs": "AmazonSQS",
    "states": "AWSStepFunctions",
}


def run(resource: Resource, parameters: Any, role_arn: str, region: str, machine: str) -> Any:
    """Make the call and return what the state's result is.

    Parameters
    ----------
    resource
        What is called.
    parameters
        The effective input of the state.
    role_arn
        The state machine's role.
    region
        Where the execution runs.
    machine
        ARN of the state machine.

    Raises
    ------
    StateError
        With the name that Step Functions gives to the service's or the function's error.
    """
    if not may_assume(role_arn, STATES, source_arn=machine):
        RUN.deny(STATES, "sts:AssumeRole", role_arn, "its trust policy does not allow it")
        raise StateError(
            TASK_FAILED,
            f"Neither the global service principal {STATES}, nor the regional one is authorized to "
            "assume the provided role.",
        )
    given = parameters
    if resource.kind == "function":
        given = {"FunctionName": resource.arn, "Payload": parameters}
        region = resource.arn.split(":")[3]
    if not isinstance(given, dict):
        raise StateError(RUNTIME, "The parameters of a task must be an object")
    shape = resource.model.input_shape
    client = credentials.client(resource.service, region, role_arn, machine.split(":")[6])
    try:
        answered = getattr(client, resource.method)(**to_api(shape, given))
        return _result(resource, answered)
    except ParamValidationError as wrong:
        raise StateError(RUNTIME, str(wrong)) from wrong
    except ClientError as refused:
        raise _service_error(resource, refused) from refused
    except (BotoCoreError, OSError) as broken:
        raise StateError(f"{resource.error_prefix}.SdkClientException", str(broken)) from broken


def _result(resource: Resource, answered: dict[str, Any]) -> Any:
    metadata = answered.pop("ResponseMetadata", {})
    shape = resource.model.output_shape
    found = from_api(shape, answered) if shape is not None else {}
    if resource.service == "lambda" and resource.kind != "aws-sdk":
        found["Payload"] = _payload(found.get("Payload", ""))
        if "FunctionError" in found:
            raise _function_error(found["Payload"])
        if resource.kind == "function":
            return found["Payload"]
    if resource.kind == "aws-sdk":
        return found
    if resource.action == "putEvents" and found.get("FailedEntryCount"):
        raise StateError("EventBridge.FailedEntry", text_of(found))
    headers = {str(name): str(value) for name, value in metadata.get("HTTPHeaders", {}).items()}
    return {
        **found,
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": metadata.get("HTTPStatusCode"),
        },
        "SdkResponseMetadata": {"RequestId": metadata.get("RequestId", "")},
    }


def _payload(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


def _function_error(payload: Any) -> StateError:
    """Return a function's error under the name that it gave itself."""
    name = payload.get("errorType") if isinstance(payload, dict) else None
    return StateError(name or "Lambda.Unknown", text_of(payload))


def _service_error(resource: Resource, refused: ClientError) -> StateError:
    error, metadata = refused.response["Error"], refused.response["ResponseMetadata"]
    code, message = error.get("Code", ""), error.get("Message", "")
    status = metadata.get("HTTPStatusCode")
    request_id = metadata.get("RequestId", "")
    known = {
        shape.metadata.get("error", {}).get("code", shape.name): shape.name
        for shape in resource.model.error_shapes
    }
    names = set(known.values())
    name = known.get(code) or (code if code in names else None)
    if resource.kind == "aws-sdk":
        prefix = resource.error_prefix
        cause = f"{message} (Service: {prefix}, Status Code: {status}, Request ID: {request_id})"
        return StateError(f"{prefix}.{_exception(name or prefix)}", cause)
    cause = (
        f"{message} (Service: {SERVICES[resource.named]}; Status Code: {status}; Error Code: "
        f"{code}; Request ID: {request_id}; Proxy: null)"
    )
    found = _exception(name) if name else UNKNOWN_ERRORS[resource.named]
    return StateError(f"{resource.error_prefix}.{found}", cause)


def _exception(name: str) -> str:
    return name if name.endswith("Exception") else f"{name}Exception"
