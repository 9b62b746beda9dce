"""``aws_api_gateway_domain_name`` and ``aws_api_gateway_base_path_mapping``: regional ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import block, changed, given
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ProviderError, ResourceType, State
from embedded_aws.provider.types.api_gateway_rest_api import ABSENT, replace, retag

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

_NO_PATH = "(none)"
_CHANGEABLE = {
    "regional_certificate_arn": "/regionalCertificateArn",
    "security_policy": "/securityPolicy",
}


def _arn(aws: AwsSession, name: str) -> str:
    return f"arn:{aws.partition}:apigateway:{aws.region}::/domainnames/{name}"


@resource
class ApiGatewayDomainName(ResourceType):
    """A custom domain name in one region; its id is the name."""

    type_name = "aws_api_gateway_domain_name"
    replace = frozenset({"domain_name"})
    defaults: ClassVar = {"endpoint_configuration.ip_address_type": "ipv4"}
    absent = ABSENT

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the name, with a certificate of the same region."""
        endpoint = block(planned, "endpoint_configuration")
        if endpoint.get("types") != ["REGIONAL"] or planned["mutual_tls_authentication"]:
            message = "The embedded AWS knows regional domain names without mutual TLS only."
            raise ProviderError(message, "endpoint_configuration")
        name = planned["domain_name"]
        aws.client("apigateway").create_domain_name(
            domainName=name,
            endpointConfiguration={"types": endpoint["types"]},
            **given(
                regionalCertificateArn=planned["regional_certificate_arn"],
                securityPolicy=planned["security_policy"] or "TLS_1_2",
                tags=planned["tags_all"],
            ),
        )
        return {"id": name}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the name."""
        client, name = aws.client("apigateway"), state["id"]
        domain = client.get_domain_name(domainName=name)
        endpoint = domain.get("endpointConfiguration") or {}
        tags = client.get_tags(resourceArn=_arn(aws, name))["tags"]
        return {
            "arn": _arn(aws, name),
            "certificate_upload_date": "",
            "cloudfront_domain_name": "",
            "cloudfront_zone_id": "",
            "domain_name": domain["domainName"],
            "domain_name_id": "",
            "endpoint_configuration": [
                {
                    "ip_address_type": endpoint.get("ipAddressType", "ipv4"),
                    "types": endpoint.get("types", []),
                }
            ],
            "ownership_verification_certificate_arn": "",
            "regional_certificate_arn": domain.get("regionalCertificateArn"),
            "regional_domain_name": domain["regionalDomainName"],
            "regional_zone_id": domain["regionalHostedZoneId"],
            "security_policy": domain.get("securityPolicy", ""),
            "tags_all": tags,
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Change certificate, policy and tags."""
        client, name = aws.client("apigateway"), prior["id"]
        patches = [
            replace(path, planned[attribute])
            for attribute, path in _CHANGEABLE.items()
            if changed(prior, planned, attribute)
        ]
        if patches:
            client.update_domain_name(domainName=name, patchOperations=patches)
        if changed(prior, planned, "tags_all"):
            retag(client, _arn(aws, name), prior, planned)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the name."""
        aws.client("apigateway").delete_domain_name(domainName=state["id"])


@resource
class ApiGatewayBasePathMapping(ResourceType):
    """Which stage answers below a path of a domain name; its id is ``<domain>/<path>``."""

    type_name = "aws_api_gateway_base_path_mapping"
    replace = frozenset({"domain_name", "domain_name_id"})
    absent = ABSENT

    def create(self, aws: AwsSession, planned: State) -> State:
        """Map the path."""
        domain, path = planned["domain_name"], planned["base_path"] or ""
        aws.client("apigateway").create_base_path_mapping(
            domainName=domain,
            restApiId=planned["api_id"],
            **given(basePath=path, stage=planned["stage_name"]),
        )
        return {"id": f"{domain}/{path}"}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the mapping."""
        domain, _, path = state["id"].partition("/")
        mapping: dict[str, Any] = aws.client("apigateway").get_base_path_mapping(
            domainName=domain, basePath=path or _NO_PATH
        )
        found = mapping["basePath"]
        return {
            "api_id": mapping["restApiId"],
            "base_path": state.get("base_path") if found == _NO_PATH else found,
            "domain_name": domain,
            "stage_name": mapping.get("stage"),
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Map the path to another API or stage."""
        if changed(prior, planned, "base_path"):
            raise ProviderError("The embedded AWS cannot move a mapping.", "base_path")
        domain, _, path = prior["id"].partition("/")
        names = {"api_id": "/restapiId", "stage_name": "/stage"}
        aws.client("apigateway").update_base_path_mapping(
            domainName=domain,
            basePath=path or _NO_PATH,
            patchOperations=[
                replace(patch, planned[name])
                for name, patch in names.items()
                if changed(prior, planned, name)
            ],
        )

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the mapping."""
        domain, _, path = state["id"].partition("/")
        aws.client("apigateway").delete_base_path_mapping(
            domainName=domain, basePath=path or _NO_PATH
        )
