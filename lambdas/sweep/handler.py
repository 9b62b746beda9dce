"""The sweep: object versions without a finished ledger entry are announced again.

Events repeat, arrive late, and sometimes not at all; what a bucket holds is what counts. A schedule
starts a run, which goes on where the last one ended, and begins anew behind the last version.

Used permissions, and nothing else (of the region whose function it is):

==================================================  ===========================================
action                                              resource
==================================================  ===========================================
s3:ListBucketVersions                               <INGESTION_BUCKET>
dynamodb:BatchGetItem                               <LEDGER_TABLE_NAME>
dynamodb:Query                                      <LEDGER_TABLE_NAME> (other region, parts)
sqs:GetQueueAttributes, SendMessage                 work queue
s3:GetObject, PutObject                             <CURSOR_BUCKET>/<CURSOR_KEY>
s3:ListBucket                                       <CURSOR_BUCKET> (makes a missing cursor a
                                                    404; without it S3 says 403)
logs:CreateLogStream, PutLogEvents                  the function's log group, :*
==================================================  ===========================================

With the customer key on table, queue or buckets: kms:Decrypt and kms:GenerateDataKey on it,
through the service.
"""

import os
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from shared import cold_start
from shared.aws_clients import create_client
from shared.datasets import datasets
from sweep.aws_cursor import CursorObject
from sweep.aws_ledger import LedgerView
from sweep.aws_queue import AnnouncementQueue
from sweep.aws_versions import VersionList
from sweep.settings import Settings
from sweep.sweeping import Account, Bounds, Places, Sweep

_RESERVE = 0.2
"""Of the invocation's time, for the slice that was begun last and for keeping the cursor."""


def connect(settings: Settings) -> Sweep:
    """Connect a sweep with AWS."""
    s3 = create_client("s3", region=settings.region)
    dynamodb = create_client("dynamodb", region=settings.region)
    sqs = create_client("sqs", region=settings.region)
    places = Places(
        versions=VersionList(s3, settings.ingestion_bucket, settings.page_size),
        ledger=LedgerView(dynamodb, settings.ledger_table_name),
        queue=AnnouncementQueue(sqs, settings.queue_url),
        cursor=CursorObject(s3, settings.cursor_bucket, settings.cursor_key),
    )
    bounds = Bounds(
        versions=settings.versions_per_run,
        announcements=settings.announcements_per_run,
        grace_seconds=settings.grace_seconds,
    )
    return Sweep(places, datasets(), settings.region, bounds, settings.replicated_from)


settings = Settings.read(os.environ)
logger = Logger(service=settings.service, level=settings.log_level)
sweep = connect(settings)
cold_start.ready()


@logger.inject_lambda_context
def handler(_event: Any, context: Any) -> dict[str, Any]:
    """Sweep once; return what was done."""
    reserve = _RESERVE * context.get_remaining_time_in_millis()
    account = sweep.run(datetime.now(UTC), lambda: context.get_remaining_time_in_millis() > reserve)
    _report(account)
    return {
        "swept": account.swept,
        "unfinished": account.unfinished,
        "announced": account.announced,
        "ended": account.ended,
    }


def _report(account: Account) -> None:
    level = logger.warning if account.announced or account.ended == "backlog" else logger.info
    level(
        "objects swept",
        swept=account.swept,
        unfinished=account.unfinished,
        announced=account.announced,
        oldest_unfinished_seconds=round(account.oldest_seconds),
        ended=account.ended,
    )
    metrics = EphemeralMetrics(namespace=settings.metrics_namespace, service=settings.service)
    for name, value in (
        ("ObjectsSwept", account.swept),
        ("ObjectsUnfinished", account.unfinished),
        ("ObjectsAnnounced", account.announced),
    ):
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
    metrics.add_metric(
        name="OldestUnfinishedSeconds", unit=MetricUnit.Seconds, value=account.oldest_seconds
    )
    metrics.flush_metrics()
