"""The quarantine's objects in S3, written part by part, so that no rejection waits on a disk."""

from types import TracebackType
from typing import Any, Self

PART_BYTES = 8 * 1024 * 1024
"""S3 takes parts from 5 MiB, and 10,000 of them: objects up to 80 GiB."""


class QuarantineObject:
    """One object that grows while it is written, in at most one part of memory.

    It appears in the bucket when it is closed, whole, and not at all after a failure. Nothing is
    written when nothing was added.

    Parameters
    ----------
    client : botocore client
        Of S3.
    bucket, key : str
        Where it will be.
    """

    def __init__(self, client: Any, bucket: str, key: str) -> None:
        self._client = client
        self._place = {"Bucket": bucket, "Key": key}
        self._buffer = bytearray()
        self._upload_id: str | None = None
        self._parts: list[dict[str, Any]] = []

    def add(self, line: bytes) -> None:
        """Append one line, with its line feed."""
        self._buffer += line
        if len(self._buffer) >= PART_BYTES:
            self._upload_part()

    def close(self) -> None:
        """Put the object into the bucket."""
        if self._upload_id is None:
            if self._buffer:
                self._client.put_object(
                    **self._place, Body=bytes(self._buffer), ContentType="application/x-ndjson"
                )
                self._buffer.clear()
            return
        if self._buffer:
            self._upload_part()
        self._client.complete_multipart_upload(
            **self._place, UploadId=self._upload_id, MultipartUpload={"Parts": self._parts}
        )
        self._upload_id = None

    def _upload_part(self) -> None:
        if self._upload_id is None:
            created = self._client.create_multipart_upload(
                **self._place, ContentType="application/x-ndjson"
            )
            self._upload_id = created["UploadId"]
        number = len(self._parts) + 1
        response = self._client.upload_part(
            **self._place, UploadId=self._upload_id, PartNumber=number, Body=bytes(self._buffer)
        )
        self._parts.append({"ETag": response["ETag"], "PartNumber": number})
        self._buffer.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._upload_id is not None and isinstance(error, Exception):
            self._client.abort_multipart_upload(**self._place, UploadId=self._upload_id)


class QuarantineBucket:
    """Where rejected records are kept.

    Parameters
    ----------
    client : botocore client
        Of S3.
    bucket : str
        ``QUARANTINE_BUCKET``.
    """

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def create(self, key: str) -> QuarantineObject:
        """Begin an object."""
        return QuarantineObject(self._client, self._bucket, key)
