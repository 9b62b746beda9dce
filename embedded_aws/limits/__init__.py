"""What AWS's limits refuse and moto lets pass; each limit names its AWS document.

Two sources: the constraints of the service models (`model_constraints`), and one module per service
for what stands only in the documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedded_aws.iam import gate

from . import (
    api_gateway,
    dynamodb,
    functions,
    iam,
    messaging,
    monitoring,
    others,
    policy_documents,
    s3,
    sqs,
)
from .limit import LIMITS, check_limits
from .model_constraints import check_model

if TYPE_CHECKING:
    from embedded_aws.iam.call import ApiCall

__all__ = ["LIMITS", "MODULES", "install"]

MODULES = (
    *(api_gateway, dynamodb, functions, iam, messaging, monitoring, others, policy_documents),
    *(s3, sqs),
)


def _check(call: ApiCall) -> None:
    check_model(call)
    check_limits(call)


def install() -> None:
    """Refuse from now on what goes beyond a limit."""
    gate.register("limits", _check)
