"""Writes of S3: one at a time, and their events when they are complete.

Stands in for
- `S3Response._key_response_put`, `_key_response_post`, `_key_response_delete` and
  `_bucket_response_delete_keys`: between the check of `If-None-Match` or `If-Match` and the write
  moto lets others in, so two could take one lock of Terraform's;
- `S3Backend.delete_object`: a delete marker and the deletion of a version make no event;
- `FakeDeleteMarker.dispose`, which it lacks: a marker that is a key's last version stays for ever;
- `moto.s3.notifications.send_event`: events go out before metadata and tags are there, and a
  multipart upload is announced twice.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import moto.s3.notifications
from moto.s3.models import FakeDeleteMarker, S3Backend
from moto.s3.responses import S3Response

from embedded_aws.services import s3_notifications
from embedded_aws.services.s3_events import ObjectEvent
from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOCK = threading.RLock()
"""Held while an object is written or deleted; moto's S3 is one for all regions."""

_COMPLETE = "ObjectCreated:CompleteMultipartUpload"
_PUT = "ObjectCreated:Put"

_thread = threading.local()


@contextmanager
def _one_write() -> Iterator[None]:
    if getattr(_thread, "events", None) is not None:
        yield
        return
    with LOCK:
        _thread.events = []
        try:
            yield
            for event, bucket in _of_the_write(_thread.events):
                s3_notifications.announce(event, bucket)
        finally:
            _thread.events = None


def _of_the_write(events: list[tuple[ObjectEvent, Any]]) -> list[tuple[ObjectEvent, Any]]:
    """Leave out what moto tells besides: AWS makes one event of a write."""
    created = [entry for entry in events if entry[0].name.startswith("ObjectCreated:")]
    if any(event.name == _COMPLETE for event, _ in created):
        return [entry for entry in created if entry[0].name != _PUT]
    return created or events


def _writing(original: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    with _one_write():
        return original(*arguments, **named)


def _send_event(
    _original: Callable[..., None], account_id: str, event_name: Any, bucket: Any, key: Any
) -> None:
    _tell(str(event_name.value), account_id, bucket, key)


def _tell(name: str, account: str, bucket: Any, key: Any) -> None:
    if getattr(_thread, "muted", False):
        return
    name = name.removeprefix("s3:")
    removed = name.startswith("ObjectRemoved:")
    event = ObjectEvent(
        name=name,
        account=account,
        region=bucket.region_name,
        bucket=bucket.name,
        key=key.name,
        size=None if removed else key.size,
        etag="" if removed else key.etag.replace('"', ""),
        version_id=key.version_id if bucket.is_versioned else "",
    )
    events = getattr(_thread, "events", None)
    if events is not None:
        events.append((event, bucket))
    else:
        s3_notifications.announce(event, bucket)


def _delete_object(
    original: Callable[..., Any],
    backend: S3Backend,
    bucket_name: str,
    key_name: str,
    version_id: str | None = None,
    bypass: bool = False,
) -> Any:
    bucket = backend.get_bucket(bucket_name)
    versions = bucket.keys.getlist(key_name, [])
    named = [held for held in versions if version_id in {None, str(held.version_id)}]
    gone = named[-1] if named else None
    _thread.muted = True
    try:
        success, meta = original(backend, bucket_name, key_name, version_id, bypass)
    finally:
        _thread.muted = False
    if success and gone is not None:
        latest = bucket.keys.get(key_name)
        if version_id is None and bucket.is_versioned and isinstance(latest, FakeDeleteMarker):
            _tell("ObjectRemoved:DeleteMarkerCreated", bucket.account_id, bucket, latest)
        else:
            _tell("ObjectRemoved:Delete", bucket.account_id, bucket, gone)
    return success, meta


def _dispose(_marker: FakeDeleteMarker) -> None:
    """Release nothing: a delete marker has no content."""


def install() -> None:
    """Make writes of objects atomic."""
    for name in (
        "_key_response_put",
        "_key_response_post",
        "_key_response_delete",
        "_bucket_response_delete_keys",
    ):
        stand_in(S3Response, name, _writing)
    stand_in(S3Backend, "delete_object", _delete_object)
    FakeDeleteMarker.dispose = _dispose
    stand_in(moto.s3.notifications, "send_event", _send_event)
