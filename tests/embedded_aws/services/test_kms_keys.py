"""KMS multi-Region keys."""

from __future__ import annotations

from typing import Any

EAST, WEST = "us-east-1", "us-west-2"


def test_one_region_decrypts_what_the_other_encrypted(aws: Any, name: str) -> None:
    """R-B5."""
    east, west = aws.client("kms", EAST), aws.client("kms", WEST)
    key = east.create_key(MultiRegion=True, Description="data")["KeyMetadata"]
    east.create_alias(AliasName=f"alias/{name}", TargetKeyId=key["KeyId"])
    east.replicate_key(
        KeyId=key["Arn"],
        ReplicaRegion=WEST,
        Description="replica",
        Policy='{"Version": "2012-10-17", "Statement": []}',
        Tags=[{"TagKey": "a", "TagValue": "b"}],
    )
    west.create_alias(AliasName=f"alias/{name}", TargetKeyId=key["KeyId"])

    sealed = east.encrypt(
        KeyId=f"alias/{name}", Plaintext=b"hidden", EncryptionContext={"for": "test"}
    )["CiphertextBlob"]
    opened = west.decrypt(CiphertextBlob=sealed, EncryptionContext={"for": "test"})

    assert opened["Plaintext"] == b"hidden"
    assert opened["KeyId"].split(":")[3] == WEST
    data_key = west.generate_data_key(KeyId=f"alias/{name}", KeySpec="AES_256")
    assert east.decrypt(CiphertextBlob=data_key["CiphertextBlob"])["Plaintext"]


def test_primary_and_replica_know_what_they_are(aws: Any, name: str) -> None:
    east, west = aws.client("kms", EAST), aws.client("kms", WEST)
    key = east.create_key(MultiRegion=True)["KeyMetadata"]
    policy = '{"Version": "2012-10-17", "Statement": []}'
    east.replicate_key(
        KeyId=key["KeyId"],
        ReplicaRegion=WEST,
        Description="replica",
        Policy=policy,
        Tags=[{"TagKey": "a", "TagValue": "b"}],
    )
    east.create_alias(AliasName=f"alias/{name}", TargetKeyId=key["KeyId"])

    there = west.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
    here = east.describe_key(KeyId=f"alias/{name}")["KeyMetadata"]

    assert here["MultiRegionConfiguration"]["MultiRegionKeyType"] == "PRIMARY"
    assert there["MultiRegionConfiguration"]["MultiRegionKeyType"] == "REPLICA"
    assert here["MultiRegionConfiguration"]["ReplicaKeys"] == [
        {"Arn": there["Arn"], "Region": WEST}
    ]
    assert there["Description"] == "replica"
    assert west.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"] == policy
    assert west.list_resource_tags(KeyId=key["KeyId"])["Tags"] == [{"TagKey": "a", "TagValue": "b"}]
    assert [
        alias for alias in west.list_aliases()["Aliases"] if alias["AliasName"] == f"alias/{name}"
    ] == []
