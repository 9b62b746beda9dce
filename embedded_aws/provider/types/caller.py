"""Data sources about who and where one is: account, region, partition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedded_aws.provider.registry import data_source
from embedded_aws.provider.resource_type import DataSource, State

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

_REGION_NAMES = {
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-1": "US West (N. California)",
    "us-west-2": "US West (Oregon)",
    "eu-central-1": "Europe (Frankfurt)",
    "eu-west-1": "Europe (Ireland)",
}


@data_source
class CallerIdentity(DataSource):
    """The account and principal of the credentials."""

    type_name = "aws_caller_identity"

    def read(self, aws: AwsSession, config: State) -> State:
        """Ask STS in the region of the provider."""
        del config
        answer = aws.client("sts").get_caller_identity()
        return {
            "id": answer["Account"],
            "account_id": answer["Account"],
            "arn": answer["Arn"],
            "user_id": answer["UserId"],
        }


@data_source
class Region(DataSource):
    """The region of the provider, or the named one."""

    type_name = "aws_region"

    def read(self, aws: AwsSession, config: State) -> State:
        """Describe the region; nothing is asked of AWS."""
        region = config.get("name") or aws.region
        return {
            "id": region,
            "name": region,
            "region": region,
            "description": _REGION_NAMES.get(region, region),
            "endpoint": f"ec2.{region}.amazonaws.com",
        }


@data_source
class Partition(DataSource):
    """The partition: ``aws``."""

    type_name = "aws_partition"

    def read(self, aws: AwsSession, config: State) -> State:
        """Describe the partition; nothing is asked of AWS."""
        del config
        return {
            "id": aws.partition,
            "partition": aws.partition,
            "dns_suffix": "amazonaws.com",
            "reverse_dns_prefix": "com.amazonaws",
        }
