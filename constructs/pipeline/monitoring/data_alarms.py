"""Alarms of queues and tables, and of the account's requests to DynamoDB (rows A12, B10, C5, E6).

Sources: Amazon SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS"; Amazon DynamoDB
Developer Guide, "DynamoDB metrics and dimensions".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pipeline.config.alarms import Alarms
from pipeline.monitoring.alarm import Alarm, Metric
from pipeline.naming import Names, Table

_INDEX = "status-index"
# What the functions send to each table; DynamoDB publishes ThrottledRequests per operation only.
OPERATIONS: Mapping[Table, Sequence[str]] = {
    "processed-data": ("BatchWriteItem", "PutItem", "Query"),
    "object-ledger": ("BatchGetItem", "PutItem", "Query", "UpdateItem"),
    "invocation-log": ("PutItem",),
}


def queue_alarms(names: Names, settings: Alarms) -> Iterator[Alarm]:
    """Return what is watched of the work queue and its dead letters."""
    work = {"QueueName": names.queue("data-processing")}
    dead = {"QueueName": names.queue("data-processing-dlq")}
    yield Alarm(
        "data-processing-age",
        "Objects wait for long. See the processor's errors and open circuits, and whether its "
        "concurrency suffices.",
        [Metric("AWS/SQS", "ApproximateAgeOfOldestMessage", work, "Maximum")],
        settings.queue_age_minutes * 60,
    )
    yield Alarm(
        "data-processing-dead-letters",
        "Objects could not be processed. `make redrive DRY=1` shows which ones and why.",
        [Metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", dead, "Maximum")],
        1,
    )


def table_alarms(names: Names, settings: Alarms) -> Iterator[Alarm]:
    """Return what is watched of the tables of a region."""
    for table, operations in OPERATIONS.items():
        name = {"TableName": names.table(table)}
        throttled = [Metric("AWS/DynamoDB", "WriteThrottleEvents", name)]
        if table == "processed-data":
            index = {**name, "GlobalSecondaryIndexName": _INDEX}
            throttled.append(Metric("AWS/DynamoDB", "WriteThrottleEvents", index))
        yield Alarm(
            f"{table}-write-throttles",
            "Writes were throttled, and are tried again. Look for a hot key, the quota of the "
            "table, or too many objects at once.",
            throttled,
            settings.table_throttles,
        )
        yield Alarm(
            f"{table}-throttled-requests",
            "Whole requests were throttled, reads or writes, and are tried again. Look for a hot "
            "key, the quota of the table, or too many objects at once.",
            [
                Metric("AWS/DynamoDB", "ThrottledRequests", {**name, "Operation": operation})
                for operation in operations
            ],
            settings.table_throttles,
        )
    yield Alarm(
        "dynamodb-user-errors",
        "DynamoDB refused requests of this account as wrong; it does not tell of which table. The "
        "functions' logs say what they were told.",
        [Metric("AWS/DynamoDB", "UserErrors", {})],
        settings.table_user_errors,
    )


def replication_alarm(names: Names, table: Table, receiving: str, settings: Alarms) -> Alarm:
    """Return the watch over a global table's way to another region.

    The region that sends publishes it, under the region that receives.
    """
    dimensions = {"TableName": names.table(table), "ReceivingRegion": receiving}
    return Alarm(
        f"{table}-replication",
        f"Changes arrive late in {receiving}. Should this region be lost now, they would be "
        "missing there until it is back.",
        [Metric("AWS/DynamoDB", "ReplicationLatency", dimensions, "Average")],
        settings.replication_seconds * 1000,
        periods=2,
    )
