"""The sweep's environment."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.aws_environment import EnvironmentReader


@dataclass(frozen=True)
class Settings:
    """What the function is told when it starts.

    Parameters
    ----------
    ingestion_bucket : str
        ``INGESTION_BUCKET``: whose versions it looks at.
    ledger_table_name : str
        ``LEDGER_TABLE_NAME``.
    queue_url : str
        ``QUEUE_URL``: the work queue.
    cursor_bucket, cursor_key : str
        ``CURSOR_BUCKET`` and ``CURSOR_KEY``: the object that says where the next run goes on.
    grace_seconds : int
        ``GRACE_SECONDS``: what is younger, or was changed later, may still be under way.
    versions_per_run, announcements_per_run : int
        ``VERSIONS_PER_RUN`` and ``ANNOUNCEMENTS_PER_RUN``.
    page_size : int
        ``PAGE_SIZE``: versions listed by one request, 1 to 1000; 1000 when it is not set.
    replicated_from : tuple of str
        ``REPLICATED_FROM``: regions whose ingestion buckets the pipeline copies into this region's,
        between commas; none when it is not set.
    region : str
        ``AWS_REGION``, set by the runtime.
    metrics_namespace, service : str
        ``POWERTOOLS_METRICS_NAMESPACE`` and ``POWERTOOLS_SERVICE_NAME``.
    log_level : str
        ``LOG_LEVEL``; INFO when it is not set.
    """

    ingestion_bucket: str
    ledger_table_name: str
    queue_url: str
    cursor_bucket: str
    cursor_key: str
    grace_seconds: int
    versions_per_run: int
    announcements_per_run: int
    page_size: int
    replicated_from: tuple[str, ...]
    region: str
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
            ingestion_bucket=reader.bucket("INGESTION_BUCKET"),
            ledger_table_name=reader.table("LEDGER_TABLE_NAME"),
            queue_url=reader.url("QUEUE_URL"),
            cursor_bucket=reader.bucket("CURSOR_BUCKET"),
            cursor_key=reader.text("CURSOR_KEY"),
            grace_seconds=reader.whole_number("GRACE_SECONDS", lowest=0, highest=14 * 86_400),
            versions_per_run=reader.whole_number("VERSIONS_PER_RUN", lowest=1, highest=10**9),
            announcements_per_run=reader.whole_number(
                "ANNOUNCEMENTS_PER_RUN", lowest=1, highest=10**6
            ),
            page_size=reader.whole_number("PAGE_SIZE", lowest=1, highest=1000, default=1000),
            replicated_from=reader.regions("REPLICATED_FROM"),
            region=reader.text("AWS_REGION"),
            metrics_namespace=reader.text("POWERTOOLS_METRICS_NAMESPACE"),
            service=reader.text("POWERTOOLS_SERVICE_NAME"),
            log_level=reader.log_level("LOG_LEVEL"),
        )
        reader.check()
        return settings
