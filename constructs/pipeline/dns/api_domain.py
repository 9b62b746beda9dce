"""All of the API's domain name: certificates, both regions' endpoints, records (rows A10, C6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cdktf import Token
from cdktf_cdktf_provider_aws.data_aws_route53_zone import DataAwsRoute53Zone
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from pipeline.config import Environment
from pipeline.dns.certificates import Certificates, CertificatesProps
from pipeline.dns.regional_endpoint import RegionalEndpoint, RegionalEndpointProps
from pipeline.dns.routing import Routing, RoutingProps
from pipeline.naming import Names


@dataclass(frozen=True)
class ApiDomainProps:
    """What the name is, and where it leads.

    Parameters
    ----------
    environment, names
        The configuration and the naming rule.
    domain, zone_id
        The name, and the hosted zone that it is in.
    providers
        By region.
    """

    environment: Environment
    names: Names
    domain: str
    zone_id: str
    providers: Mapping[str, AwsProvider]


class ApiDomain(Construct):
    """The domain name of the API, in whichever region is healthy.

    Attributes
    ----------
    health_check_ids
        By region.
    weighted_name
        The name whose records a release gives other weights.
    """

    def __init__(self, scope: Construct, construct_id: str, props: ApiDomainProps) -> None:
        super().__init__(scope, construct_id)
        settings = props.environment.api
        primary, secondary = props.environment.both_regions
        zone_id = self._find_zone(props)
        certificates = Certificates(
            self,
            "certificates",
            CertificatesProps(
                props.domain,
                zone_id,
                {each: props.providers[each] for each in (primary, secondary)},
            ),
        )
        endpoints = {
            region: RegionalEndpoint(
                self,
                region,
                RegionalEndpointProps(
                    domain=props.domain,
                    region=region,
                    provider=props.providers[region],
                    certificate_arn=certificates.arns[region],
                    api_name=props.names.rest_api(),
                    stage=props.names.stage(),
                    check_seconds=settings.health_check_seconds,
                ),
            )
            for region in (primary, secondary)
        }
        routing = Routing(
            self,
            "routing",
            RoutingProps(
                domain=props.domain,
                zone_id=zone_id,
                endpoints=endpoints,
                weights={
                    primary: 100 - settings.secondary_percent,
                    secondary: settings.secondary_percent,
                },
                moved_by_release=props.environment.release.strategy == "canary",
            ),
        )
        self.health_check_ids = {
            region: endpoint.health_check_id for region, endpoint in endpoints.items()
        }
        self.weighted_name = routing.weighted_name

    def _find_zone(self, props: ApiDomainProps) -> str:
        """Return the zone's id; a plan fails when the domain is in another zone.

        Terraform would append the zone's name to each record's, and ACM wait for hours.
        """
        zone = DataAwsRoute53Zone(self, "zone", zone_id=props.zone_id)
        inside = f'endswith(".{props.domain}", ".${{trimsuffix(self.name, ".")}}")'
        zone.add_override(
            "lifecycle.postcondition",
            [
                {
                    "condition": f"${{{inside} && !self.private_zone}}",
                    "error_message": (
                        f"api.hosted_zone_id = {props.zone_id} must be the public hosted zone"
                        f" that api.domain = {props.domain} is in; it is the zone of"
                        " ${self.name}."
                    ),
                }
            ],
        )
        return Token.as_string(zone.zone_id)
