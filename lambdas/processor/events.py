"""The events that announce objects, whoever sends them.

Keys differ: "The s3 key provides information about the bucket and object involved in the event. The
object key name value is URL encoded" (Amazon S3 User Guide, "Event message structure"), with a plus
sign for a space; EventBridge's ``detail.object.key`` is the key itself.

Names differ, too: a notification says ``ObjectCreated:Put`` where EventBridge's reason is
``PutObject``. What is told further on is the notification's form, whichever trigger is deployed.
"""

from typing import Any
from urllib.parse import unquote_plus

from msgspec import Struct

from shared.json_text import NotJsonError, parse_json

_EVENT_NAMES = {
    "PutObject": "Put",
    "POST Object": "Post",
    "CopyObject": "Copy",
    "CompleteMultipartUpload": "CompleteMultipartUpload",
}
"""The reasons of "Amazon S3 event message structure" for EventBridge, as notifications name them
("Supported event types for SQS, SNS, and Lambda", Amazon S3 User Guide)."""


class ObjectCreated(Struct, frozen=True):
    """An object version to process.

    Parameters
    ----------
    bucket, key : str
        The object; the key as S3 has it.
    version_id : str or None
        None when the event has none: the version that is current when the object is read.
    event_name : str
        Such as ``ObjectCreated:Put``.
    hop : int
        Messages by which the processing of the version went on so far.
    part : int or None
        One of the ranges into which the version was split, from 1; None: the whole version.
    """

    bucket: str
    key: str
    version_id: str | None
    event_name: str
    hop: int = 0
    part: int | None = None


class Ignored(Struct, frozen=True):
    """An event that announces nothing to process.

    Parameters
    ----------
    reason : str
        For the log.
    """

    reason: str


Announcement = ObjectCreated | Ignored


class MalformedEventError(Exception):
    """The event is none that this function knows; the message says what is wrong."""


def announcements(event: Any) -> list[Announcement]:
    """Read an S3 notification, an S3 test event, an EventBridge event of S3 or an announcement.

    Raises
    ------
    MalformedEventError
        It is none of these, or lacks bucket or key.
    """
    if not isinstance(event, dict):
        raise MalformedEventError(f"the event is {type(event).__name__}, not a JSON object")
    if event.get("Event") == "s3:TestEvent":
        return [Ignored("s3:TestEvent, which S3 sends when a notification is set up")]
    if "announcement" in event:
        return [_from_announcement(event["announcement"])]
    if "detail-type" in event:
        return [_from_eventbridge(event)]
    records = event.get("Records")
    if not isinstance(records, list):
        raise MalformedEventError(
            "the event has neither Records (S3), detail-type (EventBridge) nor announcement"
        )
    return [_from_notification(record) for record in records]


def announcements_in(body: str) -> list[Announcement]:
    """Read the body of a message of the work queue; raises like `announcements`."""
    try:
        event = parse_json(body.encode(errors="surrogatepass"))
    except NotJsonError as error:
        raise MalformedEventError(f"the message {error.message}") from None
    return announcements(event)


def _from_notification(record: Any) -> Announcement:
    name = record.get("eventName") if isinstance(record, dict) else None
    if not isinstance(name, str):
        raise MalformedEventError("a record of the notification has no eventName")
    name = name.removeprefix("s3:")
    if not name.startswith("ObjectCreated:"):
        return Ignored(f"{name} creates no object")
    s3 = record.get("s3")
    bucket, entry = _parts(s3)
    return ObjectCreated(bucket, unquote_plus(entry["key"]), _version(entry, "versionId"), name)


def _from_eventbridge(event: dict[str, Any]) -> Announcement:
    kind = event["detail-type"]
    if kind != "Object Created":
        return Ignored(f"{kind} creates no object")
    detail = event.get("detail")
    bucket, entry = _parts(detail)
    reason = detail.get("reason") if isinstance(detail, dict) else None
    name = f"ObjectCreated:{_EVENT_NAMES.get(str(reason), reason or 'Unknown')}"
    return ObjectCreated(bucket, entry["key"], _version(entry, "version-id"), name)


def _from_announcement(told: Any) -> Announcement:
    """Read what `shared.announcement` wrote."""
    match told:
        case {"bucket": str(bucket), "key": str(key)} if bucket and key:
            name, hop, part = told.get("eventName"), told.get("hop", 0), told.get("part")
        case _:
            raise MalformedEventError("the announcement lacks bucket or key")
    version_id = told.get("versionId")
    if version_id is not None and not (isinstance(version_id, str) and version_id):
        raise MalformedEventError(f"the announcement's versionId is {version_id!r}")
    if not isinstance(name, str) or not name.startswith("ObjectCreated:"):
        raise MalformedEventError(f"the announcement's eventName is {name!r}")
    if type(hop) is not int or hop < 0:
        raise MalformedEventError(f"the announcement's hop is {hop!r}, not a number from 0")
    if part is not None and (type(part) is not int or part < 1):
        raise MalformedEventError(f"the announcement's part is {part!r}, not a number from 1")
    return ObjectCreated(bucket, key, version_id, name, hop, part)


def _parts(source: Any) -> tuple[str, dict[str, Any]]:
    match source:
        case {"bucket": {"name": str(bucket)}, "object": {"key": str(key)}} if key:
            return bucket, source["object"]
    raise MalformedEventError("the event lacks bucket.name or object.key")


def _version(entry: dict[str, Any], name: str) -> str | None:
    version_id = entry.get(name)
    return version_id if isinstance(version_id, str) and version_id else None
