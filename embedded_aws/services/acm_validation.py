"""Certificates are issued when their domain is proven by DNS, and kept while something uses them.

Stands in for `moto.acm.models.CertBundle.check` (issued after a minute, whatever DNS says) and
`AWSCertificateManagerBackend.delete_certificate` (deletes what is in use).

Source: AWS Certificate Manager User Guide, "DNS validation" and "Delete certificates".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.acm.models import AWSCertificateManagerBackend, CertBundle
from moto.apigateway.models import apigateway_backends
from moto.core.exceptions import JsonRESTError
from moto.route53.models import route53_backends

from embedded_aws.services.seams import stand_in
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from collections.abc import Callable


def _in_use(arn: str) -> JsonRESTError:
    message = f"Certificate {arn} in account {RUN.account} is in use."
    return JsonRESTError("ResourceInUseException", message)


def _check(original: Callable[..., None], certificate: CertBundle) -> None:
    if certificate.type != "AMAZON_ISSUED" or certificate.status != "PENDING_VALIDATION":
        original(certificate)
        return
    options = certificate.describe()["Certificate"]["DomainValidationOptions"]
    wanted = {(each["ResourceRecord"]["Name"], each["ResourceRecord"]["Value"]) for each in options}
    if wanted <= _canonical_names():
        certificate.status = "ISSUED"


def _canonical_names() -> set[tuple[str, str]]:
    """Return name and value of every CNAME record, both with a dot at the end."""
    return {
        (f"{record.name.rstrip('.').lower()}.", f"{value.rstrip('.')}.")
        for zone in list(route53_backends[RUN.account]["aws"].zones.values())
        for record in list(zone.rrsets)
        if record.type == "CNAME"
        for value in record.records
    }


def _delete(original: Callable[..., None], backend: AWSCertificateManagerBackend, arn: str) -> None:
    gateway = apigateway_backends[RUN.account][backend.region_name]
    if any(domain.regional_certificate_arn == arn for domain in gateway.domain_names.values()):
        raise _in_use(arn)
    original(backend, arn)


def install() -> None:
    """Ask DNS, and API Gateway."""
    stand_in(CertBundle, "check", _check)
    stand_in(AWSCertificateManagerBackend, "delete_certificate", _delete)
