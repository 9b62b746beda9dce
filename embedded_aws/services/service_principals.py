"""What an AWS service may do by itself: the policy of the queue, topic or function decides.

Stands in for nothing of moto, which delivers whatever the policies say.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import lambda_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from embedded_aws.functions import permissions
from embedded_aws.iam.policy import parse
from embedded_aws.iam.resource_policy import evaluate_resource_policy
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from collections.abc import Mapping

ACTIONS = {
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "lambda": "lambda:InvokeFunction",
}


def may_send(
    service_principal: str,
    target_arn: str,
    source_arn: str,
    more: Mapping[str, list[str]] | None = None,
) -> bool:
    """Say whether a service may send to a queue, topic or function on behalf of a resource.

    Parameters
    ----------
    service_principal
        For example `events.amazonaws.com`.
    target_arn
        ARN of a queue, a topic, a function, a version or an alias.
    source_arn
        ARN of the rule or bucket the service acts for (`aws:SourceArn`).
    more
        Condition keys that only this service sends, and their values.
    """
    document = policy_of(target_arn)
    if document is None:
        return False
    decision = evaluate_resource_policy(
        parse(json.dumps(document)),
        action=ACTIONS[target_arn.split(":")[2]],
        resource=target_arn,
        context={
            "aws:sourcearn": [source_arn],
            "aws:sourceaccount": [RUN.account],
            "aws:securetransport": ["true"],
            "aws:principalservicename": [service_principal],
            "aws:principalisawsservice": ["true"],
            **(more or {}),
        },
        principal_service=service_principal,
    )
    return decision.allowed


def report(service_principal: str, target_arn: str, *, allowed: bool) -> None:
    """Put a decision into the run's report."""
    action = ACTIONS[target_arn.split(":")[2]]
    if allowed:
        RUN.allow(service_principal, action, target_arn)
    else:
        RUN.deny(
            service_principal, action, target_arn, "no resource-based policy allows the action"
        )


def policy_of(arn: str) -> dict[str, Any] | None:
    """Return the resource-based policy of a queue, topic or function; None if it has none."""
    _, _, service, region, account, name = arn.split(":", 5)
    if service == "sqs":
        queue = sqs_backends[account][region].queues.get(name)
        return json.loads(queue.policy) if queue is not None and queue.policy else None
    if service == "sns":
        topic = sns_backends[account][region].topics.get(arn)
        return json.loads(topic.policy) if topic is not None and topic.policy else None
    if not exists(arn):
        return None
    statements = permissions.statements_of(arn)
    return {"Version": "2012-10-17", "Statement": statements} if statements else None


def _function(arn: str) -> Any:
    region, account = arn.split(":")[3:5]
    name, _, qualifier = ":".join(arn.split(":")[6:]).partition(":")
    return lambda_backends[account][region].get_function(name, qualifier or None)


def exists(arn: str) -> bool:
    """Say whether the queue, topic or function is there."""
    _, _, service, region, account, name = arn.split(":", 5)
    if service == "sqs":
        return name in sqs_backends[account][region].queues
    if service == "sns":
        return arn in sns_backends[account][region].topics
    try:
        _function(arn)
    except UnknownFunctionException:
        return False
    return True
