"""Where objects are read, and where what becomes of them is written."""

from msgspec import Struct

from shared.aws_object_ledger import ObjectLedger
from shared.aws_object_source import ObjectSource
from shared.aws_quarantine_bucket import QuarantineBucket
from shared.aws_tables import InvocationLog, ProcessedData
from shared.aws_work_queue import WorkQueue


class Places(Struct, frozen=True):
    """Accesses to AWS, and what was configured for them.

    Parameters
    ----------
    source, table, quarantine, ledger, log, queue
        Accesses to AWS.
    function_name : str
        For the invocation log.
    log_ttl_days : int
        Days that its entries are kept.
    status_shards : int
        Partitions of a status in the status index.
    write_concurrency : int
        Batches written at once.
    split_bytes : int
        A larger JSON Lines object is processed in parallel ranges; 0: none is.
    maximum_hops : int
        Messages by which the work on an object may go on.
    replicated_from : tuple of str
        Regions whose ingestion buckets the pipeline copies into this region's.
    """

    source: ObjectSource
    table: ProcessedData
    quarantine: QuarantineBucket
    ledger: ObjectLedger
    log: InvocationLog
    queue: WorkQueue
    function_name: str
    log_ttl_days: int
    status_shards: int
    write_concurrency: int
    split_bytes: int
    maximum_hops: int
    replicated_from: tuple[str, ...]
