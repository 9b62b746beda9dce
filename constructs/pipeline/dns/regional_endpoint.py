"""The domain name at the API of one region (row C6)."""

from __future__ import annotations

from dataclasses import dataclass

from cdktf import Token
from cdktf_cdktf_provider_aws.api_gateway_base_path_mapping import ApiGatewayBasePathMapping
from cdktf_cdktf_provider_aws.api_gateway_domain_name import (
    ApiGatewayDomainName,
    ApiGatewayDomainNameEndpointConfiguration,
)
from cdktf_cdktf_provider_aws.data_aws_api_gateway_rest_api import DataAwsApiGatewayRestApi
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.route53_health_check import Route53HealthCheck
from constructs import Construct

_FAILURES = 3  # "How Route 53 determines whether a health check is healthy": the default


@dataclass(frozen=True)
class RegionalEndpointProps:
    """What answers under the domain name in a region.

    Parameters
    ----------
    domain
        The domain name, the same in all regions.
    region, provider
        The region, and its provider.
    certificate_arn
        The domain's certificate of this region.
    api_name, stage
        The REST API, found by its name, and its stage.
    check_seconds
        How often each checker asks `/health`: 10 or 30.
    """

    domain: str
    region: str
    provider: AwsProvider
    certificate_arn: str
    api_name: str
    stage: str
    check_seconds: int


class RegionalEndpoint(Construct):
    """The domain name in a region, and the health check of what it leads to.

    The check asks the API under its own host name: the domain's leads wherever DNS says.

    Attributes
    ----------
    target, target_zone_id
        What an alias record names.
    health_check_id
        Whether this region answers.
    """

    def __init__(self, scope: Construct, construct_id: str, props: RegionalEndpointProps) -> None:
        super().__init__(scope, construct_id)
        api = DataAwsApiGatewayRestApi(self, "api", name=props.api_name, provider=props.provider)
        name = ApiGatewayDomainName(
            self,
            "name",
            domain_name=props.domain,
            regional_certificate_arn=props.certificate_arn,
            security_policy="TLS_1_2",
            endpoint_configuration=ApiGatewayDomainNameEndpointConfiguration(types=["REGIONAL"]),
            provider=props.provider,
        )
        api_id = Token.as_string(api.id)
        ApiGatewayBasePathMapping(
            self,
            "mapping",
            domain_name=name.domain_name,
            api_id=api_id,
            stage_name=props.stage,
            provider=props.provider,
        )
        check = Route53HealthCheck(
            self,
            "check",
            type="HTTPS",
            fqdn=f"{api_id}.execute-api.{props.region}.amazonaws.com",
            port=443,
            enable_sni=True,
            resource_path=f"/{props.stage}/health",
            request_interval=props.check_seconds,
            failure_threshold=_FAILURES,
            tags={"Name": f"{props.api_name}-{props.region}"},
        )
        self.target: str = name.regional_domain_name
        self.target_zone_id: str = name.regional_zone_id
        self.health_check_id: str = check.id
