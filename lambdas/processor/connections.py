"""The processor's connections with AWS."""

from processor.claimed_object import Places
from processor.settings import Settings
from shared.aws_clients import create_client
from shared.aws_object_ledger import ObjectLedger
from shared.aws_object_source import ObjectSource
from shared.aws_quarantine_bucket import QuarantineBucket
from shared.aws_tables import InvocationLog, ProcessedData
from shared.aws_work_queue import WorkQueue


def connect_places(settings: Settings) -> Places:
    """Connect the places of objects and records."""
    region = settings.region
    s3 = create_client("s3", region=region)
    dynamodb = create_client(
        "dynamodb", region=region, connections=settings.write_concurrency + 2, validate=False
    )
    return Places(
        source=ObjectSource(s3),
        table=ProcessedData(dynamodb, settings.table_name),
        quarantine=QuarantineBucket(s3, settings.quarantine_bucket),
        ledger=ObjectLedger(dynamodb, settings.ledger_table_name, region),
        log=InvocationLog(dynamodb, settings.invocation_log_table_name),
        function_name=settings.function_name,
        log_ttl_days=settings.invocation_log_ttl_days,
        status_shards=settings.status_shards,
        write_concurrency=settings.write_concurrency,
    )


def connect_queue(settings: Settings) -> WorkQueue:
    """Connect the work queue."""
    return WorkQueue(create_client("sqs", region=settings.region), settings.queue_url)
