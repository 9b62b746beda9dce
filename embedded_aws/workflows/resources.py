"""What a Task state may call: its resource, as an API operation of botocore's models.

Source: Step Functions Developer Guide, "Integrating services with Step Functions" and "Learning to
use AWS service SDK integrations in Step Functions".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.exceptions import UnknownServiceError

OPTIMIZED = {
    "dynamodb": ("dynamodb", {"getItem", "putItem", "updateItem", "deleteItem"}),
    "events": ("events", {"putEvents"}),
    "lambda": ("lambda", {"invoke"}),
    "sns": ("sns", {"publish"}),
    "sqs": ("sqs", {"sendMessage"}),
    "states": ("stepfunctions", {"startExecution"}),
}
"""The optimized integrations: botocore's name of the service, and the actions."""
SDK_NAMES = {
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "eventbridge": "events",
    "sfn": "stepfunctions",
}
"""Services that the SDK for Java, of which the resources take their names, calls otherwise."""
ERROR_PREFIXES = {"dynamodb": "DynamoDb", "sfn": "Sfn", "cloudwatchlogs": "CloudWatchLogs"}
_FUNCTION = re.compile(r"arn:aws:lambda:([a-z0-9-]+):\d{12}:function:[A-Za-z0-9-_]+(:[\w$-]+)?")
_INTEGRATION = re.compile(
    r"arn:aws:states:[a-z0-9-]*:\d*:(aws-sdk:)?([A-Za-z0-9]+):([A-Za-z0-9]+)(.*)"
)
_loader = botocore.session.get_session()


class UnsupportedResourceError(ValueError):
    """A resource is wrong, or is not called here; the message says which are."""


@dataclass(frozen=True)
class Resource:
    """The resource of a Task state.

    Parameters
    ----------
    arn
        As it stands in the definition.
    kind
        `function` for a function's ARN, `optimized` or `aws-sdk`.
    named
        What the resource calls the service, such as `sfn`.
    action
        What it calls the action, such as `startExecution`.
    service, operation
        botocore's names of both.
    """

    arn: str
    kind: str
    named: str
    action: str
    service: str
    operation: str

    @property
    def resource_type(self) -> str:
        """What events of the history call the service."""
        return f"aws-sdk:{self.named}" if self.kind == "aws-sdk" else self.named

    @cached_property
    def model(self) -> Any:
        """The model of the operation."""
        return _model(self.service).operation_model(self.operation)

    @property
    def method(self) -> str:
        """The name of the operation at a client of boto3."""
        return str(xform_name(self.operation))

    @property
    def error_prefix(self) -> str:
        """What the names of its errors begin with."""
        if self.kind == "aws-sdk":
            service_id = str(_model(self.service).metadata["serviceId"])
            return ERROR_PREFIXES.get(self.named, re.sub(r"\W", "", service_id).capitalize())
        return {
            "dynamodb": "DynamoDB",
            "events": "EventBridge",
            "lambda": "Lambda",
            "sns": "SNS",
            "sqs": "SQS",
            "states": "StepFunctions",
        }[self.named]


@lru_cache(64)
def _model(service: str) -> Any:
    return _loader.get_service_model(service)


@lru_cache(1)
def _services() -> dict[str, str]:
    known = {re.sub(r"\W", "", name): name for name in _loader.get_available_services()}
    return known | SDK_NAMES


@lru_cache(1024)
def resource_of(arn: str) -> Resource:
    """Return what a resource's ARN means.

    Raises
    ------
    UnsupportedResourceError
        It means nothing, or nothing that is called here.
    """
    if _FUNCTION.fullmatch(arn):
        return Resource(arn, "function", "lambda", "invoke", "lambda", "Invoke")
    found = _INTEGRATION.fullmatch(arn)
    if not found or found[2] == "activity":
        raise UnsupportedResourceError(
            f"The embedded AWS does not run the resource {arn!r}: functions, "
            "arn:aws:states:::aws-sdk:<service>:<action>, and "
            f"{', '.join(f'arn:aws:states:::{each}' for each in _optimized())}"
        )
    sdk, named, action, pattern = found.groups()
    if pattern:
        raise UnsupportedResourceError(
            f"The embedded AWS does not run the integration pattern {pattern!r} of {arn!r}: only "
            "request and response"
        )
    if sdk:
        return _sdk(arn, named, action)
    service, actions = OPTIMIZED.get(named, ("", set()))
    if action not in actions:
        raise UnsupportedResourceError(
            f"The embedded AWS does not run the resource {arn!r}: of the optimized integrations, "
            f"it has {', '.join(_optimized())}"
        )
    return Resource(arn, "optimized", named, action, service, action[0].upper() + action[1:])


def _optimized() -> list[str]:
    return [f"{name}:{each}" for name, (_, of) in OPTIMIZED.items() for each in sorted(of)]


def _sdk(arn: str, named: str, action: str) -> Resource:
    service = _services().get(named, named)
    try:
        operations = _model(service).operation_names
    except UnknownServiceError:
        raise UnsupportedResourceError(f"{arn!r}: there is no service {named!r}") from None
    operation = action[0].upper() + action[1:]
    if operation not in operations:
        raise UnsupportedResourceError(f"{arn!r}: {named} has no action {action!r}")
    return Resource(arn, "aws-sdk", named, action, service, operation)
