"""The logging configuration of a state machine, and whether its role may deliver logs at all.

Source: Step Functions Developer Guide, "Using CloudWatch Logs to log execution history in Step
Functions", with "IAM Policies for logging to CloudWatch Logs". The logs are then delivered by
CloudWatch Logs itself, whose resource policy is not judged.
"""

from __future__ import annotations

from typing import Any

from embedded_aws import credentials
from embedded_aws.iam import principals
from embedded_aws.iam.authorization import reason_of
from embedded_aws.iam.policy import Request
from embedded_aws.iam.refusal import RefusedError
from embedded_aws.iam.resource_policy import evaluate_same_account
from embedded_aws.services.stepfunctions_errors import InvalidLoggingConfiguration
from embedded_aws.state import RUN

DELIVERY = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
)


def check(logging: dict[str, Any] | None, role_arn: str) -> None:
    """Check a logging configuration and the role's permissions for it.

    Raises
    ------
    InvalidLoggingConfiguration
        There is no destination, or more than one, or its ARN does not end in `:*`.
    RefusedError
        The role may not deliver logs.
    """
    if not logging or logging.get("level", "OFF") == "OFF":
        return
    destinations = logging.get("destinations") or []
    arns = [(each.get("cloudWatchLogsLogGroup") or {}).get("logGroupArn") for each in destinations]
    if len(arns) != 1 or not arns[0]:
        raise InvalidLoggingConfiguration(
            "Invalid Logging Configuration: Must specify exactly one Log Destination."
        )
    if not arns[0].endswith(":*"):
        raise InvalidLoggingConfiguration(
            "Invalid Logging Configuration: Log Destination ARN must end with ':*'."
        )
    _judge(role_arn)


def _judge(role_arn: str) -> None:
    """Judge every action of log delivery, on all resources."""
    principal = principals.find(credentials.assume(role_arn, "log-delivery").access_key)
    if principal is None:
        return
    bound = principal.policies()
    for action in DELIVERY:
        decision = evaluate_same_account(
            Request(action, "*", {}),
            principal_arn=principal.arn,
            identity=bound.identity,
            boundary=bound.boundary,
        )
        if not decision.allowed:
            RUN.deny(principal.name, action, "*", reason_of(decision, action))
            raise RefusedError(
                "AccessDeniedException",
                "The state machine IAM Role is not authorized to access the Log Destination",
            )
        RUN.allow(principal.name, action, "*")
