"""The stream processor: a batch of a DynamoDB stream in, the same changes in the trail.

No change is poison: whatever a record holds can be written as a line. So the only failures are
those of S3; they are reported as a partial batch failure, and the stream delivers again from there.

Used permissions, and nothing else:

=====================================  =====================================================
action                                 resource
=====================================  =====================================================
s3:PutObject, s3:GetObject             arn:aws:s3:::<AUDIT_BUCKET>/audit/<TABLE_NAME>/*
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

from shared.aws_clients import AwsError, create_client
from shared.aws_trail_objects import TrailObjects
from stream_processor.changes import Change, change_of
from stream_processor.settings import Settings
from stream_processor.trail import TrailContentionError, TrailStore, append

settings = Settings.read(os.environ)
logger = Logger(service=settings.service, level=settings.log_level)
metrics = Metrics(namespace=settings.metrics_namespace, service=settings.service)
store = TrailObjects(create_client("s3", region=settings.region), settings.audit_bucket)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Write the changes of a batch to the trail; see the AWS document on stream event structure."""
    changes = [change_of(record) for record in event.get("Records", [])]
    written, first_failed = record_changes(store, changes)
    repeated = len(changes) - written if first_failed is None else 0
    logger.info("changes recorded", changes=len(changes), written=written, repeated=repeated)
    metrics.add_metric(name="ChangesAudited", unit=MetricUnit.Count, value=written)
    metrics.add_metric(name="ChangesRepeated", unit=MetricUnit.Count, value=repeated)
    if first_failed is None:
        return {"batchItemFailures": []}
    metrics.add_metric(name="AuditFailures", unit=MetricUnit.Count, value=1)
    return {"batchItemFailures": [{"itemIdentifier": first_failed.sequence_number}]}


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
