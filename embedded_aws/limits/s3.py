"""Limits of S3 that moto lets pass."""

from __future__ import annotations

import ipaddress
import re
from itertools import combinations
from typing import TYPE_CHECKING, Any

from .limit import limit, refuse

if TYPE_CHECKING:
    from embedded_aws.iam.call import ApiCall

BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
FORBIDDEN_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
FORBIDDEN_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
KEY_BYTES = 1024
METADATA_BYTES = 2048
NOTIFICATIONS = 100
LIFECYCLE_RULES = 1000
KINDS = ("TopicConfigurations", "QueueConfigurations", "LambdaFunctionConfigurations")


@limit("s3", "CreateBucket", source="AmazonS3/latest/userguide/bucketnamingrules.html")
def bucket_name(call: ApiCall) -> None:
    """Refuse a name that breaks the naming rules."""
    name = str(call.uri.get("Bucket", ""))
    if not _is_bucket_name(name):
        refuse("InvalidBucketName", "The specified bucket is not valid.")


def _is_bucket_name(name: str) -> bool:
    if not BUCKET_NAME.fullmatch(name) or ".." in name:
        return False
    if name.startswith(FORBIDDEN_STARTS) or name.endswith(FORBIDDEN_ENDS):
        return False
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return True
    return False


@limit(
    "s3",
    "PutObject",
    "CopyObject",
    "CreateMultipartUpload",
    source="AmazonS3/latest/userguide/object-keys.html",
)
def key_length(call: ApiCall) -> None:
    """Refuse a key over 1,024 bytes of UTF-8."""
    if len(str(call.uri.get("Key", "")).encode()) > KEY_BYTES:
        refuse("KeyTooLongError", "Your key is too long")


@limit(
    "s3",
    "PutObject",
    "CopyObject",
    "CreateMultipartUpload",
    source="AmazonS3/latest/userguide/UsingMetadata.html",
)
def metadata(call: ApiCall) -> None:
    """Refuse more than 2 KB of user-defined metadata."""
    prefix = "x-amz-meta-"
    size = sum(
        len(name.encode()) - len(prefix) + len(value.encode())
        for name, value in call.headers.items()
        if name.lower().startswith(prefix)
    )
    if size > METADATA_BYTES:
        refuse("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size")


@limit(
    "s3",
    "PutBucketLifecycleConfiguration",
    source="AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html",
)
def lifecycle(call: ApiCall) -> None:
    """Refuse more than 1,000 rules."""
    rules = (call.parsed.get("LifecycleConfiguration") or {}).get("Rules") or []
    if len(rules) > LIFECYCLE_RULES:
        message = "The XML you provided was not well-formed or did not validate against our "
        refuse("MalformedXML", message + "published schema")


@limit(
    "s3",
    "PutBucketNotificationConfiguration",
    source="AmazonS3/latest/userguide/notification-how-to-filtering.html",
)
def notifications(call: ApiCall) -> None:
    """Refuse more than 100 configurations, and two that answer the same event and key."""
    given = call.parsed.get("NotificationConfiguration") or {}
    listed = [entry for kind in KINDS for entry in given.get(kind) or []]
    if len(listed) > NOTIFICATIONS:
        message = f"Number of event notification configurations is over the limit {NOTIFICATIONS}"
        refuse("InvalidArgument", message)
    for one, other in combinations(listed, 2):
        if _same_events(one, other) and _same_keys(_filters(one), _filters(other)):
            message = "Configurations overlap. Configurations on the same bucket cannot share a "
            refuse("InvalidArgument", message + "common event type.")


def _same_events(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return any(
        a == b or _covers(a, b) or _covers(b, a)
        for a in one.get("Events") or []
        for b in other.get("Events") or []
    )


def _covers(wide: str, narrow: str) -> bool:
    return wide.endswith("*") and narrow.startswith(wide[:-1])


def _filters(entry: dict[str, Any]) -> tuple[str, str]:
    rules = ((entry.get("Filter") or {}).get("Key") or {}).get("FilterRules") or []
    named = {str(rule.get("Name", "")).lower(): str(rule.get("Value", "")) for rule in rules}
    return named.get("prefix", ""), named.get("suffix", "")


def _same_keys(one: tuple[str, str], other: tuple[str, str]) -> bool:
    prefixes = one[0].startswith(other[0]) or other[0].startswith(one[0])
    return prefixes and (one[1].endswith(other[1]) or other[1].endswith(one[1]))
