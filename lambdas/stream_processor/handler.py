"""The stream processor: what follows from the changes of the table, batch by batch.

It is the one consumer of its region's stream: of a global table's stream no more than one function
should read at once ("Using AWS Lambda with Amazon DynamoDB", AWS Lambda Developer Guide). It writes
the changes to the audit trail (row A9), and puts back what a lower rank replaced (row A7). Both may
be repeated without effect, so that a failure of either is reported as a partial batch failure, and
the stream delivers again from there.

No change is poison: whatever a record holds can be written as a line, and what DynamoDB says is no
valid item is left as it is.

Used permissions, and nothing else:

=====================================  =====================================================
action                                 resource
=====================================  =====================================================
s3:PutObject, s3:GetObject             arn:aws:s3:::<AUDIT_BUCKET>/audit/<TABLE_NAME>/*
dynamodb:PutItem                       arn:aws:dynamodb:<region>:<account>:table/<TABLE_NAME>
s3:ListBucket                          arn:aws:s3:::<AUDIT_BUCKET> (makes a missing object a 404)
s3:PutObject                           arn:aws:s3:::<AUDIT_BUCKET>/aws/lambda/* (by the event
                                       source mapping: batches that failed for good)
dynamodb:DescribeStream, GetRecords,   arn:aws:dynamodb:<region>:<account>:table/<TABLE_NAME>
GetShardIterator                       /stream/* (by the event source mapping)
dynamodb:ListStreams                   * (by the event source mapping; ARN of the table's streams)
logs:CreateLogStream, PutLogEvents     the function's log group, :*
=====================================  =====================================================

With the customer key on the table: kms:Decrypt on it, through dynamodb.<region>.amazonaws.com; with
one on the bucket: kms:GenerateDataKey and kms:Decrypt, through s3.<region>.amazonaws.com.
"""

import os
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from shared import cold_start
from shared.aws_clients import AwsError, create_client
from shared.aws_tables import ProcessedData
from shared.aws_trail_objects import TrailObjects
from shared.handled_failures import report_handled_failure
from stream_processor.changes import Change, change_of
from stream_processor.ranks import repairs
from stream_processor.restoring import CONCURRENCY, restore
from stream_processor.settings import Settings
from stream_processor.trail import TrailContentionError, TrailStore, append

settings = Settings.read(os.environ)
logger = Logger(service=settings.service, level=settings.log_level)
metrics = Metrics(namespace=settings.metrics_namespace, service=settings.service)
store = TrailObjects(create_client("s3", region=settings.region), settings.audit_bucket)
table = ProcessedData(
    create_client("dynamodb", region=settings.region, connections=CONCURRENCY), settings.table_name
)

_RESERVE_SECONDS = 2.0
cold_start.ready()


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take a batch of changes; see the AWS document on the structure of stream events."""
    records = event.get("Records", [])
    changes = [change_of(record) for record in records]
    written, unwritten = record_changes(store, changes)
    restored = restore(table, repairs(records), lambda: _seconds_left(context), logger)

    failed = restored.failed | ({unwritten.sequence_number} if unwritten else set())
    counts = {
        "ChangesAudited": written,
        "ChangesRepeated": len(changes) - written if unwritten is None else 0,
        "AuditFailures": int(unwritten is not None),
        "RanksRestored": restored.items,
        "RanksGivenUp": restored.given_up,
    }
    logger.info("changes processed", changes=len(changes), failed=len(failed), extra=counts)
    for name, value in counts.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
    if failed:
        report_handled_failure(settings.metrics_namespace, settings.service)
    # The stream goes on after the last record before the first that failed.
    first = [one.sequence_number for one in changes if one.sequence_number in failed][:1]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in first]}


def _seconds_left(context: Any) -> float:
    return float(context.get_remaining_time_in_millis()) / 1000 - _RESERVE_SECONDS


def record_changes(trail_store: TrailStore, changes: list[Change]) -> tuple[int, Change | None]:
    """Write changes to their objects, in order.

    Returns
    -------
    tuple of int and Change or None
        How many changes were new to the trail, and the first that could not be written: the stream
        has to deliver from there on, and what was written behind it is recognized then.
    """
    slices: dict[str, list[Change]] = {}
    for change in changes:
        slices.setdefault(change.object_key, []).append(change)
    written = 0
    for key, members in slices.items():
        try:
            written += append(trail_store, key, members)
        except (*AwsError, TrailContentionError) as error:
            logger.exception("audit trail not written", object=key, cause=str(error))
            return written, members[0]
    return written, None
