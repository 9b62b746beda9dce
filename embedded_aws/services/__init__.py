"""AWS's services as moto has them, with what moto lacks put in: one file per stand-in."""

from __future__ import annotations

from embedded_aws.services import (
    apigateway_deployments,
    apigateway_openapi,
    apigateway_stages,
    apigateway_updates,
    deliveries,
    dynamodb_answers,
    dynamodb_batches,
    dynamodb_changes,
    dynamodb_global_tables,
    dynamodb_items,
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
    s3_writes,
    sqs_attributes,
    sqs_messages,
    sqs_move_tasks,
)

_STAND_INS = (
    apigateway_deployments,
    apigateway_openapi,
    apigateway_stages,
    apigateway_updates,
    deliveries,
    dynamodb_answers,
    dynamodb_changes,
    dynamodb_items,
    dynamodb_writes,
    dynamodb_batches,
    dynamodb_streams,
    dynamodb_replication,
    dynamodb_tables,
    dynamodb_global_tables,
    event_patterns,
    eventbridge_rules,
    eventbridge_schedules,
    kms_keys,
    s3_configuration,
    s3_keys,
    s3_listing,
    s3_notifications,
    s3_writes,
    sqs_attributes,
    sqs_messages,
    sqs_move_tasks,
)


def install() -> None:
    """Put every stand-in in its place; a second time changes nothing."""
    for stand_in in _STAND_INS:
        stand_in.install()


def close() -> None:
    """End what runs in the background."""
    for stand_in in reversed(_STAND_INS):
        if hasattr(stand_in, "close"):
            stand_in.close()
