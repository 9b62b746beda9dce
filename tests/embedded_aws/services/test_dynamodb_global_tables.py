"""Global tables, version 2019.11.21."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.services import dynamodb_replication
from embedded_aws.services.dynamodb_ttl import delete_expired
from tests.embedded_aws.services.eventually import eventually
from tests.embedded_aws.services.streams import records_of

if TYPE_CHECKING:
    from collections.abc import Callable

EAST, WEST = "us-east-1", "us-west-2"
KEY = {"pk": {"S": "a"}, "sk": {"S": "1"}}


def _item(client: Any, table: str) -> Any:
    return client.get_item(TableName=table, Key=KEY).get("Item")


def _settled() -> None:
    assert eventually(lambda: dynamodb_replication.pending() == 0)


def test_writes_and_deletions_of_either_region_arrive_in_the_other(
    aws: Any, east: Any, west: Any, global_table: str
) -> None:
    """R-A7."""
    east.put_item(TableName=global_table, Item={**KEY, "from": {"S": "east"}})
    assert eventually(lambda: _item(west, global_table)) == {**KEY, "from": {"S": "east"}}
    west.update_item(
        TableName=global_table,
        Key=KEY,
        UpdateExpression="SET seen = :yes",
        ExpressionAttributeValues={":yes": {"BOOL": True}},
    )
    assert eventually(lambda: (_item(east, global_table) or {}).get("seen")) == {"BOOL": True}
    west.delete_item(TableName=global_table, Key=KEY)
    assert eventually(lambda: _item(east, global_table) is None)
    _settled()
    for region in (EAST, WEST):
        names = [record["eventName"] for record in records_of(aws, region, global_table)]
        assert names == ["INSERT", "MODIFY", "REMOVE"], region
        assert {r["awsRegion"] for r in records_of(aws, region, global_table)} == {region}


def test_the_later_of_two_concurrent_writes_wins_in_both_regions(
    east: Any, west: Any, global_table: str
) -> None:
    for number in range(20):
        east.put_item(TableName=global_table, Item={**KEY, "n": {"S": f"east {number}"}})
        west.put_item(TableName=global_table, Item={**KEY, "n": {"S": f"west {number}"}})
    _settled()
    assert _item(east, global_table) == _item(west, global_table)
    assert _item(west, global_table)["n"] == {"S": "west 19"}


def test_a_later_deletion_beats_an_earlier_write(
    east: Any, west: Any, global_table: str, region_down: Callable[[str], None], aws: Any
) -> None:
    east.put_item(TableName=global_table, Item=KEY)
    _settled()
    region_down(WEST)
    east.put_item(TableName=global_table, Item={**KEY, "n": {"N": "1"}})
    east.delete_item(TableName=global_table, Key=KEY)
    aws.state.regions_down.clear()
    _settled()
    assert _item(west, global_table) is None


def test_what_a_lost_region_misses_is_delivered_when_it_is_back(
    aws: Any, east: Any, west: Any, global_table: str, region_down: Callable[[str], None]
) -> None:
    """R-F4."""
    region_down(WEST)
    for number in range(5):
        east.put_item(TableName=global_table, Item={**KEY, "n": {"N": str(number)}})
    assert dynamodb_replication.pending() == 5
    assert aws.state.report()["in_flight"]["replication"] == 5
    aws.state.regions_down.clear()
    _settled()
    assert _item(west, global_table)["n"] == {"N": "4"}
    assert len(records_of(aws, WEST, global_table)) == 5


def test_a_cancelled_transaction_is_not_replicated(east: Any, west: Any, global_table: str) -> None:
    with pytest.raises(east.exceptions.TransactionCanceledException):
        east.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": global_table, "Item": KEY}},
                {
                    "ConditionCheck": {
                        "TableName": global_table,
                        "Key": {"pk": {"S": "x"}, "sk": {"S": "x"}},
                        "ConditionExpression": "attribute_exists(pk)",
                    }
                },
            ]
        )
    _settled()
    assert west.scan(TableName=global_table)["Count"] == 0


def test_an_expiry_arrives_as_an_ordinary_deletion(
    aws: Any, east: Any, west: Any, global_table: str
) -> None:
    east.update_time_to_live(
        TableName=global_table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"}
    )
    spec = west.describe_time_to_live(TableName=global_table)["TimeToLiveDescription"]
    assert spec == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}
    east.put_item(TableName=global_table, Item={**KEY, "ttl": {"N": str(int(time.time()) - 9)}})
    _settled()
    assert delete_expired() >= 1
    _settled()
    here, there = (records_of(aws, region, global_table)[-1] for region in (EAST, WEST))
    assert {here["eventName"], there["eventName"]} == {"REMOVE"}
    identities = [record.get("userIdentity", {}).get("PrincipalId") for record in (here, there)]
    assert "dynamodb.amazonaws.com" in identities


def test_a_replica_begins_with_the_table_as_it_is(
    aws: Any, east: Any, west: Any, new_table: Callable[..., str]
) -> None:
    table = new_table(
        AttributeDefinitions=[
            {"AttributeName": attribute, "AttributeType": "S"} for attribute in ("pk", "sk", "g")
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-g",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    east.put_item(TableName=table, Item={**KEY, "g": {"S": "x"}})
    east.update_table(TableName=table, ReplicaUpdates=[{"Create": {"RegionName": WEST}}])

    found = west.query(
        TableName=table,
        IndexName="by-g",
        KeyConditionExpression="g = :g",
        ExpressionAttributeValues={":g": {"S": "x"}},
    )
    assert found["Count"] == 1
    here = east.describe_table(TableName=table)["Table"]
    there = west.describe_table(TableName=table)["Table"]
    assert [r["RegionName"] for r in here["Replicas"]] == [WEST]
    assert [r["RegionName"] for r in there["Replicas"]] == [EAST]
    assert {here["GlobalTableVersion"], there["GlobalTableVersion"]} == {"2019.11.21"}
    assert here["LatestStreamArn"] != there["LatestStreamArn"]
    assert f":{WEST}:" in there["LatestStreamArn"]
    assert there["KeySchema"] == here["KeySchema"]
    assert there["BillingModeSummary"] == here["BillingModeSummary"]


def test_indexes_follow_and_recovery_and_protection_do_not(
    east: Any, west: Any, global_table: str
) -> None:
    """R-A7: point-in-time recovery is set in each region."""
    enabled = {"PointInTimeRecoveryEnabled": True}
    east.update_continuous_backups(TableName=global_table, PointInTimeRecoverySpecification=enabled)
    east.update_table(TableName=global_table, DeletionProtectionEnabled=True)
    east.update_table(
        TableName=global_table,
        AttributeDefinitions=[
            {"AttributeName": attribute, "AttributeType": "S"} for attribute in ("pk", "sk", "g")
        ],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "by-g",
                    "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            }
        ],
    )

    def recovery(client: Any) -> str:
        described = client.describe_continuous_backups(TableName=global_table)
        status: str = described["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"][
            "PointInTimeRecoveryStatus"
        ]
        return status

    assert [recovery(east), recovery(west)] == ["ENABLED", "DISABLED"]
    west.update_continuous_backups(TableName=global_table, PointInTimeRecoverySpecification=enabled)
    assert recovery(west) == "ENABLED"
    there = west.describe_table(TableName=global_table)["Table"]
    assert [index["IndexName"] for index in there["GlobalSecondaryIndexes"]] == ["by-g"]
    assert there["DeletionProtectionEnabled"] is False


def test_a_replica_can_be_deleted_and_made_again(east: Any, west: Any, global_table: str) -> None:
    east.put_item(TableName=global_table, Item=KEY)
    _settled()
    west.update_table(TableName=global_table, DeletionProtectionEnabled=True)
    delete = [{"Delete": {"RegionName": WEST}}]
    with pytest.raises(ClientError, match=r"DeletionProtection"):
        east.update_table(TableName=global_table, ReplicaUpdates=delete)
    west.update_table(TableName=global_table, DeletionProtectionEnabled=False)
    east.update_table(TableName=global_table, ReplicaUpdates=delete)
    with pytest.raises(west.exceptions.ResourceNotFoundException):
        west.describe_table(TableName=global_table)
    assert "Replicas" not in east.describe_table(TableName=global_table)["Table"]
    east.put_item(TableName=global_table, Item={**KEY, "alone": {"BOOL": True}})
    east.update_table(TableName=global_table, ReplicaUpdates=[{"Create": {"RegionName": WEST}}])
    assert _item(west, global_table)["alone"] == {"BOOL": True}


def test_each_replica_has_its_own_key(
    aws: Any, east: Any, west: Any, new_table: Callable[..., str]
) -> None:
    """R-B5."""
    kms = aws.client("kms", EAST)
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]
    there = kms.replicate_key(KeyId=key["KeyId"], ReplicaRegion=WEST)["ReplicaKeyMetadata"]
    table = new_table(
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key["Arn"]}
    )
    with pytest.raises(ClientError, match="KMSMasterKeyId must be specified"):
        east.update_table(TableName=table, ReplicaUpdates=[{"Create": {"RegionName": WEST}}])
    with pytest.raises(ClientError, match="not in us-west-2"):
        east.update_table(
            TableName=table,
            ReplicaUpdates=[{"Create": {"RegionName": WEST, "KMSMasterKeyId": key["Arn"]}}],
        )
    east.update_table(
        TableName=table,
        ReplicaUpdates=[{"Create": {"RegionName": WEST, "KMSMasterKeyId": there["Arn"]}}],
    )
    (replica,) = east.describe_table(TableName=table)["Table"]["Replicas"]
    assert replica["KMSMasterKeyId"] == there["Arn"]
    described = west.describe_table(TableName=table)["Table"]
    assert described["SSEDescription"]["KMSMasterKeyArn"] == there["Arn"]
    assert described["Replicas"][0]["KMSMasterKeyId"] == key["Arn"]


def test_a_replica_cannot_stand_where_a_table_stands(
    west: Any, east: Any, table: str, global_table: str
) -> None:
    with pytest.raises(ClientError, match="already existed"):
        east.update_table(TableName=global_table, ReplicaUpdates=[{"Create": {"RegionName": WEST}}])
    with pytest.raises(ClientError, match="no replica"):
        east.update_table(
            TableName=global_table, ReplicaUpdates=[{"Delete": {"RegionName": "eu-west-1"}}]
        )
