"""Configuration of a bucket that moto loses or lacks.

Stands in for
- `S3Response._bucket_response_put`, `get_bucket_lifecycle` and `get_bucket_replication`: moto keeps
  what it knows of a lifecycle or replication rule and drops the rest (NewerNoncurrentVersions,
  sizes in filters, filters with And, delete marker replication, replication time). What was put is
  kept as it came and given back, with the ids that S3 adds;
- `S3Backend.create_bucket` and `delete_bucket_encryption`: since January 2023 every bucket is
  encrypted with SSE-S3 (S3 User Guide, "Setting default server-side encryption behavior").
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

from moto.s3.models import S3Backend
from moto.s3.responses import S3Response

from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT = ("lifecycle", "replication")
_RULE = re.compile(r"<Rule>(.*?)</Rule>", re.DOTALL)
_SSE_S3 = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}


def _put(
    original: Callable[..., Any],
    response: S3Response,
    request: Any,
    bucket_name: str,
    querystring: dict[str, Any],
) -> Any:
    answer = original(response, request, bucket_name, querystring)
    for kind in _KEPT:
        if kind in querystring:
            body = response.body
            text = body.decode() if isinstance(body, bytes) else str(body)
            setattr(response.backend.get_bucket(bucket_name), f"{kind}_document", _named(text))
    return answer


def _named(document: str) -> str:
    """Give every rule an id that has none."""

    def named(found: re.Match[str]) -> str:
        if "<ID>" in found.group(1):
            return found.group(0)
        return f"<Rule><ID>{uuid.uuid4().hex}</ID>{found.group(1)}</Rule>"

    return _RULE.sub(named, document)


def _get_lifecycle(original: Callable[..., Any], response: S3Response) -> Any:
    return _as_put(original(response), response, "lifecycle_document")


def _get_replication(original: Callable[..., Any], response: S3Response) -> Any:
    return _as_put(original(response), response, "replication_document")


def _as_put(answer: Any, response: S3Response, attribute: str) -> Any:
    document = getattr(response.backend.get_bucket(response.bucket_name), attribute, None)
    if document is None or not isinstance(answer, tuple):
        return answer
    status, headers, _ = answer
    return status, headers, document


def _create_bucket(original: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    bucket = original(*arguments, **named)
    if bucket.encryption is None:
        bucket.encryption = {"Rule": dict(_SSE_S3)}
    return bucket


def _delete_encryption(
    _original: Callable[..., None], backend: S3Backend, bucket_name: str
) -> None:
    backend.get_bucket(bucket_name).encryption = {"Rule": dict(_SSE_S3)}


def install() -> None:
    """Keep what is configured on buckets."""
    stand_in(S3Response, "_bucket_response_put", _put)
    stand_in(S3Response, "get_bucket_lifecycle", _get_lifecycle)
    stand_in(S3Response, "get_bucket_replication", _get_replication)
    stand_in(S3Backend, "create_bucket", _create_bucket)
    stand_in(S3Backend, "delete_bucket_encryption", _delete_encryption)
