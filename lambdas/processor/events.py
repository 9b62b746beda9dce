"""The events that announce objects, whoever sends them.

Keys differ: "The s3 key provides information about the bucket and object involved in the event. The
object key name value is URL encoded" (Amazon S3 User Guide, "Event message structure"), with a plus
sign for a space; EventBridge's ``detail.object.key`` is the key itself.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from shared.json_text import NotJsonError, parse_json


@dataclass(frozen=True)
class ObjectCreated:
    """An object version to process.

    Parameters
    ----------
    bucket, key : str
        The object; the key as S3 has it.
    version_id : str or None
        None when the event has none: the version that is current when the object is read.
    event_name : str
        Such as ``ObjectCreated:Put``.
    """

    bucket: str
    key: str
    version_id: str | None
    event_name: str


@dataclass(frozen=True)
class Ignored:
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
    """Read an S3 notification, an S3 test event, or an EventBridge event of S3.

    Raises
    ------
    MalformedEventError
        It is none of these, or lacks bucket or key.
    """
    if not isinstance(event, dict):
        raise MalformedEventError(f"the event is {type(event).__name__}, not a JSON object")
    if event.get("Event") == "s3:TestEvent":
        return [Ignored("s3:TestEvent, which S3 sends when a notification is set up")]
    if "detail-type" in event:
        return [_from_eventbridge(event)]
    records = event.get("Records")
    if not isinstance(records, list):
        raise MalformedEventError(
            "the event has neither Records (S3) nor detail-type (EventBridge)"
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
    name = f"ObjectCreated:{detail.get('reason', '')}" if isinstance(detail, dict) else kind
    return ObjectCreated(bucket, entry["key"], _version(entry, "version-id"), name)


def _parts(source: Any) -> tuple[str, dict[str, Any]]:
    match source:
        case {"bucket": {"name": str(bucket)}, "object": {"key": str(key)}} if key:
            return bucket, source["object"]
    raise MalformedEventError("the event lacks bucket.name or object.key")


def _version(entry: dict[str, Any], name: str) -> str | None:
    version_id = entry.get(name)
    return version_id if isinstance(version_id, str) and version_id else None
