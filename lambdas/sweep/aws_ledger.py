"""What the ledger says of many objects at once; the sweep changes nothing in it."""

import random
import time
from collections.abc import Sequence
from typing import Any

from sweep.standing import Item

MOST_KEYS = 100
"""Of one request: "BatchGetItem", Amazon DynamoDB API reference."""

_ATTEMPTS = 6
_ATTRIBUTES = "objectId, #region, #status, retryable, completedAt, claimExpiresAt"
_NAMES = {"#region": "region", "#status": "status"}


class LedgerBusyError(Exception):
    """DynamoDB left keys unread time and again; the next run looks at them."""


class LedgerView:
    """Reads ledger items.

    Parameters
    ----------
    client : botocore client
        Of DynamoDB.
    table : str
        ``LEDGER_TABLE_NAME``.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def of(self, region: str, object_ids: Sequence[str]) -> dict[str, Item]:
        """Return a region's items, by object id; what has none is absent.

        The read is eventually consistent, at half the price: nothing that is younger than the
        grace time is asked for.

        Parameters
        ----------
        region : str
            The region that has written them.
        object_ids : sequence of str
            At most `MOST_KEYS`, each once.

        Raises
        ------
        LedgerBusyError
            Keys stay unprocessed.
        """
        found: dict[str, Item] = {}
        keys = [{"objectId": {"S": each}, "region": {"S": region}} for each in object_ids]
        for attempt in range(_ATTEMPTS):
            if not keys:
                return found
            if attempt:
                time.sleep(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311
            response = self._client.batch_get_item(
                RequestItems={
                    self._table: {
                        "Keys": keys,
                        "ProjectionExpression": _ATTRIBUTES,
                        "ExpressionAttributeNames": _NAMES,
                    }
                }
            )
            for item in response["Responses"].get(self._table, []):
                found[item["objectId"]["S"]] = item
            keys = response.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
        if keys:
            raise LedgerBusyError(f"{len(keys)} ledger items stay unread")
        return found

    def all_of(self, object_id: str) -> list[Item]:
        """Return every item of an object version: of all regions, and of its parts."""
        found: list[Item] = []
        start: dict[str, Any] = {}
        while True:
            response = self._client.query(
                TableName=self._table,
                KeyConditionExpression="objectId = :id",
                ProjectionExpression=_ATTRIBUTES,
                ExpressionAttributeNames=_NAMES,
                ExpressionAttributeValues={":id": {"S": object_id}},
                **start,
            )
            found += response["Items"]
            if "LastEvaluatedKey" not in response:
                return found
            start = {"ExclusiveStartKey": response["LastEvaluatedKey"]}
