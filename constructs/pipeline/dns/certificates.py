"""A certificate of the domain in each region, proven by one record (row C6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.acm_certificate import AcmCertificate
from cdktf_cdktf_provider_aws.acm_certificate_validation import AcmCertificateValidation
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.route53_record import Route53Record
from constructs import Construct

_TTL_SECONDS = 300


@dataclass(frozen=True)
class CertificatesProps:
    """What is proven, and where.

    Parameters
    ----------
    domain
        The domain name.
    zone_id
        The hosted zone that the proof is written into.
    providers
        By region: a regional domain name takes a certificate of its own region only.
    """

    domain: str
    zone_id: str
    providers: Mapping[str, AwsProvider]


class Certificates(Construct):
    """Certificates that are issued, and renewed for as long as the record stands.

    ACM asks for the same record whatever the region: it is made from domain and account (AWS
    Certificate Manager User Guide, "DNS validation").

    Attributes
    ----------
    arns
        By region; known once the certificate is issued.
    """

    def __init__(self, scope: Construct, construct_id: str, props: CertificatesProps) -> None:
        super().__init__(scope, construct_id)
        certificates = {
            region: AcmCertificate(
                self,
                region,
                domain_name=props.domain,
                validation_method="DNS",
                provider=provider,
                # One that a domain name has cannot be deleted.
                lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
            )
            for region, provider in props.providers.items()
        }
        first = next(iter(certificates.values()))
        record = Route53Record(
            self,
            "proof",
            zone_id=props.zone_id,
            name=_member(first, "name"),
            type=_member(first, "type"),
            records=[_member(first, "value")],
            ttl=_TTL_SECONDS,
        )
        self.arns: dict[str, str] = {
            region: AcmCertificateValidation(
                self,
                f"{region}-issued",
                certificate_arn=certificate.arn,
                validation_record_fqdns=[record.fqdn],
                provider=props.providers[region],
            ).certificate_arn
            for region, certificate in certificates.items()
        }


def _member(certificate: AcmCertificate, name: str) -> str:
    options = f"tolist({certificate.fqn}.domain_validation_options)"
    return f"${{one({options}).resource_record_{name}}}"
