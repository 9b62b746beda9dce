"""The ``replica`` blocks of a DynamoDB table: a global table's copies in other regions."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from embedded_aws.provider.attributes import given
from embedded_aws.provider.resource_type import ProviderError

if TYPE_CHECKING:
    from embedded_aws.provider.resource_type import State
    from embedded_aws.provider.session import AwsSession

_ATTEMPTS = 120
_WAIT_SECONDS = 0.25


def by_region(table: State) -> dict[str, State]:
    """Return the ``replica`` blocks by their region."""
    return {replica["region_name"]: replica for replica in table.get("replica") or []}


def _statuses(aws: AwsSession, table: str) -> dict[str, str]:
    described = aws.client("dynamodb").describe_table(TableName=table)["Table"]
    return {
        replica["RegionName"]: replica.get("ReplicaStatus", "ACTIVE")
        for replica in described.get("Replicas") or []
    }


def _wait(aws: AwsSession, table: str, region: str, *, present: bool) -> None:
    """Wait until a replica is active, or gone.

    Raises
    ------
    ProviderError
        When that has not happened after half a minute.
    """
    for _ in range(_ATTEMPTS):
        status = _statuses(aws, table).get(region)
        if status == "ACTIVE" if present else status is None:
            return
        time.sleep(_WAIT_SECONDS)
    wanted = "active" if present else "gone"
    raise ProviderError(
        f"The replica of table {table} in {region} is not {wanted}: its status is {status}."
        " Look into the table's replicas and apply again.",
        "replica",
    )


def set_recovery(aws: AwsSession, table: str, enabled: bool, days: int | None = None) -> None:
    """Turn point-in-time recovery of a table on or off in the session's region."""
    specification = given(PointInTimeRecoveryEnabled=enabled, RecoveryPeriodInDays=days or None)
    aws.client("dynamodb").update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification=specification
    )


def recovery(aws: AwsSession, table: str) -> dict[str, Any]:
    """Return the point-in-time recovery description of a table in the session's region."""
    described = aws.client("dynamodb").describe_continuous_backups(TableName=table)
    description = described["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription")
    return dict(description or {})


def _arn(table_arn: str, region: str) -> str:
    parts = table_arn.split(":")
    return ":".join([*parts[:3], region, *parts[4:]])


def _propagate_tags(aws: AwsSession, table: State, region: str) -> None:
    """Give the replica exactly the tags of the table."""
    client = aws.client("dynamodb", region)
    arn = _arn(table["arn"], region)
    wanted: dict[str, str] = table.get("tags_all") or {}
    present = {
        tag["Key"]: tag["Value"] for tag in client.list_tags_of_resource(ResourceArn=arn)["Tags"]
    }
    if stale := sorted(present.keys() - wanted.keys()):
        client.untag_resource(ResourceArn=arn, TagKeys=stale)
    if wanted and wanted != present:
        client.tag_resource(
            ResourceArn=arn, Tags=[{"Key": key, "Value": value} for key, value in wanted.items()]
        )


def add(aws: AwsSession, table: State, replica: State) -> None:
    """Make a replica and give it its settings."""
    name, region = table["name"], replica["region_name"]
    creation = given(RegionName=region, KMSMasterKeyId=replica["kms_key_arn"])
    aws.client("dynamodb").update_table(TableName=name, ReplicaUpdates=[{"Create": creation}])
    _wait(aws, name, region, present=True)
    there = aws.in_region(region)
    if replica["point_in_time_recovery"]:
        set_recovery(there, name, enabled=True)
    if replica["deletion_protection_enabled"]:
        there.client("dynamodb").update_table(TableName=name, DeletionProtectionEnabled=True)
    if replica["propagate_tags"]:
        _propagate_tags(aws, table, region)


def remove(aws: AwsSession, name: str, region: str) -> None:
    """Remove a replica and its data."""
    aws.client("dynamodb").update_table(
        TableName=name, ReplicaUpdates=[{"Delete": {"RegionName": region}}]
    )
    _wait(aws, name, region, present=False)


def _change(aws: AwsSession, table: State, before: State, after: State) -> None:
    name, region = table["name"], after["region_name"]
    there = aws.in_region(region)
    if before["point_in_time_recovery"] != after["point_in_time_recovery"]:
        set_recovery(there, name, enabled=bool(after["point_in_time_recovery"]))
    protected = after["deletion_protection_enabled"]
    if protected is not None and protected != before["deletion_protection_enabled"]:
        there.client("dynamodb").update_table(TableName=name, DeletionProtectionEnabled=protected)


def update(aws: AwsSession, prior: State, planned: State) -> None:
    """Bring the replicas from one state to another.

    A replica whose key changes is made anew, as AWS has no call to change it; its data come back
    by replication.
    """
    before, after = by_region(prior), by_region(planned)
    anew = {
        region
        for region in before.keys() & after.keys()
        # A key that is not configured is unknown in the plan: it stays what it is.
        if after[region]["kms_key_arn"]
        and after[region]["kms_key_arn"] != before[region]["kms_key_arn"]
    }
    table = {**planned, "arn": prior["arn"]}
    for region in sorted((before.keys() - after.keys()) | anew):
        remove(aws, prior["name"], region)
    for region in sorted((after.keys() - before.keys()) | anew):
        add(aws, table, after[region])
    for region in sorted((before.keys() & after.keys()) - anew):
        _change(aws, table, before[region], after[region])
        if after[region]["propagate_tags"]:
            _propagate_tags(aws, table, region)


def read(aws: AwsSession, described: dict[str, Any], state: State) -> list[State]:
    """Return the ``replica`` blocks of a described table."""
    known = by_region(state)
    found = []
    for replica in described.get("Replicas") or []:
        region, name = replica["RegionName"], described["TableName"]
        if region == aws.region:
            continue
        there = aws.in_region(region)
        copy = there.client("dynamodb").describe_table(TableName=name)["Table"]
        before = known.get(region, {})
        found.append(
            {
                "region_name": region,
                "arn": _arn(described["TableArn"], region),
                "stream_arn": copy.get("LatestStreamArn", ""),
                "stream_label": copy.get("LatestStreamLabel", ""),
                "kms_key_arn": replica.get("KMSMasterKeyId") or "",
                "point_in_time_recovery": recovery(there, name).get("PointInTimeRecoveryStatus")
                == "ENABLED",
                "deletion_protection_enabled": bool(copy.get("DeletionProtectionEnabled")),
                "consistency_mode": described.get("MultiRegionConsistency", "EVENTUAL"),
                # Says what Terraform does, not what AWS has: it cannot be read.
                "propagate_tags": bool(before.get("propagate_tags")),
            }
        )
    return found
