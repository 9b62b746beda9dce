"""``aws_dynamodb_table``."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from embedded_aws.provider.attributes import block, changed, given, tag_changes, tag_list
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ProviderError, ResourceType, State
from embedded_aws.provider.types import dynamodb_changes as changes
from embedded_aws.provider.types import dynamodb_keys as keys
from embedded_aws.provider.types import dynamodb_reading as reading
from embedded_aws.provider.types import dynamodb_replicas as replicas
from embedded_aws.provider.values import UNKNOWN, is_known

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

_WAITER = {"Delay": 1, "MaxAttempts": 120}


def _set_ttl(aws: AwsSession, name: str, ttl: State) -> None:
    aws.client("dynamodb").update_time_to_live(
        TableName=name,
        TimeToLiveSpecification={
            "Enabled": bool(ttl.get("enabled")),
            "AttributeName": ttl["attribute_name"],
        },
    )


@resource
class DynamodbTable(ResourceType):
    """A DynamoDB table with its indexes, stream, recovery and replicas."""

    type_name = "aws_dynamodb_table"
    replace = frozenset(
        {
            "name",
            "hash_key",
            "range_key",
            "local_secondary_index",
            "import_table",
            "restore_date_time",
            "restore_source_name",
            "restore_source_table_arn",
            "restore_to_latest_time",
        }
    )
    recomputed: ClassVar = {
        "stream_arn": frozenset(changes.STREAM),
        "stream_label": frozenset(changes.STREAM),
    }
    defaults: ClassVar = {
        "billing_mode": "PROVISIONED",
        "table_class": "STANDARD",
        "replica.consistency_mode": "EVENTUAL",
        "replica.point_in_time_recovery": False,
        "replica.propagate_tags": False,
    }
    enums: ClassVar = {
        "billing_mode": ("dynamodb", "BillingMode"),
        "table_class": ("dynamodb", "TableClass"),
        "stream_view_type": ("dynamodb", "StreamViewType"),
        "attribute.type": ("dynamodb", "ScalarAttributeType"),
        "global_secondary_index.projection_type": ("dynamodb", "ProjectionType"),
        "local_secondary_index.projection_type": ("dynamodb", "ProjectionType"),
        "replica.consistency_mode": ("dynamodb", "MultiRegionConsistency"),
    }
    absent = frozenset({"ResourceNotFoundException", "TableNotFoundException"})

    def validate(self, config: State) -> list[ProviderError]:
        """Check that exactly the attributes that keys use are declared.

        Source: DynamoDB API reference, CreateTable (AttributeDefinitions).
        """
        if not is_known(config):
            return []
        used = {config["hash_key"], config["range_key"]}
        for index in config["global_secondary_index"] or []:
            used |= {index["hash_key"], index["range_key"]}
        used |= {index["range_key"] for index in config["local_secondary_index"] or []}
        used -= {None, ""}
        declared = {attribute["name"] for attribute in config["attribute"] or []}
        errors = []
        if unused := sorted(declared - used):
            errors.append(
                ProviderError(
                    f"all attributes must be indexed. Unused attributes: {unused}. Remove the"
                    " attribute blocks that no key and no index uses.",
                    "attribute",
                )
            )
        if missing := sorted(used - declared):
            errors.append(
                ProviderError(
                    f"all indexes must match a defined attribute. Unmatched indexes: {missing}."
                    " Add an attribute block for each.",
                    "attribute",
                )
            )
        if config["stream_enabled"] and not config["stream_view_type"]:
            errors.append(
                ProviderError(
                    "stream_view_type is required when stream_enabled = true.", "stream_view_type"
                )
            )
        return errors

    def plan(self, aws: AwsSession, prior: State | None, planned: State) -> State:
        """Leave the capacity open when the billing mode changes."""
        del aws
        if prior is None or prior["billing_mode"] == planned["billing_mode"]:
            return {}
        if planned["billing_mode"] == keys.ON_DEMAND:
            return {"read_capacity": UNKNOWN, "write_capacity": UNKNOWN}
        return {}

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the table and wait until it is active."""
        mode = planned["billing_mode"]
        client = aws.client("dynamodb")
        created = client.create_table(
            **given(
                TableName=planned["name"],
                AttributeDefinitions=keys.attribute_definitions(planned),
                KeySchema=keys.key_schema(planned["hash_key"], planned["range_key"]),
                BillingMode=mode,
                ProvisionedThroughput=None if mode == keys.ON_DEMAND else keys.provisioned(planned),
                OnDemandThroughput=keys.on_demand(planned),
                WarmThroughput=keys.warm(planned),
                GlobalSecondaryIndexes=[
                    keys.global_index(index, mode)
                    for index in planned["global_secondary_index"] or []
                ],
                LocalSecondaryIndexes=[
                    keys.local_index(index, planned["hash_key"])
                    for index in planned["local_secondary_index"] or []
                ],
                StreamSpecification=changes.stream(planned) if planned["stream_enabled"] else None,
                SSESpecification=(
                    changes.encryption(planned) if planned["server_side_encryption"] else None
                ),
                TableClass=planned["table_class"],
                DeletionProtectionEnabled=planned["deletion_protection_enabled"],
                Tags=tag_list(planned),
            )
        )
        client.get_waiter("table_exists").wait(TableName=planned["name"], WaiterConfig=_WAITER)
        return {"id": planned["name"], "arn": created["TableDescription"]["TableArn"]}

    def complete(self, aws: AwsSession, planned: State) -> None:
        """Set what the creation does not take, and add the replicas."""
        if block(planned, "ttl").get("enabled"):
            _set_ttl(aws, planned["id"], block(planned, "ttl"))
        recovery = block(planned, "point_in_time_recovery")
        if recovery.get("enabled"):
            days = recovery["recovery_period_in_days"]
            replicas.set_recovery(aws, planned["id"], enabled=True, days=days)
        for region, replica in sorted(replicas.by_region(planned).items()):
            del region
            replicas.add(aws, planned, replica)

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Describe the table, its settings and its replicas."""
        client = aws.client("dynamodb")
        table = client.describe_table(TableName=state["id"])["Table"]
        tags = client.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
        return {
            **reading.read_table(table, state),
            "ttl": reading.read_ttl(aws, state),
            "point_in_time_recovery": reading.read_recovery(aws, state),
            "replica": replicas.read(aws, table, state),
            "tags_all": {tag["Key"]: tag["Value"] for tag in tags},
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Apply changes in the order in which AWS takes them."""
        client = aws.client("dynamodb")
        for arguments in changes.table_calls(prior, planned):
            client.update_table(TableName=prior["id"], **arguments)
            client.get_waiter("table_exists").wait(TableName=prior["id"], WaiterConfig=_WAITER)
        if changed(prior, planned, "ttl"):
            before, after = block(prior, "ttl"), block(planned, "ttl")
            if after.get("attribute_name"):
                _set_ttl(aws, prior["id"], after)
            elif before.get("enabled"):
                _set_ttl(aws, prior["id"], {**before, "enabled": False})
        if changed(prior, planned, "point_in_time_recovery"):
            recovery = block(planned, "point_in_time_recovery")
            replicas.set_recovery(
                aws,
                prior["id"],
                enabled=bool(recovery.get("enabled")),
                days=recovery.get("recovery_period_in_days"),
            )
        if changed(prior, planned, "tags_all"):
            removed, added = tag_changes(prior, planned)
            if removed:
                client.untag_resource(ResourceArn=prior["arn"], TagKeys=removed)
            if added:
                client.tag_resource(ResourceArn=prior["arn"], Tags=tag_list({"tags_all": added}))
        if changed(prior, planned, "replica", "tags_all"):
            replicas.update(aws, prior, planned)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Remove the replicas, then the table; wait until it is gone."""
        client = aws.client("dynamodb")
        present = client.describe_table(TableName=state["id"])["Table"].get("Replicas") or []
        for replica in present:
            if replica["RegionName"] != aws.region:
                replicas.remove(aws, state["id"], replica["RegionName"])
        client.delete_table(TableName=state["id"])
        client.get_waiter("table_not_exists").wait(TableName=state["id"], WaiterConfig=_WAITER)
