"""KMS multi-Region keys: what one region encrypts another decrypts.

Stands in for
- `moto.kms.utils` (`KEY_ID_LEN`, `HEADER_LEN`, `CIPHERTEXT_HEADER_FORMAT`,
  `_deserialize_ciphertext_blob`): a multi-Region key's id is 40 characters long ("mrk-" and a
  UUID), the header of a ciphertext has room for 36;
- `KmsBackend.replicate_key` and `KmsResponse.replicate_key`: the replica shares aliases and grants
  with its primary and loses the policy, description and tags of its own;
- `Key.to_dict`: a primary that has replicas calls itself one.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import moto.kms.utils as kms
from moto.core.exceptions import JsonRESTError
from moto.kms.models import Key, KmsBackend, kms_backends
from moto.kms.responses import KmsResponse

from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable

KEY_ID_LENGTH = 40


def _deserialize(original: Callable[..., Any], ciphertext_blob: bytes) -> Any:
    ciphertext = original(ciphertext_blob=ciphertext_blob)
    return ciphertext._replace(key_id=ciphertext.key_id.rstrip("\0"))


def _replicate_key(
    _original: Callable[..., Any], backend: KmsBackend, key_id: str, replica_region: str
) -> Key:
    primary = backend.keys[backend.any_id_to_key_id(key_id)]
    if not primary.multi_region:
        raise JsonRESTError(
            "UnsupportedOperationException", f"{primary.arn} is not a multi-region primary key."
        )
    there = kms_backends[backend.account_id][replica_region]
    if primary.id in there.keys:
        raise JsonRESTError(
            "AlreadyExistsException", f"Key {primary.id} already exists in {replica_region}"
        )
    replica = copy.copy(primary)
    replica.aliases, replica.grants, replica.rotations = {}, {}, []
    replica.region = replica_region
    replica.arn = primary.arn.replace(f":{backend.region_name}:", f":{replica_region}:")
    configuration = primary.multi_region_configuration
    configuration["ReplicaKeys"].append({"Arn": replica.arn, "Region": replica_region})
    there.keys[replica.id] = replica
    return replica


def _replicate(_original: Callable[..., Any], response: KmsResponse) -> str:
    parameter = response._get_param
    region = parameter("ReplicaRegion")
    replica = response.kms_backend.replicate_key(parameter("KeyId"), region)
    replica.policy = parameter("Policy") or replica.generate_default_policy()
    replica.description = parameter("Description") or ""
    if parameter("Tags"):
        kms_backends[replica.account_id][region].tagger.tag_resource(replica.id, parameter("Tags"))
    return json.dumps(
        {"ReplicaKeyMetadata": replica.to_dict()["KeyMetadata"], "ReplicaPolicy": replica.policy}
    )


def _key_metadata(original: Callable[..., Any], key: Key) -> Any:
    described = original(key)
    configuration = described["KeyMetadata"].get("MultiRegionConfiguration")
    if configuration is not None:
        is_primary = configuration["PrimaryKey"]["Arn"] == key.arn
        described["KeyMetadata"]["MultiRegionConfiguration"] = {
            **configuration,
            "MultiRegionKeyType": "PRIMARY" if is_primary else "REPLICA",
        }
    return described


def install() -> None:
    """Make multi-Region keys work across regions."""
    if kms.KEY_ID_LEN != KEY_ID_LENGTH:
        kms.KEY_ID_LEN = KEY_ID_LENGTH
        kms.HEADER_LEN = KEY_ID_LENGTH + kms.IV_LEN + kms.TAG_LEN
        kms.CIPHERTEXT_HEADER_FORMAT = f">{KEY_ID_LENGTH}s{kms.IV_LEN}s{kms.TAG_LEN}s"
    stand_in(kms, "_deserialize_ciphertext_blob", _deserialize)
    stand_in(KmsBackend, "replicate_key", _replicate_key)
    stand_in(KmsResponse, "replicate_key", _replicate)
    stand_in(Key, "to_dict", _key_metadata)
