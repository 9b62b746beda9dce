"""Writes to the processed-data table and the invocation log."""

from typing import Any

import msgspec
from botocore.exceptions import ClientError

from shared.aws_clients import error_code
from shared.records import WireItem

_ENCODE = msgspec.json.Encoder().encode
_BODY = "body"
_BETWEEN = b'}},{"PutRequest":{"Item":'


class ProcessedData:
    """Puts into the processed-data table.

    The items of batches come as the JSON that DynamoDB reads. botocore would build it anew from
    dictionaries, 40 us for each item; so it is given the body of the request, and does all the
    rest: endpoint, credentials, signature, retries, errors and the parsing of the answer.

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
        self._begin = b'{"RequestItems":{%b:[{"PutRequest":{"Item":' % _ENCODE(table)
        # Boto3 guide, "Extensibility guide": the events of a call.
        events, operation = client.meta.events, "dynamodb.BatchWriteItem"
        events.register(f"before-parameter-build.{operation}", _note_body, unique_id="note-body")
        events.register(f"before-call.{operation}", _use_body, unique_id="use-body")

    def put_batch(self, items: list[bytes]) -> list[bytes]:
        """Put up to 25 items with different keys; return those that DynamoDB did not process.

        Parameters
        ----------
        items : list of bytes
            Each as `shared.records.StoredItem.encoded`.
        """
        body = b"%b%b}}]}}" % (self._begin, _BETWEEN.join(items))
        # The table is a parameter all the same: botocore's choice of an endpoint looks at it.
        response = self._client.batch_write_item(RequestItems={self._table: []}, **{_BODY: body})
        left = response.get("UnprocessedItems", {}).get(self._table, [])
        return [_ENCODE(request["PutRequest"]["Item"]) for request in left]

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


def _note_body(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """Take the body out of the parameters: the service knows none of that name."""
    context[_BODY] = params.pop(_BODY, None)


def _use_body(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """Put the body into the request, from which each attempt is made and signed."""
    if context[_BODY] is not None:
        params["body"] = context[_BODY]
