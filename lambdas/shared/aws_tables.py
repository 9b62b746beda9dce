"""Writes to the processed-data table and the invocation log."""

from typing import Any

from botocore.exceptions import ClientError

from shared.aws_clients import error_code
from shared.records import WireItem


class ProcessedData:
    """Puts into the processed-data table.

    Parameters
    ----------
    client : botocore client
        Of DynamoDB.
    table : str
        ``TABLE_NAME``.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def put_batch(self, items: list[WireItem]) -> list[WireItem]:
        """Put up to 25 items with different keys; return those that DynamoDB did not process."""
        requests = [{"PutRequest": {"Item": item}} for item in items]
        response = self._client.batch_write_item(RequestItems={self._table: requests})
        left = response.get("UnprocessedItems", {}).get(self._table, [])
        return [request["PutRequest"]["Item"] for request in left]

    def put_if(self, item: WireItem, condition: dict[str, Any]) -> bool:
        """Put an item under a condition; return whether it held.

        Parameters
        ----------
        item : WireItem
            The whole item.
        condition : dict
            PutItem's ConditionExpression, with the names and values that it mentions.
        """
        try:
            self._client.put_item(TableName=self._table, Item=item, **condition)
        except ClientError as error:
            if error_code(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True


class InvocationLog:
    """One item per object version that was processed.

    Parameters
    ----------
    client : botocore client
        Of DynamoDB.
    table : str
        ``INVOCATION_LOG_TABLE_NAME``.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def put(self, texts: dict[str, str], expires_at: int) -> None:
        """Write an entry; with the same key and content again, nothing changes.

        Parameters
        ----------
        texts : dict
            ``requestId`` and ``timestamp``, the key, and whatever else the entry tells.
        expires_at : int
            Epoch seconds, for DynamoDB's Time to Live.
        """
        item: dict[str, Any] = {name: {"S": text} for name, text in texts.items()}
        item["expiresAt"] = {"N": str(expires_at)}
        self._client.put_item(TableName=self._table, Item=item)
