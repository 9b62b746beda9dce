"""What KMS's operations need: the key behind whatever names it, and the alias where one changes.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
"""

from __future__ import annotations

import base64
import binascii
import struct
from typing import TYPE_CHECKING, Any

import moto.kms.utils

from embedded_aws.state import RUN

from .encryption import find_key
from .need import Keys, Need, arn, keys_of

if TYPE_CHECKING:
    from embedded_aws.iam.call import ApiCall

ALIASES = {"CreateAlias", "UpdateAlias", "DeleteAlias"}


def needs(call: ApiCall) -> list[Need]:
    """Give the permissions that a KMS call needs."""
    body, operation = call.parameters, call.operation
    action = f"kms:{operation}"
    if operation in ALIASES:
        alias = str(body.get("AliasName", ""))
        target = body.get("TargetKeyId") or alias
        return [
            Need(action, arn("kms", call.region, alias)),
            Need(action, _key_arn(target, call)),
        ]
    if operation == "ReEncrypt":
        source = body.get("SourceKeyId") or _key_of_ciphertext(body)
        return [
            Need("kms:ReEncryptFrom", _key_arn(source, call), lambda: _keys(body)),
            Need("kms:ReEncryptTo", _key_arn(body.get("DestinationKeyId"), call)),
        ]
    key_id = body.get("KeyId") or (_key_of_ciphertext(body) if operation == "Decrypt" else None)
    return [Need(action, _key_arn(key_id, call), lambda: _keys(body))]


def _key_arn(key_id: Any, call: ApiCall) -> str:
    if not key_id:
        return "*"
    key = find_key(str(key_id), call.region)
    if key is not None:
        region = str(key_id).split(":")[3] if str(key_id).startswith("arn:") else call.region
        return arn("kms", region, f"key/{key.id}")
    text = str(key_id)
    if text.startswith("arn:"):
        return text
    return arn("kms", call.region, text if text.startswith("alias/") else f"key/{text}")


def _key_of_ciphertext(body: dict[str, Any]) -> str | None:
    try:
        blob = base64.b64decode(str(body.get("CiphertextBlob", "")))
        return str(moto.kms.utils._deserialize_ciphertext_blob(blob).key_id)
    except (binascii.Error, struct.error, UnicodeDecodeError, ValueError):
        return None


def _keys(body: dict[str, Any]) -> Keys:
    context = body.get("EncryptionContext") or body.get("SourceEncryptionContext") or {}
    key_id = str(body.get("KeyId", ""))
    alias = f"alias/{key_id.partition('alias/')[2]}" if "alias/" in key_id else None
    return keys_of(
        {
            "kms:calleraccount": RUN.account,
            "kms:encryptioncontextkeys": list(context) or None,
            "kms:encryptionalgorithm": body.get("EncryptionAlgorithm"),
            "kms:requestalias": alias,
            "kms:granteeprincipal": body.get("GranteePrincipal"),
            "kms:grantoperations": body.get("Operations"),
            **{f"kms:encryptioncontext:{name}": value for name, value in context.items()},
        }
    )
