"""The processor's connections with AWS, each behind the circuit of what it calls."""

from typing import Any

from processor.places import Places
from processor.settings import Settings
from shared.aws_clients import (
    BATCHES,
    ITEMS,
    MESSAGES,
    OBJECTS,
    ClientOnDemand,
    GuardedClient,
    Patience,
    create_client,
)
from shared.aws_object_ledger import ObjectLedger
from shared.aws_object_source import ObjectSource
from shared.aws_quarantine_bucket import QuarantineBucket
from shared.aws_tables import InvocationLog, ProcessedData
from shared.aws_work_queue import DeadLetterQueue, WorkQueue
from shared.circuit_breaker import Circuits

QUEUE = "queue"
NEEDED = ("table", "ledger", "object-store", "quarantine", "invocation-log")
"""What no object can be processed without."""

DEPENDENCIES = (*NEEDED, QUEUE)


def connect_places(
    settings: Settings, circuits: Circuits | None = None, queue: WorkQueue | None = None
) -> Places:
    """Connect the places of objects and records.

    Parameters
    ----------
    settings : Settings
        Of the function.
    circuits : Circuits, optional
        Of `DEPENDENCIES`; without them, circuits of their own.
    queue : WorkQueue, optional
        That of `connect_queues`; without it, one more connection.
    """
    guards = circuits or Circuits(DEPENDENCIES)
    objects = _client(settings, "s3", OBJECTS)
    # Requests are built here in one known form: botocore need not check each of them.
    items = _client(settings, "dynamodb", ITEMS, validate=False)
    batches = _client(
        settings, "dynamodb", BATCHES, connections=settings.write_concurrency, validate=False
    )
    return Places(
        source=ObjectSource(GuardedClient(objects, guards["object-store"])),
        table=ProcessedData(GuardedClient(batches, guards["table"]), settings.table_name),
        quarantine=QuarantineBucket(
            GuardedClient(objects, guards["quarantine"]), settings.quarantine_bucket
        ),
        ledger=ObjectLedger(
            GuardedClient(items, guards["ledger"]), settings.ledger_table_name, settings.region
        ),
        log=InvocationLog(
            GuardedClient(items, guards["invocation-log"]), settings.invocation_log_table_name
        ),
        queue=queue or connect_queues(settings, guards)[0],
        function_name=settings.function_name,
        log_ttl_days=settings.invocation_log_ttl_days,
        status_shards=settings.status_shards,
        write_concurrency=settings.write_concurrency,
        split_bytes=settings.split_mb * 1024 * 1024,
        maximum_hops=settings.maximum_hops,
        replicated_from=settings.replicated_from,
    )


def connect_queues(
    settings: Settings, circuits: Circuits | None = None
) -> tuple[WorkQueue, DeadLetterQueue]:
    """Connect the work queue and its dead-letter queue; the parameters are `connect_places`'."""
    guards = circuits or Circuits(DEPENDENCIES)
    # Few invocations have something to say to the queue.
    client = ClientOnDemand(lambda: _client(settings, "sqs", MESSAGES))
    messages = GuardedClient(client, guards[QUEUE])
    return (
        WorkQueue(messages, settings.queue_url),
        DeadLetterQueue(messages, settings.dead_letter_queue_url),
    )


def _client(settings: Settings, service: str, patience: Patience, **options: Any) -> Any:
    return create_client(service, region=settings.region, patience=patience, **options)
