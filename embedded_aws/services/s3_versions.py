"""The version `null`: what a bucket holds that was put while it was not versioned.

Stands in for
- `S3Response.head_object`: a version id is a bad request to a bucket without versioning, though
  `null` names what is there.

Source: S3 User Guide, "How S3 Versioning works": objects that are stored before versioning is
enabled have the version id null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.s3.responses import S3Response

from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable

_NULL = "null"


def _head_object(
    original: Callable[..., Any],
    response: S3Response,
    bucket_name: str,
    query: dict[str, Any],
    key_name: str,
    headers: dict[str, Any],
) -> Any:
    if query.get("versionId") == [_NULL]:
        bucket = response.backend.get_bucket(bucket_name)
        current = bucket.keys.get(key_name)
        if not bucket.is_versioned and (current is None or current.version_id == _NULL):
            query = {name: value for name, value in query.items() if name != "versionId"}
    return original(response, bucket_name, query, key_name, headers)


def install() -> None:
    """Know the version `null`."""
    stand_in(S3Response, "head_object", _head_object)
