"""The objects of requests, and URLs by which clients upload what is too large for a request."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from shared.timestamps import utc_text

UPLOADS = "api-uploads/"
"""Behind a dataset's prefix: objects that clients upload by a URL of this function's."""

_UPLOAD_SECONDS = 900


class Upload(Struct, frozen=True, rename="camel", omit_defaults=True):
    """How a file can be uploaded.

    Parameters
    ----------
    url : str
        Takes one PUT with the file as its body.
    bucket, key : str
        Where the file will be.
    format : str
        What it has to hold.
    expires_at : str
        Until when the URL can be used.
    method : str
        PUT.
    headers : dict
        Header fields that are signed: the PUT must have them.
    """

    url: str
    bucket: str
    key: str
    format: str
    expires_at: str
    method: str
    headers: dict[str, str] = {}


class RequestObjects:
    """Stores requests in the region's ingestion bucket.

    Parameters
    ----------
    client : botocore client
        Of S3.
    bucket : str
        ``INGESTION_BUCKET``.
    """

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self.bucket = bucket

    def put(self, key: str, content: bytes) -> str:
        """Store an object and return its version id; S3 checks that all of it arrived."""
        checksum = base64.b64encode(hashlib.sha256(content).digest()).decode()
        response = self._client.put_object(
            Bucket=self.bucket,
            Key=key,
            Body=content,
            ContentType="application/json",
            ChecksumSHA256=checksum,
        )
        return str(response["VersionId"])

    def upload(self, key: str, form: str, media_type: str | None = None) -> Upload:
        """Return how a file can be uploaded.

        Parameters
        ----------
        key : str
            Where to.
        form : str
            What it has to hold, for a person.
        media_type : str, optional
            The Content-Type that the object is to have.
        """
        headers = {"Content-Type": media_type} if media_type else {}
        url = self._client.generate_presigned_url(
            "put_object",
            Params={"Bucket": self.bucket, "Key": key}
            | ({"ContentType": media_type} if media_type else {}),
            ExpiresIn=_UPLOAD_SECONDS,
        )
        expiry = datetime.now(UTC) + timedelta(seconds=_UPLOAD_SECONDS)
        return Upload(str(url), self.bucket, key, form, utc_text(expiry), "PUT", headers)
