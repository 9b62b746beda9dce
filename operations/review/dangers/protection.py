"""Encryption and protection that would be weaker than it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from operations.review.changes import Change
from operations.review.dangers.model import Danger, Landscape, danger
from operations.review.values import UNKNOWN, leaves, text

# Attributes of any resource, by the last part of their path.
_SHOULD_STAY_ON = {
    "deletion_protection_enabled": "AWS would let anybody with the right delete it",
    "deletion_protection": "AWS would let anybody with the right delete it",
    "enable_deletion_protection": "AWS would let anybody with the right delete it",
    "point_in_time_recovery": "what is overwritten or deleted by mistake cannot be restored",
    "point_in_time_recovery.enabled": "what is overwritten or deleted by mistake is lost",
    "server_side_encryption.enabled": "AWS's own key would encrypt it, which nobody can withdraw",
    "enable_key_rotation": "the key's material would never change again",
    "is_enabled": "what it encrypts cannot be read while it is off",
    "encrypted": "it would be stored in clear",
    "storage_encrypted": "it would be stored in clear",
    "sqs_managed_sse_enabled": "its messages would be stored in clear",
    "cache_data_encrypted": "it would be stored in clear",
    "block_public_acls": "an access control list could open it to everybody",
    "ignore_public_acls": "an access control list could open it to everybody",
    "block_public_policy": "a policy could open it to everybody",
    "restrict_public_buckets": "a policy could open it to everybody",
    "enable_log_file_validation": "nobody could tell whether the log was changed",
    "object_lock_enabled": "objects could be deleted before their time",
    "api_key_required": "everybody who knows the URL could call it",
}
_SHOULD_STAY_OFF = {
    "skip_final_snapshot": "its data would be lost with it",
    "force_delete": "it could be destroyed with everything in it",
    "bypass_policy_lockout_safety_check": "the policy may lock everybody out of the key",
}
_KEYS = re.compile(r"^(kms_.*(id|arn)|encryption_key|target_key_(id|arn))$")
_TLS = re.compile(r"^(minimum_protocol_version|security_policy|ssl_policy|tls_.*|min_tls.*)$")
# Better first. A change to a later one is a danger, and so is one to a value that is not here.
_ORDERED: dict[str, tuple[Any, ...]] = {
    "sse_algorithm": ("aws:kms:dsse", "aws:kms", "AES256"),
    "encryption_type": ("KMS", "CUSTOMER_MANAGED_KMS_KEY", "AWS_OWNED_KEY", "NONE"),
    "encryption_mode": ("SSE_KMS", "SSE_S3", "DISABLED"),
    "mfa_configuration": ("ON", "OPTIONAL", "OFF"),
    "object_ownership": ("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"),
    "authorization": ("CUSTOM", "COGNITO_USER_POOLS", "AWS_IAM", "NONE"),
    "authorization_type": ("CUSTOM", "JWT", "AWS_IAM", "NONE"),
    "deletion_protection": ("ACTIVE", "INACTIVE"),
    "mfa_delete": ("Enabled", "Disabled"),
}
_AMONG_EQUALS = ("authorization", "authorization_type", "encryption_type")  # only the last is worse
# Resources that are nothing but a protection of something else.
_GUARDS = {
    "aws_s3_bucket_versioning": "overwritten and deleted objects would be lost",
    "aws_s3_bucket_public_access_block": "a policy or an access control list could open the bucket",
    "aws_s3_account_public_access_block": "policies could open any bucket of the account",
    "aws_s3_bucket_server_side_encryption_configuration": "S3's default would encrypt new objects",
    "aws_s3_bucket_ownership_controls": "access control lists would count again",
    "aws_s3_bucket_object_lock_configuration": "objects could be deleted before their time",
    "aws_s3_bucket_replication_configuration": "new objects would not be copied any more",
    "aws_s3_bucket_logging": "accesses would not be logged any more",
    "aws_wafv2_web_acl_association": "requests would not be filtered any more",
    "aws_wafv2_web_acl": "requests would not be filtered any more",
    "aws_backup_plan": "there would be no new recovery points",
    "aws_backup_selection": "there would be no new recovery points",
    "aws_cloudtrail": "calls of the account would not be recorded any more",
    "aws_guardduty_detector": "threats would not be looked for any more",
}


def find(change: Change, landscape: Landscape) -> Iterator[Danger]:
    """Yield what protects less after the change."""
    why = _GUARDS.get(change.kind)
    if why and change.action == "delete" and not landscape.goes_with_its_owner(change):
        evidence = ["guard", change.before]
        yield danger("protection", change, "would be removed", why, evidence)
    if change.action not in ("update", "replace"):
        return
    for path, before, after in leaves(change.before, change.after):
        if after is UNKNOWN and not change.sets(*path):
            continue  # one of AWS's own values
        if after is None and path[0].startswith("replica"):
            continue  # a replica that goes: state.py
        worse = _worse(change, path, before, after)
        if worse:
            place = ".".join(path)
            what = f"{place}: {text(before)} → {text(after)}"
            yield danger("protection", change, what, worse, [place, text(before), text(after)])


def _worse(change: Change, path: tuple[str, ...], before: Any, after: Any) -> str:
    name, place = path[-1], re.sub(r"\[.*?\]", "", ".".join(path[-2:]))
    on = _SHOULD_STAY_ON.get(place) or _SHOULD_STAY_ON.get(name)
    if after is UNKNOWN and before not in (None, False, ""):
        known = on or _KEYS.match(name) or _TLS.match(name) or name in _ORDERED
        return "what it will be cannot be told before the apply" if known else ""
    if on and before is True and after is not True:
        return on if _counts(change, name) else ""
    if after is True:
        return _turned_on(change, name)
    return _key_text(change, name, before, after) or _order_text(change, name, before, after)


def _turned_on(change: Change, name: str) -> str:
    if name == "force_destroy" and change.kind == "aws_s3_bucket":
        return "the bucket could be destroyed with everything in it"
    return _SHOULD_STAY_OFF.get(name, "")


def _counts(change: Change, name: str) -> bool:
    if name == "is_enabled":
        return change.kind.startswith("aws_kms")
    # SQS encrypts with its own key or with one of KMS, never with both.
    return not (name == "sqs_managed_sse_enabled" and change.after.get("kms_master_key_id"))


def _key_text(change: Change, name: str, before: Any, after: Any) -> str:
    if not _KEYS.match(name) or not before:
        return ""
    if not after or str(after).startswith("alias/aws/"):
        return "AWS's own key would encrypt it, which nobody can withdraw or audit"
    if change.kind == "aws_kms_alias":
        return "whoever uses the alias would encrypt with another key"
    if change.kind == "aws_dynamodb_table":
        return "the key is another one; the provider makes a replica anew for this"
    return "what is there stays under the former key, which must stay as well"


def _order_text(change: Change, name: str, before: Any, after: Any) -> str:
    if _TLS.match(name) and before:
        return "" if _tls(after) > _tls(before) else "older TLS or another policy could be accepted"
    if name == "status" and change.kind == "aws_s3_bucket_versioning" and before == "Enabled":
        return "overwritten and deleted objects would be lost"
    if name == "enable_logging" and before is True and change.kind == "aws_cloudtrail":
        return "calls of the account would not be recorded any more"
    order = _ORDERED.get(name, ())
    if before not in order:
        return ""
    if name in _AMONG_EQUALS:
        worse = before != order[-1] and (after not in order or after == order[-1])
    else:
        worse = after not in order or order.index(after) > order.index(before)
    return f"{text(after)} protects less than {text(before)}" if worse else ""


def _tls(policy: Any) -> tuple[int, ...]:
    found = re.findall(r"(?:TLS|Tls)[a-z]*[-_v]*(\d(?:[._-]\d|\d)?)", str(policy))
    return tuple(int(digit) for digit in re.findall(r"\d", found[0])) if found else ()
