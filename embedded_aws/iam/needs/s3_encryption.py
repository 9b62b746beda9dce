"""Rights to the key with which an object is encrypted (SSE-KMS)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.s3.models import s3_backends

from embedded_aws.state import RUN

from .encryption import DATA_KEY, DECRYPT, key_needs

if TYPE_CHECKING:
    from embedded_aws.iam.call import ApiCall

    from .need import Need

READS = {"GetObject", "HeadObject", "GetObjectAttributes", "SelectObjectContent"}
WRITES = {"PutObject", "CopyObject", "CreateMultipartUpload"}
PARTS = {"UploadPart", "UploadPartCopy", "CompleteMultipartUpload"}


def find_bucket(name: str) -> Any | None:
    """Find moto's bucket."""
    return s3_backends[RUN.account]["aws"].buckets.get(name)


def find_object(bucket: str, key: str, version: str | None) -> Any | None:
    """Find moto's object, None also behind a delete marker."""
    if find_bucket(bucket) is None:
        return None
    try:
        found = s3_backends[RUN.account]["aws"].get_object(bucket, key, version_id=version)
    except Exception:  # noqa: BLE001 - moto refuses odd version ids in several ways
        return None
    return None if getattr(found, "encryption", found) is found else found


def encryption_needs(call: ApiCall, operation: str, bucket: str, key: str) -> list[Need]:
    """Give the rights to the customer key that reading or writing the object takes."""
    held = find_bucket(bucket)
    if held is None:
        return []
    if operation in READS:
        found = find_object(bucket, key, call.query.get("versionId"))
        if found is None or found.encryption != "aws:kms":
            return []
        return key_needs(found.kms_key_id, held.region_name, "s3", DECRYPT)
    if operation in WRITES | PARTS:
        key_id = _key_of_write(call, held)
        multipart = operation not in {"PutObject", "CopyObject"}
        return key_needs(
            key_id, held.region_name, "s3", DATA_KEY, *([DECRYPT] if multipart else [])
        )
    return []


def _key_of_write(call: ApiCall, bucket: Any) -> str | None:
    asked = call.headers.get("x-amz-server-side-encryption")
    if asked and asked != "aws:kms":
        return None
    rule = (bucket.encryption or {}).get("Rule", {})
    rule = rule[0] if isinstance(rule, list) and rule else rule
    default = rule.get("ApplyServerSideEncryptionByDefault", {}) if isinstance(rule, dict) else {}
    if not asked and default.get("SSEAlgorithm") != "aws:kms":
        return None
    named = call.headers.get("x-amz-server-side-encryption-aws-kms-key-id")
    return named or default.get("KMSMasterKeyID")
