"""``data.aws_route53_zone`` and ``data.aws_api_gateway_rest_api``: found by id, and by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedded_aws.provider.registry import data_source
from embedded_aws.provider.resource_type import DataSource, ProviderError, State
from embedded_aws.provider.types.api_gateway_rest_api import api_arn, execution_arn
from embedded_aws.provider.types.route53_zone import read_tags

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession


@data_source
class Route53ZoneData(DataSource):
    """A hosted zone, by its id."""

    type_name = "aws_route53_zone"

    def read(self, aws: AwsSession, config: State) -> State:
        """Read the zone."""
        if not config["zone_id"]:
            raise ProviderError("The embedded AWS finds zones by zone_id only.", "zone_id")
        client, identifier = aws.client("route53"), config["zone_id"]
        answer = client.get_hosted_zone(Id=identifier)
        zone: dict[str, Any] = answer["HostedZone"]
        servers = sorted((answer.get("DelegationSet") or {}).get("NameServers") or [])
        settings = zone.get("Config") or {}
        return {
            "id": identifier,
            "arn": f"arn:{aws.partition}:route53:::hostedzone/{identifier}",
            "caller_reference": zone.get("CallerReference", ""),
            "comment": settings.get("Comment", ""),
            "linked_service_description": "",
            "linked_service_principal": "",
            "name": zone["Name"].removesuffix("."),
            "name_servers": servers,
            "primary_name_server": servers[0] if servers else "",
            "private_zone": bool(settings.get("PrivateZone")),
            "resource_record_set_count": zone.get("ResourceRecordSetCount", 0),
            "tags": read_tags(client, "hostedzone", identifier),
            "zone_id": identifier,
        }


@data_source
class ApiGatewayRestApiData(DataSource):
    """The only REST API of a name."""

    type_name = "aws_api_gateway_rest_api"

    def read(self, aws: AwsSession, config: State) -> State:
        """Find the API."""
        client, name = aws.client("apigateway"), config["name"]
        pages = client.get_paginator("get_rest_apis").paginate()
        found = [api for page in pages for api in page["items"] if api["name"] == name]
        if len(found) != 1:
            number = "no" if not found else "more than one"
            raise ProviderError(f"There is {number} REST API {name!r} in {aws.region}.", "name")
        (api,) = found
        endpoint = api.get("endpointConfiguration") or {}
        return {
            "id": api["id"],
            "api_key_source": api.get("apiKeySource", ""),
            "arn": api_arn(aws, api["id"]),
            "binary_media_types": api.get("binaryMediaTypes") or [],
            "description": api.get("description", ""),
            "endpoint_configuration": [
                {
                    "ip_address_type": endpoint.get("ipAddressType", "ipv4"),
                    "types": endpoint.get("types", []),
                    "vpc_endpoint_ids": endpoint.get("vpcEndpointIds") or [],
                }
            ],
            "execution_arn": execution_arn(aws, api["id"]),
            "minimum_compression_size": "",
            "policy": api.get("policy", ""),
            "root_resource_id": api.get("rootResourceId", ""),
            "tags": api.get("tags") or {},
        }
