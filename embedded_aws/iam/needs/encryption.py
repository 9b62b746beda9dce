"""Permissions on a customer key that a call to another service implies.

AWS's services use the caller's right to the key, and say so by `kms:ViaService`. Keys that AWS
manages (aliases `alias/aws/...`) let everybody of the account through and are not judged.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#require-sse-kms
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
"""

from __future__ import annotations

from typing import Any

from moto.kms.models import kms_backends

from embedded_aws.state import RUN

from .need import Need, arn, texts

DATA_KEY = "kms:GenerateDataKey"
DECRYPT = "kms:Decrypt"


def find_key(key_id: str, region: str) -> Any | None:
    """Find moto's key by id, ARN, alias or alias ARN; None when there is none."""
    parts = key_id.split(":")
    if key_id.startswith("arn:") and len(parts) > 3:
        region = parts[3]
    backend = kms_backends[RUN.account][region]
    try:
        return backend.keys.get(backend.get_key_id(backend.any_id_to_key_id(key_id)))
    except Exception:  # noqa: BLE001 - moto raises of many kinds for ids that are none
        return None


def key_needs(key_id: str | None, region: str, service: str, *actions: str) -> list[Need]:
    """Give the needs on a customer key; none for no key and for keys that AWS manages."""
    if not key_id or "alias/aws/" in key_id:
        return []
    key = find_key(key_id, region)
    if key is None or any(name.startswith("alias/aws/") for name in key.aliases):
        return []
    resource = arn("kms", region, f"key/{key.id}")
    via = texts(**{"kms:viaservice": f"{service}.{region}.amazonaws.com"})
    caller = texts(**{"kms:calleraccount": RUN.account})
    return [Need(action, resource, lambda: {**via, **caller}) for action in actions]
