"""Custom domain names of APIs.

Stands in for `moto.apigateway.models.APIGatewayBackend.create_domain_name` (takes any certificate,
and replaces a domain name that exists) and `delete_domain_name` (keeps its mappings), and adds
`update_domain_name`, which moto lacks. The gateway is told which names there are.

Source: API Gateway API Reference, "CreateDomainName" and "UpdateDomainName"; Developer Guide,
"Custom domain name for public REST APIs in API Gateway".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.acm.models import acm_backends
from moto.apigateway.exceptions import BadRequestException
from moto.apigateway.models import APIGatewayBackend, DomainName, apigateway_backends
from moto.apigateway.responses import APIGatewayResponse
from moto.core.exceptions import JsonRESTError

from embedded_aws.gateway.addresses import CUSTOM_DOMAINS
from embedded_aws.services.seams import stand_in
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from collections.abc import Callable

_TEXTS = {
    "/regionalCertificateArn": "regional_certificate_arn",
    "/regionalCertificateName": "regional_certificate_name",
    "/securityPolicy": "security_policy",
}


def _create(
    original: Callable[..., DomainName],
    backend: APIGatewayBackend,
    domain_name: str,
    *arguments: Any,
    **named: Any,
) -> DomainName:
    if domain_name in backend.domain_names:
        raise JsonRESTError("ConflictException", "The domain name you provided already exists.")
    made = original(backend, domain_name, *arguments, **named)
    try:
        _check_certificate(backend.region_name, made)
    except BadRequestException:
        del backend.domain_names[domain_name]
        raise
    CUSTOM_DOMAINS.add(domain_name)
    return made


def _delete(original: Callable[..., None], backend: APIGatewayBackend, domain_name: str) -> None:
    original(backend, domain_name)
    backend.base_path_mappings.pop(domain_name, None)
    others = apigateway_backends[RUN.account].values()
    if not any(domain_name in each.domain_names for each in others):
        CUSTOM_DOMAINS.discard(domain_name)


def _check_certificate(region: str, domain: DomainName) -> None:
    """Refuse a certificate of another region, a pending one, and one of another name."""
    arn = domain.regional_certificate_arn
    if arn is None:
        return
    known = acm_backends[RUN.account][region]._certificates
    certificate = known.get(arn)
    if certificate is not None:
        certificate.check()
    if certificate is None or certificate.status != "ISSUED":
        raise BadRequestException("Invalid certificate ARN: " + arn)
    parent = "*." + domain.domain_name.partition(".")[2]
    if not {domain.domain_name, parent} & {*certificate.sans, certificate.common_name}:
        message = f"Certificate {arn} does not cover the domain name {domain.domain_name}"
        raise BadRequestException(message)


def _update(response: Any) -> str:
    backend = response.backend
    domain = backend.get_domain_name(response.path.split("/")[2])
    for patch in response._get_param("patchOperations") or []:
        path, value = patch["path"], patch.get("value")
        if path in _TEXTS:
            setattr(domain, _TEXTS[path], value or None)
        else:
            raise BadRequestException(f"Invalid patch path {path}")
    _check_certificate(backend.region_name, domain)
    return json.dumps(domain.to_json())


def install() -> None:
    """Look at certificates, and take changes."""
    stand_in(APIGatewayBackend, "create_domain_name", _create)
    stand_in(APIGatewayBackend, "delete_domain_name", _delete)
    if not hasattr(APIGatewayResponse, "update_domain_name"):
        APIGatewayResponse.update_domain_name = _update
