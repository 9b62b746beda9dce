"""The record of a release, which survives a crash of the command: one object per region.

It is in the bucket of the region's Terraform states, beside the states of the environment's
workspace. Each write names the state that it replaces by its ETag, so that of two commands at once
one is refused (Amazon S3 User Guide, "Add preconditions to S3 operations with conditional
requests"), and is made before what it tells of.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict, ValidationError

from operations.bootstrap import workspace_key
from operations.errors import OperationError
from operations.region import Region, RegionError

Status = Literal["under way", "cut over", "rolling back", "rolled back"]
_MISSING = ("NoSuchKey", "NoSuchBucket", "404")
_OTHERWISE = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")


class TakenOverError(OperationError):
    """Another command has written the record since this one has read it."""


class Versions(BaseModel):
    """The versions of a function between which a release shifts: from blue to green."""

    model_config = ConfigDict(frozen=True)

    blue: str
    green: str


class Record(BaseModel):
    """What is known of a release in one region.

    ``percents`` are the shares of green, the last one is 100; ``step`` is the place of the one
    that was set last, or is about to be, and -1 before the first. ``holder`` is the command that
    works on it, if any does. ``ignored`` are alarms that do not count.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    started: str
    who: str
    region: str
    status: Status = "under way"
    percents: tuple[int, ...]
    step: int = -1
    functions: dict[str, Versions]
    ignored: tuple[str, ...] = ()
    holder: str | None = None
    reason: str | None = None

    @property
    def percent(self) -> int:
        """Return the share of green that was set last, or is about to be."""
        return self.percents[self.step] if self.step >= 0 else 0

    def but(self, **changes: Any) -> Record:
        """Return the record with other values."""
        return self.model_copy(update=changes)


@dataclass
class Seen:
    """A record as it was read.

    Parameters
    ----------
    record
        The content.
    age
        Seconds since it was written, by the clock of S3.
    """

    record: Record
    age: float


class RecordStore:
    """Reads and writes the record of a region.

    Parameters
    ----------
    region
        The region, whose bucket keeps it.
    """

    def __init__(self, region: Region) -> None:
        self._region = region
        self._s3 = region.client("s3")
        self._bucket = region.names.state_bucket(region.name)
        key = workspace_key(region.environment, region.names, "release")
        self._key = key.removesuffix("tfstate") + "json"
        self._etag: str | None = None

    def read(self) -> Seen | None:
        """Return the last record, if there is one."""
        try:
            found = self._s3.get_object(Bucket=self._bucket, Key=self._key)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _MISSING:
                raise
            self._etag = None
            return None
        self._etag = found["ETag"]
        now = parsedate_to_datetime(found["ResponseMetadata"]["HTTPHeaders"]["date"])
        try:
            record = Record.model_validate_json(found["Body"].read())
        except ValidationError as error:
            raise RegionError(
                f"s3://{self._bucket}/{self._key} is no record of a release that this version of"
                f" the command reads: {error.errors()[0]['msg']}. Restore an earlier version of the"
                " object, or delete it when no release is under way."
            ) from error
        return Seen(record, (now - found["LastModified"]).total_seconds())

    def write(self, record: Record) -> None:
        """Put a record in the place of the one that was read or written last.

        Raises
        ------
        TakenOverError
            Another command was faster.
        """
        condition = {"IfMatch": self._etag} if self._etag else {"IfNoneMatch": "*"}
        try:
            written = self._s3.put_object(
                Bucket=self._bucket,
                Key=self._key,
                Body=record.model_dump_json(indent=2).encode(),
                ContentType="application/json",
                **condition,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in _OTHERWISE:
                raise
            # It may be this very write, whose answer was lost and which was sent again.
            seen = self.read()
            if seen is None or seen.record != record:
                raise self.taken_over(seen) from error
        else:
            self._etag = written["ETag"]

    def taken_over(self, seen: Seen | None) -> TakenOverError:
        """Return the error that tells who has written the record instead."""
        environment = self._region.environment.environment
        other = f": {seen.record.id} by {seen.record.who}, {seen.record.status}" if seen else ""
        return TakenOverError(
            f"{self._region.name}: another release or rollback of {environment} is at work{other}."
            " This one has stopped."
        )
