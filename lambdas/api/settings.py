"""The API function's environment."""

import re
from collections.abc import Mapping

from msgspec import Struct

from shared.aws_environment import EnvironmentReader

_ORIGIN = re.compile(r"\*|https?://[^/\s,]+")


class Settings(Struct, frozen=True):
    """What the function is told when it starts.

    Parameters
    ----------
    table_name, ledger_table_name : str
        ``TABLE_NAME``, ``LEDGER_TABLE_NAME``.
    ingestion_bucket : str
        ``INGESTION_BUCKET``: where requests are stored and too large ones are sent.
    state_machine_arn : str
        ``STATE_MACHINE_ARN``: the workflow that processes requests.
    state_machine_alias : str
        ``STATE_MACHINE_ALIAS``: what of it is started.
    dead_letter_queue_url : str
        ``DEAD_LETTER_QUEUE_URL``: its depth is part of the region's health.
    secret_id : str
        ``SECRET_ID``: the secret whose ``cursorKey`` signs cursors.
    role : str
        ``REGION_ROLE``: "primary" or "secondary".
    maximum_body_bytes : int
        ``API_MAXIMUM_BODY_BYTES``, 1 to 6,291,456; 5,000,000 when it is not set.
    idempotency_hours : int
        ``API_IDEMPOTENCY_HOURS``, 1 to 1000; 24 when it is not set: how long the same request is
        the same work.
    cors_origins : tuple of str
        ``API_CORS_ORIGINS``, separated by commas: origins whose pages may call the API; "*" is
        every one; none when it is not set.
    status_shards : int
        ``STATUS_SHARDS``: partitions of a status in the status index, 1 to 100; 8 when not set.
    region : str
        ``AWS_REGION``, set by the runtime.
    version : str
        ``AWS_LAMBDA_FUNCTION_VERSION``, set by the runtime.
    metrics_namespace, service : str
        ``POWERTOOLS_METRICS_NAMESPACE`` and ``POWERTOOLS_SERVICE_NAME``.
    log_level : str
        ``LOG_LEVEL``; INFO when it is not set.
    """

    table_name: str
    ledger_table_name: str
    ingestion_bucket: str
    state_machine_arn: str
    state_machine_alias: str
    dead_letter_queue_url: str
    secret_id: str
    role: str
    maximum_body_bytes: int
    idempotency_hours: int
    cors_origins: tuple[str, ...]
    status_shards: int
    region: str
    version: str
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
            ingestion_bucket=reader.bucket("INGESTION_BUCKET"),
            state_machine_arn=reader.matching(
                "STATE_MACHINE_ARN",
                re.compile(r"arn:[a-z-]+:states:[a-z0-9-]+:\d{12}:stateMachine:[\w-]+"),
                "the ARN of a state machine",
            ),
            state_machine_alias=reader.text("STATE_MACHINE_ALIAS"),
            dead_letter_queue_url=reader.url("DEAD_LETTER_QUEUE_URL"),
            secret_id=reader.text("SECRET_ID"),
            role=reader.matching(
                "REGION_ROLE", re.compile("primary|secondary"), "primary or secondary"
            ),
            maximum_body_bytes=reader.whole_number(
                "API_MAXIMUM_BODY_BYTES", lowest=1, highest=6_291_456, default=5_000_000
            ),
            idempotency_hours=reader.whole_number(
                "API_IDEMPOTENCY_HOURS", lowest=1, highest=1000, default=24
            ),
            cors_origins=reader.listed(
                "API_CORS_ORIGINS", _ORIGIN, "origins such as https://example.com, or *"
            ),
            status_shards=reader.whole_number("STATUS_SHARDS", lowest=1, highest=100, default=8),
            region=reader.text("AWS_REGION"),
            version=variables.get("AWS_LAMBDA_FUNCTION_VERSION", ""),
            metrics_namespace=reader.text("POWERTOOLS_METRICS_NAMESPACE"),
            service=reader.text("POWERTOOLS_SERVICE_NAME"),
            log_level=reader.log_level("LOG_LEVEL"),
        )
        reader.check()
        return settings
