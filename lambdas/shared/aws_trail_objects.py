"""The audit trail's objects in S3, changed only under S3's conditional writes.

``If-None-Match: *`` creates an object only where none is, ``If-Match`` replaces only the content
that was read: "Adding preconditions to S3 operations with conditional requests", Amazon S3 User
Guide. A concurrent writer shows as 412 (the condition failed) or 409 (ConditionalRequestConflict);
404 means that the object to be replaced is gone.
"""

from typing import Any

from botocore.exceptions import ClientError

from shared.aws_clients import http_status

_LOST = (404, 409, 412)


class TrailObjects:
    """Conditional reads and writes in one bucket.

    Parameters
    ----------
    client : botocore client
        Of S3.
    bucket : str
        The audit trail's bucket.
    """

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def create(self, key: str, content: bytes) -> bool:
        """Write an object unless one is there; return whether this call wrote it.

        False may also mean that an earlier attempt of this very call wrote it and its answer was
        lost: whoever gets False reads before anything else.
        """
        return self._put(key, content, IfNoneMatch="*")

    def read(self, key: str) -> tuple[bytes, str]:
        """Return an object's content and its ETag."""
        response = self._client.get_object(Bucket=self._bucket, Key=key)
        return response["Body"].read(), response["ETag"]

    def replace(self, key: str, content: bytes, etag: str) -> bool:
        """Replace the content that has this ETag; return whether this call did."""
        return self._put(key, content, IfMatch=etag)

    def _put(self, key: str, content: bytes, **condition: str) -> bool:
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=content,
                ContentType="application/x-ndjson",
                **condition,
            )
        except ClientError as error:
            if http_status(error) in _LOST:
                return False
            raise
        return True
