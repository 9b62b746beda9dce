"""Keys with characters that XML or a URL's pattern cannot carry.

Stands in for
- `S3Backend.flask_paths`, whose `.` meets no line feed: such a key was answered with 404;
- `S3Response.serialized` and `FakeKey.safe_name`: `EncodingType=url` is ignored by
  ListObjectVersions and ListMultipartUploads, and half done by the others (moto encodes the key,
  not the markers and delimiters); a carriage return in an answer becomes a line feed;
- `S3Response._bucket_response_delete_keys`: XML that nobody can parse is the caller's error, and
  `Quiet` leaves out what was deleted.

Sources: S3 User Guide, "Creating object key names" (XML related object key constraints); S3 API,
`EncodingType` of ListObjectVersions and `Quiet` of DeleteObjects.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.parsers.expat import ExpatError

from moto.core.base_backend import BaseBackend
from moto.core.responses import ActionResult
from moto.s3.exceptions import MalformedXML
from moto.s3.models import FakeKey, S3Backend
from moto.s3.responses import S3Response

from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable

_MARKERS = ("Delimiter", "Marker", "NextMarker", "KeyMarker", "NextKeyMarker", "StartAfter")
_ENTRIES = {
    "Contents": "Key",
    "Versions": "Key",
    "DeleteMarkers": "Key",
    "Uploads": "Key",
    "CommonPrefixes": "Prefix",
}
_LISTS = ("ListObjects", "ListObjectsV2", "ListObjectVersions", "ListMultipartUploads")
_LEFT_ALONE = {
    "ListObjects": ("Prefix",),  # S3 does not encode it, and no SDK decodes it
    "ListObjectsV2": ("Prefix", "CommonPrefixes"),  # moto encoded them
}
_REFERENCES = {
    code: f"&#x{code:X};" for code in (*range(9), 11, 12, *range(13, 32), 0xFFFE, 0xFFFF)
}
"""S3 writes them so, though XML 1.0 has no such characters: that is what `EncodingType` is for."""


def _serialized(original: Callable[..., Any], response: S3Response, answer: Any) -> Any:
    action = response.data.get("Action")
    wanted = response.querystring.get("encoding-type", [None])[0]
    if action in _LISTS and wanted == "url" and isinstance(answer.result, dict):
        answer = ActionResult(_encoded(answer.result, _LEFT_ALONE.get(action, ())))
    if action == "DeleteObjects" and response.quiet:
        answer = ActionResult({**answer.result, "Deleted": []})
    status, headers, body = original(response, answer)
    if isinstance(body, str):
        body = body.translate(_REFERENCES)
    return status, headers, body


def _encoded(result: dict[str, Any], left_alone: tuple[str, ...]) -> dict[str, Any]:
    """Return an answer with all that derives from keys encoded."""
    encoded = {**result, "EncodingType": "url"}
    for name in ("Prefix", *_MARKERS):
        if result.get(name) and name not in left_alone:
            encoded[name] = quote(result[name])
    for name, field in _ENTRIES.items():
        if result.get(name) and name not in left_alone:
            encoded[name] = [{**entry, field: quote(entry[field])} for entry in result[name]]
    return encoded


def _safe_name(_original: Callable[..., str], key: FakeKey, _encoding: str | None = None) -> str:
    return str(key.name)


def _delete_keys(
    original: Callable[..., Any], response: S3Response, *arguments: Any, **named: Any
) -> Any:
    body = response.body.encode() if isinstance(response.body, str) else response.body
    response.quiet = re.search(rb"<Quiet>\s*true\s*</Quiet>", body) is not None
    try:
        return original(response, *arguments, **named)
    except ExpatError as unreadable:
        raise MalformedXML from unreadable


def _paths(backend: S3Backend) -> dict[str, Any]:
    """Return the patterns of S3's paths, with a `.` that meets every character."""
    paths = BaseBackend.flask_paths.fget(backend)
    return {
        path.replace('(".+")', r'("[\s\S]+")').replace('("/.*")', r'("/[\s\S]*")'): handler
        for path, handler in paths.items()
    }


def install() -> None:
    """Let a key have any character."""
    S3Backend.flask_paths = property(_paths)
    stand_in(S3Response, "serialized", _serialized)
    stand_in(S3Response, "_bucket_response_delete_keys", _delete_keys)
    stand_in(FakeKey, "safe_name", _safe_name)
