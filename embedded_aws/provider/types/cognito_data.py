"""``data.aws_cognito_user_pools`` and ``data.aws_cognito_user_pool_clients``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedded_aws.provider.registry import data_source
from embedded_aws.provider.resource_type import DataSource, State

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession


@data_source
class CognitoUserPoolsData(DataSource):
    """The user pools of a name: names are not unique."""

    type_name = "aws_cognito_user_pools"

    def read(self, aws: AwsSession, config: State) -> State:
        """List the pools; none is no error."""
        pages = aws.client("cognito-idp").get_paginator("list_user_pools").paginate(MaxResults=60)
        ids = [
            pool["Id"]
            for page in pages
            for pool in page["UserPools"]
            if pool["Name"] == config["name"]
        ]
        place = f"arn:{aws.partition}:cognito-idp:{aws.region}:{aws.account_id}:userpool"
        return {"id": config["name"], "ids": ids, "arns": [f"{place}/{each}" for each in ids]}


@data_source
class CognitoUserPoolClientsData(DataSource):
    """The app clients of a user pool."""

    type_name = "aws_cognito_user_pool_clients"

    def read(self, aws: AwsSession, config: State) -> State:
        """List the clients."""
        pool = config["user_pool_id"]
        pages = aws.client("cognito-idp").get_paginator("list_user_pool_clients")
        found = [
            client
            for page in pages.paginate(UserPoolId=pool, MaxResults=60)
            for client in page["UserPoolClients"]
        ]
        return {
            "id": pool,
            "client_ids": [client["ClientId"] for client in found],
            "client_names": [client["ClientName"] for client in found],
        }
