"""Role trust policies: which AWS service may act as a role.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-trust-policy.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedded_aws.state import RUN

from .policies_of_resources import policy_of, trust_policy
from .policy import Decision, parse
from .refusal import RefusedError
from .resource_policy import evaluate_resource_policy

if TYPE_CHECKING:
    from .call import ApiCall

LAMBDA = "lambda.amazonaws.com"
STATES = "states.amazonaws.com"
CANNOT_ASSUME = "The role defined for the function cannot be assumed by Lambda."


def may_assume(role_arn: str, service: str, *, source_arn: str | None = None) -> bool:
    """Say whether the role exists and its trust policy lets the service assume it.

    Parameters
    ----------
    role_arn
        ARN of the role.
    service
        Service principal, such as `lambda.amazonaws.com`.
    source_arn
        The resource for which the service acts (`aws:SourceArn`), when it says so.
    """
    text = trust_policy(role_arn)
    if text is None:
        return False
    return evaluate_resource_policy(
        parse(text),
        action="sts:AssumeRole",
        resource=role_arn,
        context=service_context(source_arn),
        principal_service=service,
    ).allowed


def service_may(service: str, action: str, resource: str, *, source_arn: str | None) -> bool:
    """Say whether the resource's policy lets an AWS service act by itself; a refusal is noted.

    Parameters
    ----------
    service
        Service principal, such as `events.amazonaws.com`.
    action, resource
        Such as `sqs:SendMessage` on a queue's ARN, or `lambda:InvokeFunction` on a function's.
    source_arn
        The rule, bucket or API for which the service acts: `aws:SourceArn`.
    """
    decision: Decision = evaluate_resource_policy(
        policy_of(action.partition(":")[0], resource),
        action=action,
        resource=resource,
        context=service_context(source_arn),
        principal_service=service,
    )
    if decision.allowed:
        RUN.allow(service, action, resource)
        return True
    why = f"because no resource-based policy allows the {action} action"
    RUN.deny(service, action, resource, why)
    return False


def service_context(source_arn: str | None) -> dict[str, tuple[str, ...]]:
    """Give the condition keys of a request that an AWS service makes for a resource."""
    context: dict[str, tuple[str, ...]] = {
        "aws:principalisawsservice": ("true",),
        "aws:resourceaccount": (RUN.account,),
        "aws:securetransport": ("true",),
        "aws:sourceaccount": (RUN.account,),
        "aws:sourceowner": (RUN.account,),
    }
    if source_arn:
        context["aws:sourcearn"] = (source_arn,)
    return context


def check_role_of_call(call: ApiCall) -> None:
    """Refuse to give a function or state machine a role that its service cannot assume.

    Raises
    ------
    RefusedError
        With the error that Lambda or Step Functions gives, whoever calls.
    """
    if call.service == "lambda" and call.operation in {
        "CreateFunction",
        "UpdateFunctionConfiguration",
    }:
        role = call.parameters.get("Role")
        if role and not may_assume(role, LAMBDA):
            raise RefusedError("InvalidParameterValueException", CANNOT_ASSUME)
    elif call.service == "stepfunctions" and call.operation in {
        "CreateStateMachine",
        "UpdateStateMachine",
    }:
        role = call.parameters.get("roleArn")
        if role and not may_assume(role, STATES):
            message = (
                f"Neither the global service principal {STATES}, nor the regional one is "
                "authorized to assume the provided role."
            )
            raise RefusedError("AccessDeniedException", message)
