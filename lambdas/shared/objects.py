"""The identity of one version of an S3 object, the unit of processing."""

from datetime import datetime
from functools import cached_property

from msgspec import Struct

from shared.timestamps import utc_text


class ObjectVersion(Struct, frozen=True, dict=True):
    """One immutable version of an object.

    Parameters
    ----------
    dataset : str
        Name of the dataset that the object belongs to.
    bucket, key, version_id : str
        The object; the key as S3 has it, not URL-encoded. An object of a bucket that was never
        versioned has the version id "null".
    last_modified : datetime
        S3's LastModified of this version, with its time zone.
    size : int
        Bytes as stored in S3.
    """

    dataset: str
    bucket: str
    key: str
    version_id: str
    last_modified: datetime
    size: int

    @cached_property
    def object_id(self) -> str:
        """``<dataset>/<key>#<versionId>``: without the bucket, since replication keeps versions."""
        return f"{self.dataset}/{self.key}#{self.version_id}"

    @cached_property
    def modified_text(self) -> str:
        """LastModified as fixed-width UTC text, the form that sorts by time."""
        return utc_text(self.last_modified)
