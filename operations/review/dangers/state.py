"""State that would be gone: destroyed, or replaced by an empty one."""

from __future__ import annotations

from collections.abc import Iterator

from operations.review.changes import Change
from operations.review.dangers.model import Danger, Landscape, danger
from operations.review.values import UNKNOWN, at, text

# What is lost with it. A type that is not here can be made again as it was.
_LOST = {
    "aws_dynamodb_table": "its items are lost",
    "aws_dynamodb_table_replica": "the region loses its copy of the items",
    "aws_dynamodb_global_table": "its items are lost",
    "aws_s3_bucket": "its objects and their versions are lost",
    "aws_s3_directory_bucket": "its objects are lost",
    "aws_kms_key": "what it encrypted cannot be read any more",
    "aws_kms_replica_key": "what it encrypted in its region cannot be read there any more",
    "aws_kms_external_key": "what it encrypted cannot be read any more",
    "aws_secretsmanager_secret": (
        "the secret is lost, and its name is taken until its recovery window ends"
    ),
    "aws_secretsmanager_secret_version": "the secret's value is lost",
    "aws_ssm_parameter": "its value and history are lost",
    "aws_sqs_queue": "the messages in it are lost",
    "aws_sns_topic": "its subscriptions are lost",
    "aws_kinesis_stream": "the records in it are lost",
    "aws_cloudwatch_log_group": "its logs are lost",
    "aws_cloudwatch_event_archive": "the archived events are lost",
    "aws_cognito_user_pool": "its users are lost",
    "aws_cognito_user_pool_client": "clients that use its id are locked out",
    "aws_cognito_identity_pool": "its identities are lost",
    "aws_api_gateway_api_key": "clients that use it are locked out",
    "aws_sfn_state_machine": "its running executions end and their history is lost",
    "aws_backup_vault": "its recovery points are lost",
    "aws_ecr_repository": "its images are lost",
    "aws_efs_file_system": "its files are lost",
    "aws_db_instance": "its data is lost",
    "aws_rds_cluster": "its data is lost",
    "aws_route53_zone": "its records and name servers are lost",
    "aws_glue_catalog_table": "its definition and partitions are lost",
    "aws_iam_access_key": "whoever uses it is locked out",
}


def find(change: Change, _landscape: Landscape) -> Iterator[Danger]:
    """Yield what is lost with the change."""
    lost = _LOST.get(change.kind)
    identity = change.before.get("arn") or change.before.get("id")
    if lost and change.action == "delete":
        yield danger("state", change, "would be destroyed", lost, ["destroyed", identity])
    if lost and change.action == "replace":
        forced = [
            [".".join(path), text(at(change.before, *path)), text(at(change.after, *path))]
            for path in change.forced_by
        ]
        causes = "; ".join(f"{path}: {old} → {new}" for path, old, new in forced)
        what = "would be destroyed and made anew" + (f" ({causes})" if causes else "")
        yield danger("state", change, what, lost, ["replaced", identity, forced])
    if change.kind == "aws_dynamodb_table" and change.action == "update":
        yield from _replicas(change)


def _replicas(change: Change) -> Iterator[Danger]:
    before, after = change.before.get("replica") or [], change.after.get("replica")
    if after is UNKNOWN:
        return  # protection.py reports that its settings cannot be told
    kept = {each.get("region_name") for each in after or []}
    for region in sorted({each["region_name"] for each in before} - kept):
        what = f"its replica in {region} would be destroyed"
        why = "the region loses its copy of the items"
        yield danger("state", change, what, why, ["replica", region])
