"""``aws_kms_key``, ``aws_kms_replica_key`` and the data source ``aws_kms_key``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import changed, given, tag_changes
from embedded_aws.provider.registry import data_source, resource
from embedded_aws.provider.resource_type import DataSource, ProviderError, ResourceType, State

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

_PENDING = "PendingDeletion"
_LONGEST_WINDOW = 30  # days, also the default of AWS


def _tags(state: State) -> list[dict[str, str]]:
    return [
        {"TagKey": key, "TagValue": value}
        for key, value in sorted((state.get("tags_all") or {}).items())
    ]


def _metadata(aws: AwsSession, key_id: str) -> dict[str, Any] | None:
    found: dict[str, Any] = aws.client("kms").describe_key(KeyId=key_id)["KeyMetadata"]
    return None if found["KeyState"] == _PENDING else found


def _read_tags(aws: AwsSession, key_id: str) -> dict[str, str]:
    pages = aws.client("kms").list_resource_tags(KeyId=key_id)["Tags"]
    return {tag["TagKey"]: tag["TagValue"] for tag in pages}


def _update_common(aws: AwsSession, prior: State, planned: State) -> None:
    """Apply what a key and its replicas have in common."""
    kms, key_id = aws.client("kms"), prior["key_id"]
    if planned["enabled"] and not prior["enabled"]:
        kms.enable_key(KeyId=key_id)
    if changed(prior, planned, "description"):
        kms.update_key_description(KeyId=key_id, Description=planned["description"] or "")
    if changed(prior, planned, "policy") and planned["policy"]:
        kms.put_key_policy(KeyId=key_id, PolicyName="default", Policy=planned["policy"])
    if prior["enabled"] and planned["enabled"] is False:
        kms.disable_key(KeyId=key_id)
    removed, added = tag_changes(prior, planned)
    if removed:
        kms.untag_resource(KeyId=key_id, TagKeys=removed)
    if added:
        tags = [{"TagKey": key, "TagValue": value} for key, value in added.items()]
        kms.tag_resource(KeyId=key_id, Tags=tags)


def _delete(aws: AwsSession, state: State) -> None:
    window = state.get("deletion_window_in_days") or _LONGEST_WINDOW
    aws.client("kms").schedule_key_deletion(KeyId=state["key_id"], PendingWindowInDays=window)


class _Key(ResourceType):
    policies = frozenset({"policy"})
    absent = frozenset({"NotFoundException"})

    def delete(self, aws: AwsSession, state: State) -> None:
        """Schedule the deletion: a key is never deleted at once."""
        try:
            _delete(aws, state)
        except aws.client("kms").exceptions.KMSInvalidStateException:
            # Somebody has scheduled it already.
            return

    def import_state(self, aws: AwsSession, identifier: str) -> State:
        """Import by key id."""
        del aws
        return {"id": identifier, "key_id": identifier}


@resource
class KmsKey(_Key):
    """A symmetric or asymmetric key, of one region or of several."""

    type_name = "aws_kms_key"
    replace = frozenset(
        {
            "customer_master_key_spec",
            "key_usage",
            "multi_region",
            "custom_key_store_id",
            "xks_key_id",
        }
    )
    recomputed: ClassVar = {
        "rotation_period_in_days": frozenset({"enable_key_rotation"}),
    }
    defaults: ClassVar = {
        "bypass_policy_lockout_safety_check": False,
        "customer_master_key_spec": "SYMMETRIC_DEFAULT",
        "enable_key_rotation": False,
        "is_enabled": True,
        "key_usage": "ENCRYPT_DECRYPT",
    }
    enums: ClassVar = {
        "customer_master_key_spec": ("kms", "CustomerMasterKeySpec"),
        "key_usage": ("kms", "KeyUsageType"),
    }

    def validate(self, config: State) -> list[ProviderError]:
        """Check the waiting time before a deletion."""
        days = config["deletion_window_in_days"]
        if isinstance(days, int) and not 7 <= days <= _LONGEST_WINDOW:
            text = f"expected deletion_window_in_days to be in the range (7 - 30), got {days}"
            return [ProviderError(text, "deletion_window_in_days")]
        return []

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the key."""
        answer = aws.client("kms").create_key(
            **given(
                Description=planned["description"],
                KeyUsage=planned["key_usage"],
                CustomerMasterKeySpec=planned["customer_master_key_spec"],
                MultiRegion=planned["multi_region"],
                Policy=planned["policy"],
                BypassPolicyLockoutSafetyCheck=planned["bypass_policy_lockout_safety_check"],
                Tags=_tags(planned),
            )
        )["KeyMetadata"]
        return {"id": answer["KeyId"], "key_id": answer["KeyId"], "arn": answer["Arn"]}

    def complete(self, aws: AwsSession, planned: State) -> None:
        """Switch rotation on and disable the key, where wanted."""
        if planned["enable_key_rotation"]:
            self._rotate(aws, planned)
        if planned["is_enabled"] is False:
            aws.client("kms").disable_key(KeyId=planned["key_id"])

    def _rotate(self, aws: AwsSession, planned: State) -> None:
        aws.client("kms").enable_key_rotation(
            KeyId=planned["key_id"],
            **given(RotationPeriodInDays=planned["rotation_period_in_days"]),
        )

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the key with its policy, rotation and tags."""
        kms, key_id = aws.client("kms"), state["id"]
        key = _metadata(aws, key_id)
        if key is None:
            return None
        rotation = {"KeyRotationEnabled": False}
        if key.get("KeySpec", "SYMMETRIC_DEFAULT") == "SYMMETRIC_DEFAULT":
            rotation = kms.get_key_rotation_status(KeyId=key_id)
        return {
            "arn": key["Arn"],
            "key_id": key["KeyId"],
            "description": key.get("Description", ""),
            "key_usage": key.get("KeyUsage") or "ENCRYPT_DECRYPT",
            "customer_master_key_spec": key.get("KeySpec") or key["CustomerMasterKeySpec"],
            "is_enabled": key["Enabled"],
            "multi_region": key.get("MultiRegion", False),
            "enable_key_rotation": rotation["KeyRotationEnabled"],
            "rotation_period_in_days": rotation.get("RotationPeriodInDays"),
            "policy": kms.get_key_policy(KeyId=key_id, PolicyName="default")["Policy"],
            "tags_all": _read_tags(aws, key_id),
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Change description, policy, rotation, tags and whether the key is enabled."""
        _update_common(
            aws,
            {**prior, "enabled": prior["is_enabled"]},
            {**planned, "enabled": planned["is_enabled"]},
        )
        if changed(prior, planned, "enable_key_rotation", "rotation_period_in_days"):
            if planned["enable_key_rotation"]:
                self._rotate(aws, {**planned, "key_id": prior["key_id"]})
            else:
                aws.client("kms").disable_key_rotation(KeyId=prior["key_id"])


@resource
class KmsReplicaKey(_Key):
    """The replica of a multi-region key in another region."""

    type_name = "aws_kms_replica_key"
    replace = frozenset({"primary_key_arn"})
    defaults: ClassVar = {"bypass_policy_lockout_safety_check": False, "enabled": True}

    def create(self, aws: AwsSession, planned: State) -> State:
        """Replicate the primary key, which its own region does."""
        arn = str(planned["primary_key_arn"])
        primary_region, key_id = arn.split(":")[3], arn.rsplit("/", 1)[-1]
        if primary_region == aws.region:
            raise ProviderError(
                "A replica key must be in another region than its primary key.", "primary_key_arn"
            )
        answer = aws.client("kms", primary_region).replicate_key(
            KeyId=key_id,
            ReplicaRegion=aws.region,
            **given(
                Description=planned["description"],
                Policy=planned["policy"],
                BypassPolicyLockoutSafetyCheck=planned["bypass_policy_lockout_safety_check"],
                Tags=_tags(planned),
            ),
        )["ReplicaKeyMetadata"]
        return {"id": answer["KeyId"], "key_id": answer["KeyId"]}

    def complete(self, aws: AwsSession, planned: State) -> None:
        """Give the replica what replication does not take along."""
        made = {"key_id": planned["key_id"], "enabled": True, "tags_all": None}
        _update_common(aws, {**planned, **made}, planned)

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the replica."""
        kms, key_id = aws.client("kms"), state["id"]
        key = _metadata(aws, key_id)
        if key is None:
            return None
        primary = key.get("MultiRegionConfiguration", {}).get("PrimaryKey", {}).get("Arn")
        return {
            "arn": key["Arn"],
            "key_id": key["KeyId"],
            "description": key.get("Description", ""),
            "enabled": key["Enabled"],
            "key_rotation_enabled": False,
            "key_spec": key.get("KeySpec"),
            "key_usage": key.get("KeyUsage") or "ENCRYPT_DECRYPT",
            "policy": kms.get_key_policy(KeyId=key_id, PolicyName="default")["Policy"],
            "primary_key_arn": primary or state.get("primary_key_arn"),
            "tags_all": _read_tags(aws, key_id),
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Change description, policy, tags and whether the replica is enabled."""
        _update_common(aws, prior, planned)


@data_source
class KmsKeyData(DataSource):
    """A key, found by its id, ARN or alias."""

    type_name = "aws_kms_key"

    def read(self, aws: AwsSession, config: State) -> State:
        """Describe the key."""
        key = aws.client("kms").describe_key(KeyId=config["key_id"])["KeyMetadata"]
        return {
            "id": key["KeyId"],
            "arn": key["Arn"],
            "aws_account_id": key["AWSAccountId"],
            "creation_date": key["CreationDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "customer_master_key_spec": key.get("CustomerMasterKeySpec"),
            "description": key.get("Description", ""),
            "enabled": key["Enabled"],
            "key_manager": key["KeyManager"],
            "key_spec": key.get("KeySpec"),
            "key_state": key["KeyState"],
            "key_usage": key.get("KeyUsage") or "ENCRYPT_DECRYPT",
            "multi_region": key.get("MultiRegion", False),
            "origin": key["Origin"],
        }
