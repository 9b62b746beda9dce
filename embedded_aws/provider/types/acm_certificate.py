"""``aws_acm_certificate`` and ``aws_acm_certificate_validation``, proven by DNS."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import changed, given, tag_changes, tag_list
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ProviderError, ResourceType, State
from embedded_aws.provider.types.tagging import tag_map

if TYPE_CHECKING:
    from datetime import datetime

    from embedded_aws.provider.session import AwsSession

_ABSENT = frozenset({"ResourceNotFoundException"})
_ATTEMPTS, _PAUSE_SECONDS = 20, 0.25


def _describe(aws: AwsSession, arn: str) -> dict[str, Any]:
    described = aws.client("acm").describe_certificate(CertificateArn=arn)
    certificate: dict[str, Any] = described["Certificate"]
    return certificate


def _time(moment: datetime | None) -> str:
    return "" if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _options(certificate: dict[str, Any]) -> list[State]:
    return [
        {
            "domain_name": each["DomainName"],
            "resource_record_name": each["ResourceRecord"]["Name"],
            "resource_record_type": each["ResourceRecord"]["Type"],
            "resource_record_value": each["ResourceRecord"]["Value"],
        }
        for each in certificate.get("DomainValidationOptions") or []
        if "ResourceRecord" in each
    ]


@resource
class AcmCertificate(ResourceType):
    """A certificate that ACM issues once its domain is proven."""

    type_name = "aws_acm_certificate"
    replace = frozenset(
        {
            "certificate_authority_arn",
            "domain_name",
            "key_algorithm",
            "subject_alternative_names",
            "validation_method",
            "validation_option",
        }
    )
    enums: ClassVar = {
        "key_algorithm": ("acm", "KeyAlgorithm"),
        "validation_method": ("acm", "ValidationMethod"),
    }
    absent = _ABSENT

    def create(self, aws: AwsSession, planned: State) -> State:
        """Request the certificate; its validation is another resource's."""
        if planned["private_key"] or planned["validation_method"] != "DNS":
            message = 'The embedded AWS knows certificates with validation_method = "DNS" only.'
            raise ProviderError(message, "validation_method")
        names = [n for n in planned["subject_alternative_names"] or [] if n]
        requested = aws.client("acm").request_certificate(
            DomainName=planned["domain_name"],
            ValidationMethod="DNS",
            **given(
                KeyAlgorithm=planned["key_algorithm"],
                SubjectAlternativeNames=sorted(names),
                Tags=tag_list(planned),
            ),
        )
        arn = requested["CertificateArn"]
        return {"id": arn, "arn": arn}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the certificate."""
        certificate = _describe(aws, state["id"])
        tags = aws.client("acm").list_tags_for_certificate(CertificateArn=state["id"])["Tags"]
        return {
            "arn": state["id"],
            "domain_name": certificate["DomainName"],
            "domain_validation_options": _options(certificate),
            "early_renewal_duration": state.get("early_renewal_duration"),
            "key_algorithm": certificate["KeyAlgorithm"].replace("-", "_"),
            "not_after": _time(certificate.get("NotAfter")),
            "not_before": _time(certificate.get("NotBefore")),
            "pending_renewal": False,
            "renewal_eligibility": certificate.get("RenewalEligibility", ""),
            "renewal_summary": [],
            "status": certificate["Status"],
            "subject_alternative_names": sorted(certificate["SubjectAlternativeNames"]),
            "tags_all": tag_map(tags),
            "type": certificate["Type"],
            "validation_emails": [],
            "validation_method": "DNS",
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Change the tags."""
        if not changed(prior, planned, "tags_all"):
            return
        removed, added = tag_changes(prior, planned)
        client, arn = aws.client("acm"), prior["id"]
        if removed:
            client.remove_tags_from_certificate(
                CertificateArn=arn, Tags=[{"Key": key} for key in removed]
            )
        if added:
            client.add_tags_to_certificate(CertificateArn=arn, Tags=tag_list({"tags_all": added}))

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the certificate, which nothing may use any longer."""
        aws.client("acm").delete_certificate(CertificateArn=state["id"])


@resource
class AcmCertificateValidation(ResourceType):
    """The wait until a certificate is issued; nothing in AWS."""

    type_name = "aws_acm_certificate_validation"
    replace = frozenset({"certificate_arn", "validation_record_fqdns"})
    absent = _ABSENT

    def create(self, aws: AwsSession, planned: State) -> State:
        """Wait until ACM has found the records."""
        arn = planned["certificate_arn"]
        certificate = _describe(aws, arn)
        options = _options(certificate)
        self._check_names(options, planned["validation_record_fqdns"])
        for _ in range(_ATTEMPTS):
            if certificate["Status"] == "ISSUED":
                return {"id": str(certificate.get("IssuedAt"))}
            time.sleep(_PAUSE_SECONDS)
            certificate = _describe(aws, arn)
        records = ", ".join(
            f"{each['resource_record_name']} {each['resource_record_type']} "
            f"{each['resource_record_value']}"
            for each in options
        )
        message = f"{arn} is {certificate['Status']}. ACM looks for the record {records}"
        raise ProviderError(message, "certificate_arn")

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Look whether the certificate is issued still."""
        certificate = _describe(aws, state["certificate_arn"])
        return {"id": state["id"]} if certificate["Status"] == "ISSUED" else None

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Do nothing: only its time-outs can change."""

    def delete(self, aws: AwsSession, state: State) -> None:
        """Do nothing: the certificate stays valid."""

    def _check_names(self, options: list[State], given_names: list[str] | None) -> None:
        if not given_names:
            return
        named = {name.rstrip(".") for name in given_names}
        missing = {each["resource_record_name"].rstrip(".") for each in options} - named
        if missing:
            message = f"missing {', '.join(sorted(missing))} DNS validation record"
            raise ProviderError(message, "validation_record_fqdns")
