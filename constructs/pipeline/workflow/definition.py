r"""The state machine in Amazon States Language (row E4).

    ValidateInput --> CheckValidation --> Begin --> ProcessData --> CheckProcessing
          |                  |                         |  ^               |  |
          |            InvalidRecords                  |  +-- WaitForIt <-+  v
          v                  v                         v                  | SendNotification
     HasRequest --> RecordInvalidRequest  RecordFailedProcessing <--------+  v
          |                  v                         v                    Done
          \---------> ValidationError           ProcessingError

The input is a pointer, ``{"request": {...}, "notify": {...} or null}`` (``lambdas/shared``,
``step_input``); results stay beside it, at ``$.validation``, ``$.processing`` and
``$.notification``. What went wrong stands at ``$.failure``, and from there in the request's item of
the object ledger.

What is under way elsewhere, or waits for a dependency, is no error but a result of ProcessData, so
that Lambda counts none. It is asked for again after a pause that grows, ``$.waiting.seconds``, and
ends as a failure after the longest one.

A notification that cannot be sent fails the execution, so that somebody is told, but not the
request, whose records are processed: nothing catches it, so a redrive of the execution begins with
SendNotification and repeats nothing else. An execution that ended in a Fail state would only fail
in it again ("Restarting state machine executions with redrive"); the request is begun anew, as its
next attempt.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

State = dict[str, Any]

# "Error handling in Step Functions" and "Best practices for Step Functions", "Handling transient
# Lambda service exceptions".
_LAMBDA_IS_BUSY = (
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
)
_EXECUTION_SECONDS = 2 * 3600
"""Longer than all retries together: what times out as a whole is caught by no state."""

_BEYOND_THE_FUNCTION_SECONDS = 15
"""A task's time beyond its function's own, which ends first and says what happened."""

_FIRST_PAUSE, _LONGER_BY, _LONGEST_PAUSE = 5, 2, 75
"""Seconds; 24 minutes in all, beside the time that the function itself takes."""

_VALIDATION = ("isValid", "read", "invalid", "reasons", "reason")
_PROCESSING = ("isDone", "reason", "read", "stored", "superseded", "rejected")
_NOTIFICATION = ("sent", "messageId")


@dataclass(frozen=True)
class Step:
    """A function that the state machine calls.

    Parameters
    ----------
    function
        ARN of its alias.
    timeout_seconds
        Its time-out.
    """

    function: str
    timeout_seconds: int


@dataclass(frozen=True)
class DefinitionProps:
    """What the definition refers to.

    Parameters
    ----------
    partition, region
        The partition of ARNs, such as ``aws``; the region, which is the sort key of its items.
    ledger
        The object ledger's name.
    validator, processor, notifier
        Its functions.
    """

    partition: str
    region: str
    ledger: str
    validator: Step
    processor: Step
    notifier: Step


def definition(props: DefinitionProps) -> str:
    """Return the definition as JSON text, the same for the same properties."""
    invoke = f"arn:{props.partition}:states:::lambda:invoke"
    machine = {
        "Comment": "Validates and processes the records of a request, and tells of them",
        "StartAt": "ValidateInput",
        "TimeoutSeconds": _EXECUTION_SECONDS,
        "States": {
            **_validating(_invoke(invoke, props.validator, _VALIDATION)),
            **_processing(
                _invoke(invoke, props.processor, _PROCESSING),
                _invoke(invoke, props.notifier, _NOTIFICATION),
            ),
            **_failing(props),
        },
    }
    return json.dumps(machine, separators=(",", ":"))


def _validating(validate: State) -> dict[str, State]:
    return {
        "ValidateInput": {
            **validate,
            "ResultPath": "$.validation",
            "Retry": _retries(final=["InvalidRequestError"], seconds=2, attempts=3),
            "Catch": _catch("HasRequest"),
            "Next": "CheckValidation",
        },
        "CheckValidation": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.validation.isValid", "BooleanEquals": True, "Next": "Begin"}
            ],
            "Default": "InvalidRecords",
        },
    }


def _processing(process: State, notify: State) -> dict[str, State]:
    """Process until it is done, with pauses that grow; then tell of it."""
    return {
        "Begin": {
            "Type": "Pass",
            "Result": {"seconds": _FIRST_PAUSE - _LONGER_BY},
            "ResultPath": "$.waiting",
            "Next": "ProcessData",
        },
        "ProcessData": {
            **process,
            "ResultPath": "$.processing",
            "Retry": _retries(
                final=["InvalidRequestError", "ProcessingFailedError"], seconds=2, attempts=3
            ),
            "Catch": _catch("RecordFailedProcessing"),
            "Next": "CheckProcessing",
        },
        "CheckProcessing": {
            "Type": "Choice",
            "Choices": [
                {
                    "Variable": "$.processing.isDone",
                    "BooleanEquals": True,
                    "Next": "SendNotification",
                },
                {
                    "Variable": "$.waiting.seconds",
                    "NumericLessThan": _LONGEST_PAUSE,
                    "Next": "WaitLonger",
                },
            ],
            "Default": "NotDoneInTime",
        },
        "WaitLonger": {
            "Type": "Pass",
            "Parameters": {"seconds.$": f"States.MathAdd($.waiting.seconds, {_LONGER_BY})"},
            "ResultPath": "$.waiting",
            "Next": "WaitForIt",
        },
        "WaitForIt": {"Type": "Wait", "SecondsPath": "$.waiting.seconds", "Next": "ProcessData"},
        "NotDoneInTime": {
            "Type": "Pass",
            "Parameters": {"Error": "NotDoneInTimeError", "Cause.$": "$.processing.reason"},
            "ResultPath": "$.failure",
            "Next": "RecordFailedProcessing",
        },
        "SendNotification": {
            **notify,
            "ResultPath": "$.notification",
            "Retry": _retries(
                final=["InvalidNotificationError", "InvalidRequestError"], seconds=5, attempts=2
            ),
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
    }


def _failing(props: DefinitionProps) -> dict[str, State]:
    """Record in the ledger why a request failed, and fail."""
    return {
        "InvalidRecords": {
            "Type": "Pass",
            "Parameters": {"Error": "InvalidRecordsError", "Cause.$": "$.validation.reason"},
            "ResultPath": "$.failure",
            "Next": "RecordInvalidRequest",
        },
        # Of an input without a request there is nothing to record.
        "HasRequest": {
            "Type": "Choice",
            "Choices": [
                {
                    "And": [
                        {"Variable": "$.request.id", "IsPresent": True},
                        {"Variable": "$.request.id", "IsString": True},
                    ],
                    "Next": "RecordInvalidRequest",
                }
            ],
            "Default": "ValidationError",
        },
        "RecordInvalidRequest": _record(props, "ValidationError"),
        "ValidationError": _fail("ValidationError"),
        "RecordFailedProcessing": _record(props, "ProcessingError"),
        "ProcessingError": _fail("ProcessingError"),
    }


def _invoke(resource: str, step: Step, members: Sequence[str]) -> State:
    return {
        "Type": "Task",
        "Resource": resource,
        "Parameters": {
            "FunctionName": step.function,
            "Payload": {"execution.$": "$$.Execution.Id", "input.$": "$"},
        },
        "ResultSelector": {f"{name}.$": f"$.Payload.{name}" for name in members},
        "TimeoutSeconds": step.timeout_seconds + _BEYOND_THE_FUNCTION_SECONDS,
    }


def _retries(*, final: Sequence[str], seconds: int, attempts: int) -> list[State]:
    """Return what is never tried again, what Lambda may have, and anything else."""
    return [
        {"ErrorEquals": list(final), "MaxAttempts": 0},
        {
            "ErrorEquals": list(_LAMBDA_IS_BUSY),
            "IntervalSeconds": 2,
            "MaxAttempts": 6,
            "BackoffRate": 2,
            "JitterStrategy": "FULL",
        },
        {
            "ErrorEquals": ["States.ALL"],
            "IntervalSeconds": seconds,
            "MaxAttempts": attempts,
            "BackoffRate": 2,
        },
    ]


def _catch(state: str) -> list[State]:
    return [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": state}]


def _record(props: DefinitionProps, behind: str) -> State:
    """Write the failure into the region's own item of the request.

    Unless it is COMPLETED, or a later attempt's.
    """
    return {
        "Type": "Task",
        "Resource": f"arn:{props.partition}:states:::dynamodb:updateItem",
        "Parameters": {
            "TableName": props.ledger,
            "Key": {
                "objectId": {"S.$": "States.Format('request/{}', $.request.id)"},
                "region": {"S": props.region},
            },
            "UpdateExpression": (
                "SET #status = :failed, reason = :reason, executionArn = :execution,"
                " updatedAt = :at, completedAt = :at"
            ),
            "ConditionExpression": (
                "attribute_exists(objectId) AND #status <> :completed AND"
                " (attribute_not_exists(executionArn) OR executionArn = :execution)"
            ),
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {
                ":failed": {"S": "FAILED"},
                ":completed": {"S": "COMPLETED"},
                ":reason": {"S.$": "States.JsonToString($.failure)"},
                ":execution": {"S.$": "$$.Execution.Id"},
                ":at": {"S.$": "$$.State.EnteredTime"},
            },
        },
        "ResultPath": None,
        "Retry": _retries(
            final=["DynamoDB.ConditionalCheckFailedException"], seconds=2, attempts=6
        )[::2],
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.recording", "Next": behind}],
        "Next": behind,
    }


def _fail(error: str) -> State:
    return {"Type": "Fail", "Error": error, "CausePath": "States.JsonToString($.failure)"}
