"""DynamoDB tables: global ones with a replica in the other region, and regional ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cdktf_cdktf_provider_aws.dynamodb_table import (
    DynamodbTable,
    DynamodbTableAttribute,
    DynamodbTableGlobalSecondaryIndex,
    DynamodbTablePointInTimeRecovery,
    DynamodbTableReplica,
    DynamodbTableServerSideEncryption,
    DynamodbTableTtl,
)
from constructs import Construct


@dataclass(frozen=True)
class Index:
    """A global secondary index that projects every attribute.

    Parameters
    ----------
    name
        Its name.
    partition_key, sort_key
        String attributes.
    """

    name: str
    partition_key: str
    sort_key: str


@dataclass(frozen=True)
class Protection:
    """Switches of AWS, for a table and for its replicas.

    Parameters
    ----------
    point_in_time_recovery
        Whether the table can be restored to any second of the last 35 days.
    deletion_protection
        Whether AWS refuses to delete it.
    """

    point_in_time_recovery: bool
    deletion_protection: bool


@dataclass(frozen=True)
class TableProps:
    """What a table is made of; every key is a string, billing is on demand.

    Parameters
    ----------
    name
        The table's name, the same in every region.
    partition_key, sort_key
        String attributes.
    key_arns
        Region -> ARN of the KMS key there; the first region is the table's own, each other one
        gets a replica.
    provider
        The Terraform provider of the table's own region.
    protection
        How it is protected from loss.
    expiry_attribute
        The attribute that time to live looks at, in epoch seconds.
    indexes
        Global secondary indexes.
    """

    name: str
    partition_key: str
    sort_key: str
    key_arns: Mapping[str, str]
    provider: Any
    protection: Protection
    expiry_attribute: str | None = None
    indexes: Sequence[Index] = ()


class Table(Construct):
    """A table and its replicas, in one resource.

    A replica that another state owns gets deleted by the next apply of the table
    (terraform-provider-aws #38968), and each replica needs a key of its own region (#17422).
    """

    def __init__(self, scope: Construct, construct_id: str, props: TableProps) -> None:
        super().__init__(scope, construct_id)
        own_region, *replica_regions = props.key_arns
        is_global = bool(replica_regions)
        table = DynamodbTable(
            self,
            "table",
            name=props.name,
            billing_mode="PAY_PER_REQUEST",
            hash_key=props.partition_key,
            range_key=props.sort_key,
            attribute=_attributes(props),
            global_secondary_index=_indexes(props) or None,
            # DynamoDB replicates by the stream: a global table needs one with both images.
            stream_enabled=True if is_global else None,
            stream_view_type="NEW_AND_OLD_IMAGES" if is_global else None,
            ttl=_time_to_live(props),
            point_in_time_recovery=DynamodbTablePointInTimeRecovery(
                enabled=props.protection.point_in_time_recovery
            ),
            server_side_encryption=DynamodbTableServerSideEncryption(
                enabled=True, kms_key_arn=props.key_arns[own_region]
            ),
            deletion_protection_enabled=props.protection.deletion_protection,
            replica=[_replica(props, region) for region in replica_regions] or None,
            provider=props.provider,
        )
        self.name = props.name
        self.arn: str = table.arn


def _attributes(props: TableProps) -> list[Any]:
    names = [props.partition_key, props.sort_key]
    for index in props.indexes:
        names += [name for name in (index.partition_key, index.sort_key) if name not in names]
    return [DynamodbTableAttribute(name=name, type="S") for name in names]


def _indexes(props: TableProps) -> list[Any]:
    return [
        DynamodbTableGlobalSecondaryIndex(
            name=index.name,
            hash_key=index.partition_key,
            range_key=index.sort_key,
            projection_type="ALL",
        )
        for index in props.indexes
    ]


def _time_to_live(props: TableProps) -> Any:
    if props.expiry_attribute is None:
        return None
    return DynamodbTableTtl(enabled=True, attribute_name=props.expiry_attribute)


def _replica(props: TableProps, region: str) -> Any:
    return DynamodbTableReplica(
        region_name=region,
        kms_key_arn=props.key_arns[region],
        point_in_time_recovery=props.protection.point_in_time_recovery,
        deletion_protection_enabled=props.protection.deletion_protection,
        propagate_tags=True,
    )
