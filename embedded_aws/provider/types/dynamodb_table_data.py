"""The data source ``aws_dynamodb_table``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedded_aws.provider.registry import data_source
from embedded_aws.provider.resource_type import DataSource, ProviderError, State
from embedded_aws.provider.types import dynamodb_reading as reading

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession


@data_source
class DynamodbTableData(DataSource):
    """A table of the region, found by its name."""

    type_name = "aws_dynamodb_table"

    def read(self, aws: AwsSession, config: State) -> State:
        """Describe the table."""
        client = aws.client("dynamodb")
        try:
            table = client.describe_table(TableName=config["name"])["Table"]
        except client.exceptions.ResourceNotFoundException:
            raise ProviderError(
                f"There is no DynamoDB table {config['name']!r} in {aws.region}.", "name"
            ) from None
        asked = {"id": config["name"], "server_side_encryption": [{}], "warm_throughput": [{}]}
        tags = client.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
        return {
            **reading.read_table(table, asked),
            "table_class": (table.get("TableClassSummary") or {}).get("TableClass", "STANDARD"),
            "ttl": reading.read_ttl(aws, {"id": config["name"], "ttl": [{}]}),
            "point_in_time_recovery": reading.read_recovery(
                aws, {"id": config["name"], "point_in_time_recovery": [{}]}
            ),
            # Only what the table itself says: the other regions need not be up.
            "replica": [
                {
                    "region_name": replica["RegionName"],
                    "kms_key_arn": replica.get("KMSMasterKeyId", ""),
                }
                for replica in table.get("Replicas") or []
                if replica["RegionName"] != aws.region
            ],
            "tags": {tag["Key"]: tag["Value"] for tag in tags},
        }
