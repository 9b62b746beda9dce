"""Where rejected records go: one line of JSON for each, the record as it was and every reason."""

import base64
import hashlib
from typing import Any

import msgspec

from shared.objects import ObjectVersion
from shared.records import TO_THE_END, Rejection

LARGEST_OBJECT_KEY = 1024
"""Bytes of an object's key in S3."""

POSITION_DIGITS = 17
"""Of a begin in a key, so that keys sort by it (see `shared.items`)."""

_ENCODER = msgspec.json.Encoder()
_LONG = 64 * 1024  # bytes of a record
_ESCAPED = b'"\\\b\t\n\f\r'
"""Of each of these, JSON makes two bytes; of the other control characters, six."""

_CONTROLS = bytes(each for each in range(32) if each not in _ESCAPED)


def quarantine_key(version: ObjectVersion, begin: int = 0) -> str:
    """Return the key of a quarantine object of one object version.

    ``quarantine/<dataset>/<key>/<versionId>.jsonl``; the SHA-256 of the key stands for a key with
    which that would become longer than S3 allows.

    Parameters
    ----------
    version : ObjectVersion
        Where the rejected records were.
    begin : int
        Where the reading began whose rejections are in it: what needs several invocations, or is
        split, has a quarantine object for each, ``<versionId>-<begin>.jsonl`` behind the first.
    """
    ending = f"-{begin:0{POSITION_DIGITS}}.jsonl" if begin else ".jsonl"
    return key_of("quarantine", version.dataset, version.key, f"{version.version_id}{ending}")


def key_of(prefix: str, dataset: str, key: str, name: str) -> str:
    """Return a key in the quarantine bucket that belongs to an object; see `quarantine_key`."""
    own = f"{prefix}/{dataset}/{key}/{name}"
    if len(own.encode()) <= LARGEST_OBJECT_KEY:
        return own
    return f"{prefix}/{dataset}/{hashlib.sha256(key.encode()).hexdigest()}/{name}"


def quarantine_line(version: ObjectVersion, rejection: Rejection) -> bytes:
    r"""Write a rejected record as one line of JSON, with its line end.

    ``recordEncoding`` tells how to read ``record``: "utf-8" is the record's text itself, "base64"
    its bytes when they are not UTF-8, or when that is shorter because much of a long record is
    control characters (a broken copy leaves NULs), quotes or backslashes. It is "none" when the
    record is longer than the reader keeps: then ``byteOffset`` and ``length`` are the record's
    place in the object version (in its uncompressed text), which is immutable. ``length`` is null
    when the rest of a gzip object is meant: nobody has seen its end.

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
        "length": None if rejection.length == TO_THE_END else rejection.length,
        "reasons": rejection.reasons,
        "record": record,
        "recordEncoding": encoding,
    }
    return _ENCODER.encode(line) + b"\n"


def _as_text(raw: bytes | None) -> tuple[str | None, str]:
    if raw is None:
        return None, "none"
    if not _is_shorter_in_base64(raw):
        try:
            return raw.decode(), "utf-8"
        except UnicodeDecodeError:
            pass
    return base64.b64encode(raw).decode(), "base64"


def _is_shorter_in_base64(raw: bytes) -> bool:
    """Whether a long record is: base64 makes four bytes of three."""
    if len(raw) <= _LONG:
        return False
    controls = len(raw) - len(raw.translate(None, _CONTROLS))
    escaped = len(raw) - len(raw.translate(None, _ESCAPED))
    return 5 * controls + escaped > len(raw) // 3
