"""Queries of the processed-data table and of its status index."""

from typing import Any

from msgspec import Struct

from shared.records import WireItem

INDEX = "status-index"


class Span(Struct, frozen=True):
    """A part of a shard of the status index.

    Parameters
    ----------
    key : str
        Of the shard: ``<dataset>#<status>#<shard>``.
    first, last : str
        The earliest and the latest timestamp in it.
    after : tuple of str, or None
        Timestamp and record id of an item: only what follows it in the order of the index.
    """

    key: str
    first: str
    last: str
    after: tuple[str, str] | None = None


class Page(Struct, frozen=True):
    """What one query returned.

    Parameters
    ----------
    items : list of WireItem
        In order.
    next : dict or None
        Where the next one begins.
    """

    items: list[WireItem]
    next: dict[str, Any] | None


class Records:
    """Reads items.

    Parameters
    ----------
    client : botocore client
        Of DynamoDB; any number of threads may use it.
    table : str
        ``TABLE_NAME``.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def of_shard(
        self, span: Span, *, backwards: bool, limit: int, begin: dict[str, Any] | None = None
    ) -> Page:
        """Return items of a shard in the order of time.

        Parameters
        ----------
        span : Span
            Which.
        backwards : bool
            The latest first.
        limit : int
            How many at most.
        begin : dict, optional
            `Page.next` of the page before.
        """
        start = begin
        if start is None and span.after is not None:
            timestamp, record_id = span.after
            start = {
                "statusKey": {"S": span.key},
                "timestamp": {"S": timestamp},
                "recordId": {"S": record_id},
            }
        return self._query(
            start,
            IndexName=INDEX,
            KeyConditionExpression="statusKey = :key AND #timestamp BETWEEN :first AND :last",
            ExpressionAttributeNames={"#timestamp": "timestamp"},
            ExpressionAttributeValues={
                ":key": {"S": span.key},
                ":first": {"S": span.first},
                ":last": {"S": span.last},
            },
            ScanIndexForward=not backwards,
            Limit=limit,
        )

    def of_record(self, record_id: str, *, limit: int, after: str | None) -> Page:
        """Return items of a record id, newest first; with ``after``, those before that time."""
        start = after and {"recordId": {"S": record_id}, "timestamp": {"S": after}}
        return self._query(
            start or None,
            KeyConditionExpression="recordId = :recordId",
            ExpressionAttributeValues={":recordId": {"S": record_id}},
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=limit,
        )

    def _query(self, start: dict[str, Any] | None, **request: Any) -> Page:
        if start is not None:
            request["ExclusiveStartKey"] = start
        response = self._client.query(TableName=self._table, **request)
        return Page(response["Items"], response.get("LastEvaluatedKey"))
