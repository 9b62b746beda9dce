"""Settings of tables come back: Terraform's provider compares them on every plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = {"pk": {"S": "a"}, "sk": {"S": "1"}}
INDEX = {
    "IndexName": "by-g",
    "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}
ATTRIBUTES = [{"AttributeName": attribute, "AttributeType": "S"} for attribute in ("pk", "sk", "g")]


def _table(east: Any, table: str) -> dict[str, Any]:
    described: dict[str, Any] = east.describe_table(TableName=table)["Table"]
    return described


def test_a_new_table_is_described_as_it_was_made(east: Any, new_table: Callable[..., str]) -> None:
    """R-A6."""
    table = new_table(
        AttributeDefinitions=ATTRIBUTES,
        GlobalSecondaryIndexes=[INDEX],
        TableClass="STANDARD_INFREQUENT_ACCESS",
        DeletionProtectionEnabled=True,
        OnDemandThroughput={"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 20},
        Tags=[{"Key": "Owner", "Value": "data"}],
    )
    found = _table(east, table)
    assert found["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert found["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    assert found["DeletionProtectionEnabled"] is True
    assert found["OnDemandThroughput"]["MaxWriteRequestUnits"] == 20
    assert found["TableId"] == _table(east, table)["TableId"]
    (index,) = found["GlobalSecondaryIndexes"]
    assert index["IndexArn"] == f"{found['TableArn']}/index/by-g"
    assert index["Projection"] == {"ProjectionType": "ALL"}
    with pytest.raises(ClientError, match="DeletionProtectionEnabled"):
        east.delete_table(TableName=table)


def test_settings_can_be_changed_one_by_one(
    aws: Any, east: Any, new_table: Callable[..., str]
) -> None:
    table = new_table()
    key = aws.client("kms").create_key()["KeyMetadata"]
    east.update_table(
        TableName=table, SSESpecification={"Enabled": True, "KMSMasterKeyId": key["KeyId"]}
    )
    encryption = _table(east, table)["SSEDescription"]
    assert encryption["KMSMasterKeyArn"] == key["Arn"]
    assert (encryption["Status"], encryption["SSEType"]) == ("ENABLED", "KMS")
    east.update_table(TableName=table, SSESpecification={"Enabled": False})
    assert "SSEDescription" not in _table(east, table)
    with pytest.raises(ClientError, match="does not exist"):
        east.update_table(
            TableName=table, SSESpecification={"Enabled": True, "KMSMasterKeyId": "absent"}
        )
    east.update_table(
        TableName=table,
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
    )
    found = _table(east, table)
    assert found["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
    assert found["ProvisionedThroughput"]["WriteCapacityUnits"] == 6
    assert found["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 0


def test_an_index_can_be_added_used_and_deleted(east: Any, table: str) -> None:
    east.put_item(TableName=table, Item={**KEY, "g": {"S": "x"}})
    east.update_table(
        TableName=table,
        AttributeDefinitions=ATTRIBUTES,
        GlobalSecondaryIndexUpdates=[{"Create": INDEX}],
    )
    query: dict[str, Any] = {
        "TableName": table,
        "IndexName": "by-g",
        "KeyConditionExpression": "g = :g",
        "ExpressionAttributeValues": {":g": {"S": "x"}},
    }
    assert east.query(**query)["Count"] == 1
    delete = [{"Delete": {"IndexName": "by-g"}}]
    east.update_table(TableName=table, GlobalSecondaryIndexUpdates=delete)
    with pytest.raises(ClientError, match=r"does not have the specified index|Invalid index"):
        east.query(**query)
    with pytest.raises(east.exceptions.ResourceNotFoundException):
        east.update_table(TableName=table, GlobalSecondaryIndexUpdates=delete)


def test_a_tag_that_is_set_again_has_one_value(east: Any, table: str) -> None:
    """R-A13."""
    arn = _table(east, table)["TableArn"]
    tags = [{"Key": f"key-{number:02}", "Value": "1"} for number in range(15)]
    east.tag_resource(ResourceArn=arn, Tags=tags)
    east.tag_resource(ResourceArn=arn, Tags=[{"Key": "key-00", "Value": "2"}])
    found = east.list_tags_of_resource(ResourceArn=arn)["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in found} == {
        **{tag["Key"]: "1" for tag in tags},
        "key-00": "2",
    }
    assert len(found) == 15


def test_point_in_time_recovery_comes_back(east: Any, table: str) -> None:
    """R-A6."""
    east.update_continuous_backups(
        TableName=table,
        PointInTimeRecoverySpecification={
            "PointInTimeRecoveryEnabled": True,
            "RecoveryPeriodInDays": 7,
        },
    )
    found = east.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    assert found["ContinuousBackupsStatus"] == "ENABLED"
    recovery = found["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"
    assert recovery["RecoveryPeriodInDays"] == 7
