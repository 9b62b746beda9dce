"""``aws_s3_bucket_lifecycle_configuration``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.registry import resource
from embedded_aws.provider.types.s3_bucket import NO_BUCKET
from embedded_aws.provider.types.s3_bucket_setting import BucketSetting
from embedded_aws.provider.types.s3_translation import Member, many, one, shape

if TYPE_CHECKING:
    from embedded_aws.provider.resource_type import State

_SIZES: dict[str, Member | str] = {
    "object_size_greater_than": "ObjectSizeGreaterThan",
    "object_size_less_than": "ObjectSizeLessThan",
    "prefix": "Prefix",
}
_RULE = shape(
    id="ID",
    status="Status",
    prefix="Prefix",
    abort_incomplete_multipart_upload=one(
        "AbortIncompleteMultipartUpload", days_after_initiation="DaysAfterInitiation"
    ),
    expiration=one(
        "Expiration",
        date="Date",
        days="Days",
        expired_object_delete_marker="ExpiredObjectDeleteMarker",
    ),
    filter=Member(
        "Filter",
        shape(
            **_SIZES,
            **{
                "and": Member("And", shape(**_SIZES, tags=Member("Tags", kind="tags"))),
                "tag": one("Tag", key="Key", value="Value"),
            },
        ),
    ),
    noncurrent_version_expiration=one(
        "NoncurrentVersionExpiration",
        newer_noncurrent_versions="NewerNoncurrentVersions",
        noncurrent_days="NoncurrentDays",
    ),
    noncurrent_version_transition=many(
        "NoncurrentVersionTransitions",
        newer_noncurrent_versions="NewerNoncurrentVersions",
        noncurrent_days="NoncurrentDays",
        storage_class="StorageClass",
    ),
    transition=many("Transitions", date="Date", days="Days", storage_class="StorageClass"),
)


@resource
class S3BucketLifecycleConfiguration(BucketSetting):
    """When objects move to another storage class or go."""

    type_name = "aws_s3_bucket_lifecycle_configuration"
    absent = NO_BUCKET | {"NoSuchLifecycleConfiguration"}
    defaults: ClassVar = {
        "expected_bucket_owner": "",
        "transition_default_minimum_object_size": "all_storage_classes_128K",
        "rule.prefix": "",
        "rule.expiration.expired_object_delete_marker": False,
        "rule.expiration.days": 0,
        "rule.transition.days": 0,
        "rule.filter.prefix": "",
        "rule.filter.and.prefix": "",
    }
    enums: ClassVar = {
        "rule.status": ("s3", "ExpirationStatus"),
        "rule.transition.storage_class": ("s3", "TransitionStorageClass"),
        "rule.noncurrent_version_transition.storage_class": ("s3", "TransitionStorageClass"),
    }
    put_call = "put_bucket_lifecycle_configuration"
    get_call = "get_bucket_lifecycle_configuration"
    delete_call = "delete_bucket_lifecycle"

    def document(self, planned: State) -> dict[str, Any]:
        """Return the rules."""
        return {"LifecycleConfiguration": {"Rules": [_rule(rule) for rule in planned["rule"]]}}

    def attributes(self, answer: dict[str, Any], state: State) -> State | None:
        """Return the rules in the order of the configuration: AWS has none."""
        found = {rule.get("ID"): _RULE.from_aws(rule) for rule in answer["Rules"]}
        order = [rule["id"] for rule in state.get("rule") or []]
        known = [found.pop(name) for name in order if name in found]
        return {"rule": [*known, *found.values()]}


def _rule(rule: State) -> dict[str, Any]:
    """Return a rule for the API, which wants either a prefix or a filter, and no empty action."""
    wanted = _RULE.to_aws(rule)
    if rule["filter"]:
        wanted.pop("Prefix", None)
        wanted["Filter"] = _filter(wanted.get("Filter", {}))
    expiration = wanted.get("Expiration", {})
    if not expiration.get("Days"):
        expiration.pop("Days", None)
    if not expiration.get("ExpiredObjectDeleteMarker"):
        expiration.pop("ExpiredObjectDeleteMarker", None)
    return wanted


def _filter(wanted: dict[str, Any]) -> dict[str, Any]:
    """Return a filter with one condition, or with ``And``: the API takes nothing else."""
    conditions = {
        name: value
        for name, value in wanted.items()
        if value or (name == "Prefix" and len(wanted) == 1)
    }
    return conditions or {"Prefix": ""}
