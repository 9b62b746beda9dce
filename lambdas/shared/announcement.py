"""The message by which the pipeline itself announces an object version to its work queue.

``{"announcement": {"bucket", "key", "versionId", "eventName", "hop", "part"}}``: the key as S3 has
it, not URL-encoded; ``hop`` and ``part`` only where they say something. The processor sends it for
what is left of a long object, the sweep for objects that no event announced, and an operator for
what stands in a dead-letter queue.
"""

from typing import Any

import msgspec

SWEEP = "ObjectCreated:Sweep"
TAKEOVER = "ObjectCreated:Takeover"
REDRIVE = "ObjectCreated:Redrive"
"""Who announces: the sweep, what no event did; a person, what another region has left, or again."""

_ENCODER = msgspec.json.Encoder()


def announcement(
    bucket: str,
    key: str,
    version_id: str | None,
    event_name: str,
    *,
    hop: int = 0,
    part: int | None = None,
) -> str:
    """Return the body of the message.

    Parameters
    ----------
    bucket, key : str
        The object.
    version_id : str or None
        The version; "null" in a bucket that was never versioned; None: the one that is current when
        the message is received, for whoever was told of none.
    event_name : str
        Who announces it, in the form of S3's event names: ``ObjectCreated:Sweep``.
    hop : int
        Messages by which the processing of the version went on so far.
    part : int, optional
        One of the ranges into which the version was split; without it, the version as a whole.
    """
    told: dict[str, Any] = {
        "bucket": bucket,
        "key": key,
        "eventName": event_name,
    }
    if version_id is not None:
        told["versionId"] = version_id
    if hop:
        told["hop"] = hop
    if part is not None:
        told["part"] = part
    return _ENCODER.encode({"announcement": told}).decode()
