"""Object versions in S3, read in chunks; a stream that breaks goes on where it broke."""

import random
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError
from msgspec import Struct

from shared.aws_clients import AwsError, error_code, http_status, is_transient

CHUNK_BYTES = 1024 * 1024
RESUMPTIONS_WITHOUT_PROGRESS = 5


class ObjectGoneError(Exception):
    """The object or this version of it does not exist (any more)."""


class FoundVersion(Struct, frozen=True):
    """One version of an object, as S3 describes it.

    Parameters
    ----------
    bucket, key : str
        The object.
    version_id : str
        "null" for what was put while the bucket was not versioned. It is asked for by that id:
        it need not be the current one ("How S3 Versioning works", Amazon S3 User Guide).
    last_modified : datetime
        Of this version.
    size : int
        Bytes.
    etag : str
        Holds a resumed read to the same content.
    is_copy : bool
        Whether replication brought it here from another bucket. Replication announces a copy like
        any other new object; only its replication status tells ("Getting replication status
        information", Amazon S3 User Guide).
    """

    bucket: str
    key: str
    version_id: str
    last_modified: datetime
    size: int
    etag: str
    is_copy: bool = False


class OpenVersion:
    """A version that is being read, from wherever it is asked for.

    Parameters
    ----------
    client : botocore client
        Of S3.
    found : FoundVersion
        The version.
    request : dict
        The GetObject request of all of it.
    body : StreamingBody
        What S3 answered to that; it serves whoever reads from the start first.
    """

    def __init__(
        self, client: Any, found: FoundVersion, request: dict[str, Any], body: Any
    ) -> None:
        self._client = client
        self._request = request
        self._body = body
        self.found = found

    def at(self, offset: int = 0) -> Iterator[bytes]:
        """Yield the bytes from an offset on in chunks of 1 MiB; it may be dropped before its end.

        Raises
        ------
        ObjectGoneError
            The version was removed while it was read.
        """
        found = self.found
        body = None
        if offset == 0:
            body, self._body = self._body, None
        failures = 0
        try:
            while offset < found.size:
                try:
                    if body is None:
                        rest = {"Range": f"bytes={offset}-", "IfMatch": found.etag}
                        body = _get(self._client, self._request | rest)["Body"]
                    chunk = body.read(CHUNK_BYTES)
                except (*AwsError, OSError) as error:
                    failures += 1
                    if failures > RESUMPTIONS_WITHOUT_PROGRESS or not is_transient(error):
                        raise
                    time.sleep(random.uniform(0, 0.1 * 2**failures))  # noqa: S311
                    _close(body)
                    body = None
                    continue
                if chunk:
                    offset += len(chunk)
                    failures = 0
                    yield chunk
                else:
                    _close(body)
                    body = None
                    failures += 1
                    if failures > RESUMPTIONS_WITHOUT_PROGRESS:
                        raise ConnectionError(f"{found.key}: S3 ends it after {offset} bytes")
        finally:
            _close(body)

    def close(self) -> None:
        """Let go of the connection, if nobody has read from the start."""
        _close(self._body)
        self._body = None


class ObjectSource:
    """Reads object versions.

    Parameters
    ----------
    client : botocore client
        Of S3.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def find(self, bucket: str, key: str, version_id: str | None) -> FoundVersion:
        """Describe a version; without a version id, the one that is current now.

        Raises
        ------
        ObjectGoneError
            There is no such object or version, or it is a delete marker.
        """
        request = {"Bucket": bucket, "Key": key} | _version(version_id)
        try:
            response = self._client.head_object(**request)
        except ClientError as error:
            raise _gone(error, key, version_id) from error
        return _found(bucket, key, version_id, response)

    def open(self, bucket: str, key: str, version_id: str) -> OpenVersion:
        """Begin to read a version; raises like `find`."""
        request = {"Bucket": bucket, "Key": key} | _version(version_id)
        response = _get(self._client, request)
        found = _found(bucket, key, version_id, response)
        return OpenVersion(self._client, found, request, response["Body"])


def _get(client: Any, request: dict[str, Any]) -> Any:
    try:
        return client.get_object(**request)
    except ClientError as error:
        raise _gone(error, request["Key"], request.get("VersionId")) from error


def _close(body: Any) -> None:
    """Close a response that may not have been read to its end."""
    if body is not None:
        body.close()


def _version(version_id: str | None) -> dict[str, str]:
    return {} if version_id is None else {"VersionId": version_id}


def _found(bucket: str, key: str, version_id: str | None, response: Any) -> FoundVersion:
    return FoundVersion(
        bucket=bucket,
        key=key,
        version_id=version_id or response.get("VersionId") or "null",
        last_modified=response["LastModified"],
        size=response["ContentLength"],
        etag=response["ETag"],
        is_copy=response.get("ReplicationStatus") == "REPLICA",
    )


def _gone(error: Any, key: str, version_id: str | None) -> Exception:
    """Tell a missing version from every other error.

    "GetObject", Amazon S3 API reference: 404 NoSuchKey or NoSuchVersion where the caller may list
    the bucket (403 where not), 405 for the version id of a delete marker, 400 for a version id
    that no object can have. HeadObject's errors have no code but the status.
    """
    status, code = http_status(error), error_code(error)
    if status == 404 or code in {"NoSuchKey", "NoSuchVersion"}:
        what = "object" if version_id is None else f"version {version_id} of the object"
        return ObjectGoneError(
            f"{key}: the {what} does not exist; it was deleted before it was read"
        )
    if status == 405:
        return ObjectGoneError(f"{key}: version {version_id} is a delete marker, not data")
    if status == 400 and version_id is not None and code in {"400", "InvalidArgument"}:
        return ObjectGoneError(f"{key}: {version_id!r} is no version id")
    same: Exception = error
    return same
