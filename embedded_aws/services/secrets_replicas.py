"""Replicas of secrets, each encrypted with a key of its own region.

Stands in for `moto.secretsmanager.models.FakeSecret.create_replicas` and `ReplicaSecret.to_dict`,
which forget the key that is named for a replica. A replica answers while the region of its secret
is lost: it has the value itself.

Source: Secrets Manager User Guide, "Replicate AWS Secrets Manager secrets across Regions".
"""

from __future__ import annotations

from typing import Any

from moto.secretsmanager.models import FakeSecret, ReplicaSecret, SecretsManagerBackend

_AWS_OWNED = SecretsManagerBackend.DEFAULT_KMS_KEY_ALIAS
_create = FakeSecret.create_replicas
_describe = ReplicaSecret.to_dict


def _create_replicas(
    self: Any, replica_regions: list[dict[str, str]], force_overwrite: bool
) -> list[ReplicaSecret]:
    replicas: list[ReplicaSecret] = _create(self, replica_regions, force_overwrite)
    keys = {each["Region"]: each.get("KmsKeyId") for each in replica_regions}
    for replica in replicas:
        replica.config["KmsKeyId"] = keys.get(replica.region) or _AWS_OWNED
    return replicas


def _key(self: Any) -> str:
    return str(self.config["KmsKeyId"])


def _to_dict(self: Any) -> dict[str, Any]:
    described = {name: value for name, value in _describe(self).items() if name != "KmsKeyId"}
    return described if _key(self) == _AWS_OWNED else {**described, "KmsKeyId": _key(self)}


def install() -> None:
    """Let replicas have keys."""
    FakeSecret.create_replicas = _create_replicas
    ReplicaSecret.kms_key_id = property(_key)
    ReplicaSecret.to_dict = _to_dict
