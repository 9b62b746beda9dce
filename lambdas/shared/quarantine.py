"""Where rejected records go: one line of JSON for each, the record as it was and every reason."""

import base64
import hashlib
from typing import Any

import msgspec

from shared.objects import ObjectVersion
from shared.records import Rejection

LARGEST_OBJECT_KEY = 1024
"""Bytes of an object's key in S3."""

_ENCODER = msgspec.json.Encoder()


def quarantine_key(version: ObjectVersion) -> str:
    """Return the key of the quarantine object of one object version.

    ``quarantine/<dataset>/<key>/<versionId>.jsonl``; the SHA-256 of the key stands for a key with
    which that would become longer than S3 allows.
    """
    key = f"quarantine/{version.dataset}/{version.key}/{version.version_id}.jsonl"
    if len(key.encode()) <= LARGEST_OBJECT_KEY:
        return key
    digest = hashlib.sha256(version.key.encode()).hexdigest()
    return f"quarantine/{version.dataset}/{digest}/{version.version_id}.jsonl"


def quarantine_line(version: ObjectVersion, rejection: Rejection) -> bytes:
    r"""Write a rejected record as one line of JSON, with its line end.

    ``recordEncoding`` tells how to read ``record``: "utf-8" is the record's text itself, "base64"
    its bytes when they are not UTF-8. It is "none" when the record is longer than the reader
    keeps: then ``byteOffset`` and ``length`` are the record's place in the object version (in its
    uncompressed text), which is immutable.

    Parameters
    ----------
    version : ObjectVersion
        Where the record was.
    rejection : Rejection
        The record with all its reasons.
    """
    record, encoding = _as_text(rejection.raw)
    line: dict[str, Any] = {
        "dataset": version.dataset,
        "object": version.key,
        "versionId": version.version_id,
        "lastModified": version.modified_text,
        "position": rejection.position,
        "line": rejection.line,
        "byteOffset": rejection.position,
        "length": rejection.length,
        "reasons": rejection.reasons,
        "record": record,
        "recordEncoding": encoding,
    }
    return _ENCODER.encode(line) + b"\n"


def _as_text(raw: bytes | None) -> tuple[str | None, str]:
    if raw is None:
        return None, "none"
    try:
        return raw.decode(), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(raw).decode(), "base64"
