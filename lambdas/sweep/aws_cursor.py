"""The cursor's object in S3."""

from typing import Any

from botocore.exceptions import ClientError

from shared.aws_clients import http_status
from sweep.cursor import BEGINNING, Cursor, decode, encode


class CursorObject:
    """Keeps the cursor from one run to the next.

    Parameters
    ----------
    client : botocore client
        Of S3.
    bucket, key : str
        ``CURSOR_BUCKET`` and ``CURSOR_KEY``.
    """

    def __init__(self, client: Any, bucket: str, key: str) -> None:
        self._client = client
        self._place = {"Bucket": bucket, "Key": key}

    def load(self) -> Cursor:
        """Return the cursor; the beginning when no run has left one."""
        try:
            response = self._client.get_object(**self._place)
        except ClientError as error:
            if http_status(error) != 404:
                raise
            return BEGINNING
        return decode(response["Body"].read())

    def save(self, cursor: Cursor) -> None:
        """Keep the cursor."""
        self._client.put_object(**self._place, Body=encode(cursor), ContentType="application/json")
