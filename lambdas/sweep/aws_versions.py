"""The versions of a bucket's objects, page by page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sweep.cursor import Cursor


@dataclass(frozen=True)
class ListedVersion:
    """One version of an object; "null" is the version id of what was there before versioning."""

    key: str
    version_id: str
    last_modified: datetime


@dataclass(frozen=True)
class Page:
    """Versions in the order of S3, and where the next page begins; None: there is none."""

    versions: list[ListedVersion]
    next: Cursor | None


class VersionList:
    """Lists versions; delete markers are none.

    Parameters
    ----------
    client : botocore client
        Of S3.
    bucket : str
        The bucket.
    page_size : int
        1 to 1000, S3's own limit.
    """

    def __init__(self, client: Any, bucket: str, page_size: int) -> None:
        self._client = client
        self.bucket = bucket
        self._page_size = page_size

    def page(self, after: Cursor) -> Page:
        """List what stands behind a version under the cursor's prefix."""
        markers = {"KeyMarker": after.key} if after.key else {}
        if after.version_id:
            markers["VersionIdMarker"] = after.version_id
        response = self._client.list_object_versions(
            Bucket=self.bucket, Prefix=after.prefix, MaxKeys=self._page_size, **markers
        )
        versions = [
            ListedVersion(each["Key"], each["VersionId"], each["LastModified"])
            for each in response.get("Versions", [])
        ]
        if not response["IsTruncated"]:
            return Page(versions, None)
        behind = response["NextKeyMarker"], response.get("NextVersionIdMarker", "")
        return Page(versions, Cursor(after.prefix, *behind))
