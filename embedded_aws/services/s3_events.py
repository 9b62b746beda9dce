"""Events of S3: what a notification and what EventBridge say about one write.

Stands in for `moto.s3.notifications._get_s3_event` and `_send_event_bridge_message`, whose records
lack the version, the sequencer, the request and the owner, and encode the slashes of keys.

Sources: S3 User Guide, "Event message structure" and "EventBridge event message structure".
"""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

SOURCE_IP = "127.0.0.1"

_DETAIL_TYPES = {
    "ObjectCreated": "Object Created",
    "ObjectRemoved": "Object Deleted",
    "ObjectTagging:Put": "Object Tags Added",
    "ObjectTagging:Delete": "Object Tags Deleted",
    "ObjectAcl": "Object ACL Updated",
    "ObjectRestore:Post": "Object Restore Initiated",
    "ObjectRestore:Completed": "Object Restore Completed",
    "ObjectRestore:Delete": "Object Restore Expired",
    "LifecycleTransition": "Object Storage Class Changed",
    "IntelligentTiering": "Object Access Tier Changed",
    "LifecycleExpiration": "Object Deleted",
}
_REASONS = {
    "ObjectCreated:Put": "PutObject",
    "ObjectCreated:Post": "POST Object",
    "ObjectCreated:Copy": "CopyObject",
    "ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
    "ObjectRemoved:Delete": "DeleteObject",
    "ObjectRemoved:DeleteMarkerCreated": "DeleteObject",
}
_DELETION_TYPES = {
    "ObjectRemoved:Delete": "Permanently Deleted",
    "ObjectRemoved:DeleteMarkerCreated": "Delete Marker Created",
}


def _request_id() -> str:
    return uuid.uuid4().hex[:16].upper()


def _now() -> datetime:
    return datetime.now(UTC)


_sequencer_lock = threading.Lock()
_last_sequencer = 0


def next_sequencer() -> str:
    """Return a hexadecimal number of 16 digits, greater than all before."""
    global _last_sequencer  # noqa: PLW0603 - one per process, guarded by the lock
    with _sequencer_lock:
        _last_sequencer = max(time.time_ns(), _last_sequencer + 1)
        return f"{_last_sequencer:016X}"


def url_encoded(key: str) -> str:
    """Encode a key as notifications have it: like a form, with slashes left alone."""
    return quote_plus(key, safe="/*").replace("~", "%7E")


@dataclass(frozen=True)
class ObjectEvent:
    """Something happened to one object.

    Parameters
    ----------
    name
        Without `s3:`, for example `ObjectCreated:Put`.
    etag, size
        Without quotes, in bytes; empty and None for a deletion.
    version_id
        Empty in a bucket without versioning.
    """

    name: str
    account: str
    region: str
    bucket: str
    key: str
    size: int | None
    etag: str
    version_id: str
    sequencer: str = field(default_factory=next_sequencer)
    request_id: str = field(default_factory=_request_id)
    time: datetime = field(default_factory=_now)

    @property
    def bucket_arn(self) -> str:
        """The bucket's ARN."""
        return f"arn:aws:s3:::{self.bucket}"

    def notification(self, configuration_id: str) -> dict[str, Any]:
        """Return the message of a notification, with one record."""
        described: dict[str, Any] = {"key": url_encoded(self.key)}
        if self.size is not None:
            described |= {"size": self.size, "eTag": self.etag}
        if self.version_id:
            described["versionId"] = self.version_id
        described["sequencer"] = self.sequencer
        record = {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": self.region,
            "eventTime": self.time.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "eventName": self.name,
            "userIdentity": {"principalId": f"AWS:{self.account}"},
            "requestParameters": {"sourceIPAddress": SOURCE_IP},
            "responseElements": {
                "x-amz-request-id": self.request_id,
                "x-amz-id-2": uuid.uuid5(uuid.NAMESPACE_OID, self.request_id).hex,
            },
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": configuration_id,
                "bucket": {
                    "name": self.bucket,
                    "ownerIdentity": {"principalId": self.account},
                    "arn": self.bucket_arn,
                },
                "object": described,
            },
        }
        return {"Records": [record]}

    def event(self) -> dict[str, Any]:
        """Return the event for EventBridge; the key stands in it as it is."""
        described: dict[str, Any] = {"key": self.key}
        if self.size is not None:
            described |= {"size": self.size, "etag": self.etag}
        if self.version_id:
            described["version-id"] = self.version_id
        described["sequencer"] = self.sequencer
        detail: dict[str, Any] = {
            "version": "0",
            "bucket": {"name": self.bucket},
            "object": described,
            "request-id": self.request_id,
            "requester": self.account,
            "source-ip-address": SOURCE_IP,
        }
        if self.name in _REASONS:
            detail["reason"] = _REASONS[self.name]
        if self.name in _DELETION_TYPES:
            detail["deletion-type"] = _DELETION_TYPES[self.name]
        group = self.name.split(":")[0]
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": _DETAIL_TYPES.get(self.name) or _DETAIL_TYPES[group],
            "source": "aws.s3",
            "account": self.account,
            "time": self.time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self.region,
            "resources": [self.bucket_arn],
            "detail": detail,
        }
