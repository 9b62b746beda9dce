"""``aws_api_gateway_account``: the settings of API Gateway in one region of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

_ID = "api-gateway-account"


def _set_role(aws: AwsSession, role: str | None) -> None:
    aws.client("apigateway").update_account(
        patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": role or ""}]
    )


@resource
class ApiGatewayAccount(ResourceType):
    """The role with which API Gateway writes logs: one per account and region."""

    type_name = "aws_api_gateway_account"

    def create(self, aws: AwsSession, planned: State) -> State:
        """Set the role."""
        _set_role(aws, planned["cloudwatch_role_arn"])
        return {"id": _ID}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the settings, which always exist."""
        del state
        account = aws.client("apigateway").get_account()
        throttle = account.get("throttleSettings") or {}
        return {
            "id": _ID,
            "api_key_version": account.get("apiKeyVersion", ""),
            "cloudwatch_role_arn": account.get("cloudwatchRoleArn") or "",
            "features": account.get("features") or [],
            "throttle_settings": [
                {
                    "burst_limit": throttle.get("burstLimit", 0),
                    "rate_limit": throttle.get("rateLimit", 0),
                }
            ],
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Set another role."""
        del prior
        _set_role(aws, planned["cloudwatch_role_arn"])

    def delete(self, aws: AwsSession, state: State) -> None:
        """Take the role away; the settings stay."""
        del state
        _set_role(aws, None)
