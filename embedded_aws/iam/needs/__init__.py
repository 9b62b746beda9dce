"""From an API call to the permissions that AWS judges for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import dynamodb, functions, kms, logs, messaging, others, s3, sqs
from .need import Need

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedded_aws.iam.call import ApiCall

__all__ = ["Need", "needs_of"]

BY_SERVICE: dict[str, Callable[[ApiCall], list[Need]]] = {
    "apigateway": others.gateway_needs,
    "cloudwatch": others.metric_needs,
    "dynamodb": dynamodb.needs,
    "dynamodbstreams": dynamodb.stream_needs,
    "events": messaging.event_needs,
    "iam": others.identity_needs,
    "kms": kms.needs,
    "lambda": functions.needs,
    "logs": logs.needs,
    "route53": others.route_needs,
    "s3": s3.needs,
    "scheduler": others.scheduler_needs,
    "secretsmanager": others.secret_needs,
    "sns": messaging.topic_needs,
    "sqs": sqs.needs,
    "stepfunctions": messaging.state_needs,
    "sts": others.token_needs,
}

RESOURCE_MEMBERS = ("ResourceArn", "resourceArn", "ResourceARN", "Arn", "arn")


def needs_of(call: ApiCall) -> list[Need]:
    """Give every permission that the call needs.

    A service without rules of its own needs `<signing name>:<Operation>` on the ARN that the
    request names, or on `*` when it names none (so a policy for it has to say `*`).
    """
    if call.service in BY_SERVICE:
        return BY_SERVICE[call.service](call)
    resource = next(
        (str(call.parameters[m]) for m in RESOURCE_MEMBERS if call.parameters.get(m)), "*"
    )
    return [Need(f"{call.signing_name}:{call.operation}", resource)]
