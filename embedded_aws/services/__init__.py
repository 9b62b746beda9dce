"""AWS's services as moto has them, with what moto lacks put in: one file per stand-in."""

from __future__ import annotations

import importlib
from typing import Any

from embedded_aws.services import (
    deliveries,
    dynamodb_answers,
    dynamodb_batches,
    dynamodb_changes,
    dynamodb_global_tables,
    dynamodb_items,
    dynamodb_metrics,
    dynamodb_queries,
    dynamodb_replication,
    dynamodb_streams,
    dynamodb_tables,
    dynamodb_writes,
    event_patterns,
    eventbridge_rules,
    eventbridge_schedules,
    kms_keys,
    s3_configuration,
    s3_keys,
    s3_listing,
    s3_notifications,
    s3_versions,
    s3_writes,
    secrets_replicas,
    sqs_attributes,
    sqs_messages,
    sqs_metrics,
    sqs_move_tasks,
)

_STAND_INS = (
    deliveries,
    dynamodb_answers,
    dynamodb_changes,
    dynamodb_items,
    dynamodb_queries,
    dynamodb_writes,
    dynamodb_batches,
    dynamodb_streams,
    dynamodb_replication,
    dynamodb_tables,
    dynamodb_global_tables,
    dynamodb_metrics,
    event_patterns,
    eventbridge_rules,
    eventbridge_schedules,
    kms_keys,
    s3_configuration,
    s3_keys,
    s3_listing,
    s3_notifications,
    s3_versions,
    s3_writes,
    secrets_replicas,
    sqs_attributes,
    sqs_messages,
    sqs_metrics,
    sqs_move_tasks,
)

# Services whose part of moto takes long to import: their stand-ins come with their first call.
_ON_FIRST_CALL = {
    "acm": ("acm_validation",),
    "apigateway": (
        "apigateway_deployments",
        "apigateway_domains",
        "apigateway_openapi",
        "apigateway_stages",
        "apigateway_updates",
    ),
    "cognitoidentity": ("cognito_identity_pools",),
    "cognitoidp": ("cognito_user_pools",),
    "route53": ("route53_metrics",),
    "stepfunctions": ("stepfunctions",),
}
_installed: set[Any] = set()


def install() -> None:
    """Put every stand-in in its place; a second time changes nothing."""
    for stand_in in _STAND_INS:
        stand_in.install()


def install_for(service: str) -> None:
    """Put in place what a service needs that is called for the first time.

    Parameters
    ----------
    service
        moto's name of the service, such as `cognitoidp`.
    """
    for name in _ON_FIRST_CALL.get(service, ()):
        module = importlib.import_module(f"{__name__}.{name}")
        module.install()
        _installed.add(module)


def close() -> None:
    """End what runs in the background."""
    for stand_in in (*_installed, *reversed(_STAND_INS)):
        if hasattr(stand_in, "close"):
            stand_in.close()
