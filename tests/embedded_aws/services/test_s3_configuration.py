"""What is configured on a bucket comes back: Terraform's provider compares it on every plan."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def s3(aws: Any) -> Any:
    return aws.client("s3", "us-west-2")


@pytest.fixture
def bucket(s3: Any, name: str) -> str:
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    return name


RULES: list[dict[str, Any]] = [
    {
        "ID": "archive",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Transitions": [{"Days": 30, "StorageClass": "GLACIER_IR"}],
        "NoncurrentVersionExpiration": {"NoncurrentDays": 30, "NewerNoncurrentVersions": 3},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    },
    {
        "ID": "by-prefix",
        "Status": "Disabled",
        "Filter": {"Prefix": "logs/"},
        "Expiration": {"Days": 90},
        "NoncurrentVersionTransitions": [
            {"NoncurrentDays": 30, "StorageClass": "STANDARD_IA", "NewerNoncurrentVersions": 2},
            {"NoncurrentDays": 60, "StorageClass": "GLACIER"},
        ],
    },
    {
        "ID": "by-tag",
        "Status": "Enabled",
        "Filter": {"Tag": {"Key": "a", "Value": "b"}},
        "Expiration": {"Days": 1},
    },
    {
        "ID": "by-both",
        "Status": "Enabled",
        "Filter": {
            "And": {
                "Prefix": "x/",
                "Tags": [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}],
                "ObjectSizeGreaterThan": 1000,
            }
        },
        "Expiration": {"Days": 1},
    },
    {
        "ID": "by-size",
        "Status": "Enabled",
        "Filter": {"ObjectSizeGreaterThan": 500},
        "Expiration": {"Days": 2},
    },
    {
        "ID": "markers",
        "Status": "Enabled",
        "Filter": {},
        "Expiration": {"ExpiredObjectDeleteMarker": True},
    },
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["ID"]))
def test_a_lifecycle_rule_comes_back(s3: Any, bucket: str, rule: dict[str, Any]) -> None:
    """R-B2, R-E7."""
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    found = s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    assert found["Rules"] == [rule]
    assert found["TransitionDefaultMinimumObjectSize"] == "all_storage_classes_128K"


def test_all_lifecycle_rules_come_back_and_can_be_deleted(s3: Any, bucket: str) -> None:
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": RULES})
    found = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert found == RULES
    s3.delete_bucket_lifecycle(Bucket=bucket)
    with pytest.raises(ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=bucket)


def test_ownership_and_public_access_block_come_back(s3: Any, bucket: str) -> None:
    """R-A2."""
    controls = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    block = {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": True,
    }
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=controls)
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
    assert s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"] == controls
    found = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert found == block
    s3.delete_public_access_block(Bucket=bucket)
    with pytest.raises(ClientError, match="NoSuchPublicAccessBlockConfiguration"):
        s3.get_public_access_block(Bucket=bucket)
    s3.delete_bucket_ownership_controls(Bucket=bucket)
    with pytest.raises(ClientError, match="OwnershipControlsNotFoundError"):
        s3.get_bucket_ownership_controls(Bucket=bucket)


@pytest.mark.parametrize(
    "rule",
    [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}},
        {
            "ApplyServerSideEncryptionByDefault": {
                "SSEAlgorithm": "aws:kms",
                "KMSMasterKeyID": "arn:aws:kms:us-west-2:123456789012:key/mrk-1",
            },
            "BucketKeyEnabled": True,
        },
    ],
    ids=["SSE-S3", "SSE-KMS"],
)
def test_encryption_comes_back(s3: Any, bucket: str, rule: dict[str, Any]) -> None:
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    found = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    assert found["Rules"] == [{"BucketKeyEnabled": False, **rule}]


def test_a_new_bucket_is_encrypted_by_s3_itself(s3: Any, bucket: str) -> None:
    found = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    assert found["Rules"] == [
        {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
            "BucketKeyEnabled": False,
        }
    ]


def test_policy_tags_versioning_and_acceleration_come_back(s3: Any, bucket: str) -> None:
    """R-B3, R-A14."""
    statement = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}, "NumericLessThan": {"s3:x": 1}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        s3.get_bucket_policy(Bucket=bucket)
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_accelerate_configuration(
        Bucket=bucket, AccelerateConfiguration={"Status": "Enabled"}
    )
    tags = [{"Key": "Owner", "Value": "data"}, {"Key": "Purpose", "Value": "a & b"}]
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})

    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) == policy
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert s3.get_bucket_accelerate_configuration(Bucket=bucket)["Status"] == "Enabled"
    found = s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    assert sorted(found, key=lambda tag: tag["Key"]) == tags
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] == "us-west-2"
    head = s3.head_bucket(Bucket=bucket)
    assert head["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "us-west-2"


REPLICATION_RULES: list[dict[str, Any]] = [
    {
        "ID": "all",
        "Priority": 10,
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Enabled"},
        "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
        "Destination": {
            "Bucket": "arn:aws:s3:::there",
            "StorageClass": "STANDARD_IA",
            "EncryptionConfiguration": {"ReplicaKmsKeyID": "arn:aws:kms:us-east-1:1:key/k"},
            "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
            "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}},
        },
    },
    {
        "ID": "some",
        "Priority": 1,
        "Status": "Disabled",
        "Filter": {
            "And": {"Prefix": "x/", "Tags": [{"Key": "a", "Value": "b"}]},
        },
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": "arn:aws:s3:::there"},
    },
]


def test_replication_comes_back(s3: Any, bucket: str, aws: Any, name: str) -> None:
    """R-A2, R-F4."""
    other = aws.client("s3", "us-east-1")
    other.create_bucket(Bucket=f"{name}-there")
    for client, held in ((s3, bucket), (other, f"{name}-there")):
        client.put_bucket_versioning(Bucket=held, VersioningConfiguration={"Status": "Enabled"})
    with pytest.raises(ClientError, match="ReplicationConfigurationNotFoundError"):
        s3.get_bucket_replication(Bucket=bucket)
    configuration = {
        "Role": "arn:aws:iam::123456789012:role/replication",
        "Rules": REPLICATION_RULES,
    }
    s3.put_bucket_replication(Bucket=bucket, ReplicationConfiguration=configuration)
    found = s3.get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"]
    assert found == configuration


def test_website_logging_and_cors_come_back(s3: Any, bucket: str) -> None:
    website = {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"}}
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=website)
    found = s3.get_bucket_website(Bucket=bucket)
    assert {key: found[key] for key in website} == website
    rule = {
        "ID": "r",
        "AllowedMethods": ["GET", "PUT"],
        "AllowedOrigins": ["https://example.com"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 300,
    }
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == [rule]
