"""The processor's environment."""

from collections.abc import Mapping

from msgspec import Struct

from shared.aws_environment import EnvironmentReader


class Settings(Struct, frozen=True):
    """What the function is told when it starts.

    Parameters
    ----------
    table_name, ledger_table_name, invocation_log_table_name : str
        ``TABLE_NAME``, ``LEDGER_TABLE_NAME``, ``INVOCATION_LOG_TABLE_NAME``.
    quarantine_bucket : str
        ``QUARANTINE_BUCKET``.
    invocation_log_ttl_days : int
        ``INVOCATION_LOG_TTL_DAYS``, 1 to 3650.
    queue_url, dead_letter_queue_url : str
        ``QUEUE_URL`` and ``DEAD_LETTER_QUEUE_URL``: the work queue and where its messages end.
    environment : str
        ``ENVIRONMENT``, such as "dev".
    region : str
        ``AWS_REGION``, set by the runtime.
    function_name : str
        ``AWS_LAMBDA_FUNCTION_NAME``, set by the runtime.
    status_shards : int
        ``STATUS_SHARDS``: partitions of a status in the status index, 1 to 100; 8 when not set.
    write_concurrency : int
        ``WRITE_CONCURRENCY``: batches written at once, 1 to 64; 8 when it is not set.
    split_mb : int
        ``SPLIT_MB``: JSON Lines objects of more MiB are processed in parallel ranges of about half
        of it, up to 102,400; 0: none is; 128 when it is not set.
    maximum_hops : int
        ``MAXIMUM_HOPS``: messages by which the work on one object may go on, 1 to 10,000; 100 when
        it is not set.
    replicated_from : tuple of str
        ``REPLICATED_FROM``: regions whose ingestion buckets the pipeline copies into this region's,
        between commas; none when it is not set.
    metrics_namespace, service : str
        ``POWERTOOLS_METRICS_NAMESPACE`` and ``POWERTOOLS_SERVICE_NAME``.
    log_level : str
        ``LOG_LEVEL``; INFO when it is not set.
    """

    table_name: str
    ledger_table_name: str
    invocation_log_table_name: str
    quarantine_bucket: str
    invocation_log_ttl_days: int
    queue_url: str
    dead_letter_queue_url: str
    environment: str
    region: str
    function_name: str
    status_shards: int
    write_concurrency: int
    split_mb: int
    maximum_hops: int
    replicated_from: tuple[str, ...]
    metrics_namespace: str
    service: str
    log_level: str

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> "Settings":
        """Read and check the environment.

        Raises
        ------
        InvalidEnvironmentError
            Naming every variable that is missing or wrong, and what is allowed.
        """
        reader = EnvironmentReader(variables)
        settings = cls(
            table_name=reader.table("TABLE_NAME"),
            ledger_table_name=reader.table("LEDGER_TABLE_NAME"),
            invocation_log_table_name=reader.table("INVOCATION_LOG_TABLE_NAME"),
            quarantine_bucket=reader.bucket("QUARANTINE_BUCKET"),
            invocation_log_ttl_days=reader.whole_number(
                "INVOCATION_LOG_TTL_DAYS", lowest=1, highest=3650
            ),
            queue_url=reader.url("QUEUE_URL"),
            dead_letter_queue_url=reader.url("DEAD_LETTER_QUEUE_URL"),
            environment=reader.text("ENVIRONMENT"),
            region=reader.text("AWS_REGION"),
            function_name=reader.text("AWS_LAMBDA_FUNCTION_NAME"),
            status_shards=reader.whole_number("STATUS_SHARDS", lowest=1, highest=100, default=8),
            write_concurrency=reader.whole_number(
                "WRITE_CONCURRENCY", lowest=1, highest=64, default=8
            ),
            split_mb=reader.whole_number("SPLIT_MB", lowest=0, highest=102_400, default=128),
            maximum_hops=reader.whole_number("MAXIMUM_HOPS", lowest=1, highest=10_000, default=100),
            replicated_from=reader.regions("REPLICATED_FROM"),
            metrics_namespace=reader.text("POWERTOOLS_METRICS_NAMESPACE"),
            service=reader.text("POWERTOOLS_SERVICE_NAME"),
            log_level=reader.log_level("LOG_LEVEL"),
        )
        reader.check()
        return settings
