"""Which region the domain name leads to: failover above, weights below (rows A10, C6).

One name has records of one routing policy only, hence two names (Route 53 Developer Guide, "Values
specific for weighted alias records"): the domain fails over, and its primary side is the name
``live.<domain>``, whose weights a release moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.route53_record import (
    Route53Record,
    Route53RecordAlias,
    Route53RecordFailoverRoutingPolicy,
    Route53RecordWeightedRoutingPolicy,
)
from constructs import Construct

from pipeline.dns.regional_endpoint import RegionalEndpoint
from pipeline.layout import weighted_name


@dataclass(frozen=True)
class RoutingProps:
    """What the records say.

    Parameters
    ----------
    domain, zone_id
        The domain name and its hosted zone.
    endpoints
        By region: the primary one, then the secondary one.
    weights
        By region, 0 to 100.
    moved_by_release
        Terraform leaves the weights alone once the records exist.
    """

    domain: str
    zone_id: str
    endpoints: Mapping[str, RegionalEndpoint]
    weights: Mapping[str, int]
    moved_by_release: bool


class Routing(Construct):
    """The records of the domain name.

    No call to a control plane is needed to fail over: Route 53's name servers, which are in all
    regions, answer by what their checkers see.

    Attributes
    ----------
    weighted_name
        The name whose records have weights.
    """

    def __init__(self, scope: Construct, construct_id: str, props: RoutingProps) -> None:
        super().__init__(scope, construct_id)
        self._props = props
        self.weighted_name = weighted_name(props.domain)
        weighted = [self._weighted(region) for region in props.endpoints]
        primary, secondary = props.endpoints.values()
        self._failover(
            "PRIMARY",
            primary,
            Route53RecordAlias(
                name=self.weighted_name, zone_id=props.zone_id, evaluate_target_health=True
            ),
            after=weighted,
        )
        self._failover("SECONDARY", secondary, _alias(secondary))

    def _weighted(self, region: str) -> Route53Record:
        endpoint = self._props.endpoints[region]
        ignored = ["weighted_routing_policy"] if self._props.moved_by_release else None
        return Route53Record(
            self,
            f"weighted-{region}",
            zone_id=self._props.zone_id,
            name=self.weighted_name,
            type="A",
            set_identifier=region,
            alias=_alias(endpoint),
            weighted_routing_policy=Route53RecordWeightedRoutingPolicy(
                weight=self._props.weights[region]
            ),
            health_check_id=endpoint.health_check_id,
            lifecycle=TerraformResourceLifecycle(ignore_changes=ignored) if ignored else None,
        )

    def _failover(
        self,
        role: str,
        endpoint: RegionalEndpoint,
        alias: Route53RecordAlias,
        after: list[Route53Record] | None = None,
    ) -> None:
        Route53Record(
            self,
            role.lower(),
            zone_id=self._props.zone_id,
            name=self._props.domain,
            type="A",
            set_identifier=role.lower(),
            alias=alias,
            failover_routing_policy=Route53RecordFailoverRoutingPolicy(type=role),
            health_check_id=endpoint.health_check_id,
            depends_on=after,
        )


def _alias(endpoint: RegionalEndpoint) -> Route53RecordAlias:
    return Route53RecordAlias(
        name=endpoint.target,
        zone_id=endpoint.target_zone_id,
        evaluate_target_health=False,  # the record has a health check of its own
    )
