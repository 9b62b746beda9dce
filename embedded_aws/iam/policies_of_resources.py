"""Where moto keeps the resource-based policy of an ARN."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.iam.models import iam_backends

from embedded_aws.functions import permissions
from embedded_aws.state import RUN

from .needs.encryption import find_key
from .needs.messaging import find_topic
from .needs.others import find_secret
from .needs.s3_encryption import find_bucket
from .needs.sqs import find_queue
from .policy import Document, parse

if TYPE_CHECKING:
    from collections.abc import Callable

DECIDES = {"kms", "sts"}
"""Services whose resource-based policy must agree: key policies and role trust policies."""


def _bucket(arn: str) -> str | None:
    bucket = find_bucket(arn.split(":::", 1)[-1].partition("/")[0])
    if bucket is None or bucket.policy is None:
        return None
    policy = bucket.policy
    return policy.decode() if isinstance(policy, bytes) else str(policy)


def _queue(arn: str) -> str | None:
    queue = find_queue(arn)
    return queue.policy if queue is not None else None


def _topic(arn: str) -> str | None:
    topic = find_topic(arn)
    return topic.policy if topic is not None else None


def _function(arn: str) -> str | None:
    parts = arn.split(":")
    if len(parts) < 7 or parts[5] != "function":
        return None
    try:
        statements = permissions.statements_of(arn)
    except Exception:  # noqa: BLE001 - moto's own error comes when the call goes on
        return None
    return json.dumps({"Statement": statements}, default=str) if statements else None


def _key(arn: str) -> str | None:
    key = find_key(arn, "us-east-1")
    return key.policy if key is not None else None


def _secret(arn: str) -> str | None:
    secret = find_secret(arn, arn.split(":")[3]) if arn.count(":") > 3 else None
    return getattr(secret, "policy", None)


def trust_policy(role_arn: str) -> str | None:
    """Give the text of a role's trust policy, None when the role does not exist."""
    roles: Any = iam_backends[RUN.account]["aws"].roles.values()
    role = next((role for role in list(roles) if role.arn == role_arn), None)
    return role.assume_role_policy_document if role is not None else None


_FINDERS: dict[str, Callable[[str], str | None]] = {
    "s3": _bucket,
    "sqs": _queue,
    "sns": _topic,
    "lambda": _function,
    "kms": _key,
    "secretsmanager": _secret,
    "sts": trust_policy,
}


def policy_of(service: str, resource: str) -> Document | None:
    """Give the resource-based policy that has a say about an action of the service.

    Parameters
    ----------
    service
        The part of the action before the colon.
    resource
        ARN of the resource; a bucket's objects are under the bucket's policy.
    """
    finder = _FINDERS.get(service)
    text = finder(resource) if finder is not None else None
    return parse(text) if text else None
