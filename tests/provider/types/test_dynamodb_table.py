"""Tables: the whole life of a global table, and each of its settings changed alone."""

import copy
from typing import Any

from tests.provider.conftest import RunningAws, Terraform

NAME = "orders-table"
ATTRIBUTES = [{"name": name, "type": "S"} for name in ("recordId", "timestamp", "statusKey")]
TABLE: dict[str, Any] = {
    "name": NAME,
    "billing_mode": "PAY_PER_REQUEST",
    "hash_key": "recordId",
    "range_key": "timestamp",
    "attribute": ATTRIBUTES,
    "global_secondary_index": [
        {
            "name": "status-index",
            "hash_key": "statusKey",
            "range_key": "timestamp",
            "projection_type": "ALL",
        }
    ],
    "local_secondary_index": [
        {"name": "by-status", "range_key": "statusKey", "projection_type": "KEYS_ONLY"}
    ],
    "stream_enabled": True,
    "stream_view_type": "NEW_AND_OLD_IMAGES",
    "ttl": {"attribute_name": "expiresAt", "enabled": True},
    "point_in_time_recovery": {"enabled": True},
    "replica": [
        {"region_name": "us-west-2", "point_in_time_recovery": True, "propagate_tags": True}
    ],
    "tags": {"Owner": "data"},
}
ADDRESS = "aws_dynamodb_table.this"


def configuration(**changes: Any) -> dict[str, Any]:
    table = {**copy.deepcopy(TABLE), **changes}
    given = {name: value for name, value in table.items() if value is not None}
    return {"resource": {"aws_dynamodb_table": {"this": given}}}


def described(aws: RunningAws, name: str = NAME, region: str = "us-east-1") -> dict[str, Any]:
    return dict(aws.client("dynamodb", region).describe_table(TableName=name)["Table"])


def recovery(aws: RunningAws, region: str) -> str:
    answer = aws.client("dynamodb", region).describe_continuous_backups(TableName=NAME)
    return str(
        answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"][
            "PointInTimeRecoveryStatus"
        ]
    )


def test_a_global_table_lives_with_all_its_settings(aws: RunningAws, terraform: Terraform) -> None:
    """R-A6, R-A7: keys, indexes, stream, time to live, recovery and replicas."""
    # Given a table with everything, and a data source that reads it in each region
    west = {"provider": {"aws": [{"region": "us-east-1"}, {"region": "us-west-2", "alias": "w"}]}}
    reading = {
        "data": {
            "aws_dynamodb_table": {
                "east": {"name": NAME, "depends_on": [ADDRESS]},
                "west": {"name": NAME, "depends_on": [ADDRESS], "provider": "aws.w"},
            }
        }
    }

    # When it is applied
    terraform.lives(**configuration(), **west, **reading)

    # Then AWS has it as configured, in both regions
    table = described(aws)
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["recordId", "timestamp"]
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["status-index"]
    assert [index["IndexName"] for index in table["LocalSecondaryIndexes"]] == ["by-status"]
    assert recovery(aws, "us-east-1") == recovery(aws, "us-west-2") == "ENABLED"
    ttl = aws.client("dynamodb").describe_time_to_live(TableName=NAME)["TimeToLiveDescription"]
    assert (ttl["TimeToLiveStatus"], ttl["AttributeName"]) == ("ENABLED", "expiresAt")
    copied = described(aws, region="us-west-2")
    tags = aws.client("dynamodb", "us-west-2").list_tags_of_resource(
        ResourceArn=copied["TableArn"]
    )["Tags"]
    assert tags == [{"Key": "Owner", "Value": "data"}]

    # And the state has what AWS computed, the replica's part too
    state = terraform.state()
    own = state[ADDRESS]
    assert own["id"] == NAME
    assert own["arn"] == table["TableArn"]
    assert own["stream_arn"] == table["LatestStreamArn"]
    assert own["replica"][0]["arn"] == copied["TableArn"]
    assert own["replica"][0]["stream_arn"] == copied["LatestStreamArn"]
    assert state["data.aws_dynamodb_table.east"]["stream_arn"] == table["LatestStreamArn"]
    assert state["data.aws_dynamodb_table.west"]["stream_arn"] == copied["LatestStreamArn"]
    assert state["data.aws_dynamodb_table.west"]["arn"] == copied["TableArn"]

    # When it is destroyed, the replicas go first, and nothing is left
    terraform.is_gone()
    for region in ("us-east-1", "us-west-2"):
        assert NAME not in aws.client("dynamodb", region).list_tables()["TableNames"]


def test_one_setting_changes_exactly_that(aws: RunningAws, terraform: Terraform) -> None:
    """R-A6: an update in place for whatever AWS can change in place."""
    # Given a table
    terraform.lives(**configuration())

    # When protection and tags change, only those are planned
    changes = terraform.changes_to(
        **configuration(deletion_protection_enabled=True, tags={"Owner": "platform"})
    )
    assert changes == {ADDRESS: (["update"], {"deletion_protection_enabled", "tags", "tags_all"})}
    assert described(aws)["DeletionProtectionEnabled"] is True

    # And a protected table cannot be destroyed
    refused = terraform.destroy()
    assert refused.code == 1
    assert "protection" in refused.text

    # When an index is added and one is taken away, and the time to live is turned off
    second = {
        "name": "by-time",
        "hash_key": "timestamp",
        "projection_type": "INCLUDE",
        "non_key_attributes": ["dataset"],
    }
    changes = terraform.changes_to(
        **configuration(
            global_secondary_index=[second],
            ttl={"attribute_name": "expiresAt", "enabled": False},
            point_in_time_recovery={"enabled": False},
        )
    )
    assert changes[ADDRESS][0] == ["update"]
    table = described(aws)
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["by-time"]
    assert recovery(aws, "us-east-1") == "DISABLED"
    ttl = aws.client("dynamodb").describe_time_to_live(TableName=NAME)["TimeToLiveDescription"]
    assert ttl["TimeToLiveStatus"] == "DISABLED"

    # When the replica loses its recovery, and then goes
    changes = terraform.changes_to(**configuration(replica=[{"region_name": "us-west-2"}]))
    assert changes[ADDRESS][1] >= {"replica"}
    assert recovery(aws, "us-west-2") == "DISABLED"
    terraform.changes_to(**configuration(replica=[]))
    assert NAME not in aws.client("dynamodb", "us-west-2").list_tables()["TableNames"]

    # When the key changes, the table is made anew
    terraform.write(
        **configuration(
            hash_key="statusKey", replica=[], local_secondary_index=[], attribute=ATTRIBUTES[1:]
        )
    )
    refused = terraform.plan()
    assert refused.code == 2
    assert "must be replaced" in refused.text
    terraform.write(**configuration(replica=[]))
    terraform.is_gone()


def test_capacity_and_stream_change_in_place(aws: RunningAws, terraform: Terraform) -> None:
    """R-A14: the billing mode is configuration."""
    plain = dict.fromkeys(
        ("replica", "local_secondary_index", "ttl", "point_in_time_recovery", "tags")
    )
    units = {"read_capacity": 5, "write_capacity": 5}
    index = {**TABLE["global_secondary_index"][0], **units}
    provisioned = {"billing_mode": "PROVISIONED", "global_secondary_index": [index], **units}

    # Given a provisioned table with a stream
    terraform.lives(**configuration(**plain, **provisioned))
    before = terraform.state()[ADDRESS]

    # When its capacity changes, nothing else does
    changes = terraform.changes_to(**configuration(**plain, **{**provisioned, "read_capacity": 7}))
    assert changes == {ADDRESS: (["update"], {"read_capacity"})}
    assert described(aws)["ProvisionedThroughput"]["ReadCapacityUnits"] == 7

    # When the view type changes, there is a new stream
    view = {"stream_view_type": "KEYS_ONLY"}
    changes = terraform.changes_to(**configuration(**plain, **provisioned, **view))
    assert changes[ADDRESS][1] >= {"stream_view_type", "stream_arn", "stream_label"}
    assert terraform.state()[ADDRESS]["stream_arn"] != before["stream_arn"]

    # When it is paid by request
    terraform.changes_to(**configuration(**plain, **view))
    assert described(aws)["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    terraform.is_gone()


def test_what_aws_would_refuse_is_said_before(terraform: Terraform) -> None:
    """R-A6: an attribute that no key uses, and a stream without a view type, are errors."""
    unused = [*ATTRIBUTES, {"name": "dataset", "type": "S"}]
    terraform.write(**configuration(attribute=unused, stream_view_type=None))
    terraform.init()

    said = terraform.validate()

    assert said.code == 1
    assert "Unused attributes: ['dataset']" in said.text
    assert "stream_view_type is required" in said.text


def test_drift_and_disappearance_are_seen(aws: RunningAws, terraform: Terraform) -> None:
    """R-F1: what somebody else has done to the table is planned back."""
    terraform.lives(**configuration(replica=None))
    client = aws.client("dynamodb")

    # When somebody turns recovery off, the plan turns it on again
    client.update_continuous_backups(
        TableName=NAME, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    assert terraform.changes() == {ADDRESS: (["update"], {"point_in_time_recovery"})}

    # When somebody deletes the table, the plan creates it
    client.delete_table(TableName=NAME)
    assert terraform.changes()[ADDRESS][0] == ["create"]
