"""The API key, which is the same in both regions, and what may be asked with it (row E5)."""

from __future__ import annotations

from dataclasses import dataclass

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.api_gateway_api_key import ApiGatewayApiKey
from cdktf_cdktf_provider_aws.api_gateway_usage_plan import (
    ApiGatewayUsagePlan,
    ApiGatewayUsagePlanApiStages,
    ApiGatewayUsagePlanQuotaSettings,
    ApiGatewayUsagePlanThrottleSettings,
)
from cdktf_cdktf_provider_aws.api_gateway_usage_plan_key import ApiGatewayUsagePlanKey
from cdktf_cdktf_provider_aws.data_aws_secretsmanager_secret_version import (
    DataAwsSecretsmanagerSecretVersion,
)
from constructs import Construct

from pipeline.config.api import Api


@dataclass(frozen=True)
class UsagePlanProps:
    """What the plan is made of.

    Parameters
    ----------
    settings
        The API's part of the configuration.
    name
        Of the plan and of the key.
    secret
        The secret whose replica in this region holds the key's value.
    api_id, stage
        What the key is for.
    """

    settings: Api
    name: str
    secret: str
    api_id: str
    stage: str


class UsagePlan(Construct):
    """A plan with one key.

    Attributes
    ----------
    key_id
        The key's id in this region; its value is the same in both.
    """

    def __init__(self, scope: Construct, construct_id: str, props: UsagePlanProps) -> None:
        super().__init__(scope, construct_id)
        settings = props.settings
        quota = ApiGatewayUsagePlanQuotaSettings(limit=settings.monthly_quota, period="MONTH")
        plan = ApiGatewayUsagePlan(
            self,
            "plan",
            name=props.name,
            description="What may be asked with the key",
            api_stages=[ApiGatewayUsagePlanApiStages(api_id=props.api_id, stage=props.stage)],
            throttle_settings=ApiGatewayUsagePlanThrottleSettings(
                burst_limit=settings.burst_limit, rate_limit=settings.rate_limit
            ),
            quota_settings=quota if settings.monthly_quota else None,
        )
        value = DataAwsSecretsmanagerSecretVersion(self, "value", secret_id=props.secret)
        # Another value is another key: it is good before the former one is gone.
        new_first = TerraformResourceLifecycle(create_before_destroy=True)
        key = ApiGatewayApiKey(
            self,
            "key",
            name=props.name,
            description="The same in both regions",
            value=value.secret_string,
            lifecycle=new_first,
        )
        ApiGatewayUsagePlanKey(
            self,
            "plan-key",
            key_id=key.id,
            key_type="API_KEY",
            usage_plan_id=plan.id,
            lifecycle=new_first,
        )
        self.key_id: str = key.id
