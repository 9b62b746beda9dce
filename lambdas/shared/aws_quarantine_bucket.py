"""Objects of the quarantine bucket, written part by part, so that nothing waits on a disk."""

from collections.abc import Iterator
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
    content_type : str
        What it is.
    """

    def __init__(self, client: Any, bucket: str, key: str, content_type: str) -> None:
        self._client = client
        self._place = {"Bucket": bucket, "Key": key}
        self._content_type = {"ContentType": content_type}
        self._buffer = bytearray()
        self._upload_id: str | None = None
        self._parts: list[dict[str, Any]] = []

    def add(self, piece: bytes) -> None:
        """Append some bytes, such as one line with its line feed."""
        rest = memoryview(piece)
        while len(self._buffer) + len(rest) >= PART_BYTES:
            room = PART_BYTES - len(self._buffer)
            self._buffer += rest[:room]
            rest = rest[room:]
            self._upload_part()
        self._buffer += rest

    def close(self, *, even_if_empty: bool = False) -> None:
        """Put the object into the bucket, without content only when asked to."""
        if self._upload_id is None:
            if self._buffer or even_if_empty:
                self._client.put_object(
                    **self._place, **self._content_type, Body=bytes(self._buffer)
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
            created = self._client.create_multipart_upload(**self._place, **self._content_type)
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
    """Where rejected records are kept, and for some days the keys that long objects have had.

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

    def create(self, key: str, content_type: str = "application/x-ndjson") -> QuarantineObject:
        """Begin an object."""
        return QuarantineObject(self._client, self._bucket, key, content_type)

    def read(self, key: str, piece: int) -> Iterator[bytes]:
        """Yield the content of an object in pieces of so many bytes, each asked for when needed."""
        offset, size = 0, 1
        while offset < size:
            last = offset + piece - 1
            response = self._client.get_object(
                Bucket=self._bucket, Key=key, Range=f"bytes={offset}-{last}"
            )
            size = int(response["ContentRange"].rsplit("/", 1)[1])
            content = response["Body"].read()
            offset += len(content)
            yield content
