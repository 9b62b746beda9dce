"""A domain name of an API: certificate, validation by DNS, custom domain name, mapping."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.provider.conftest import RunningAws, Terraform

DOMAIN = "api.custom.example.com"
DOCUMENT = """{"openapi": "3.0.1", "info": {"title": "custom", "version": "1"}, "paths": {"/health":
{"get": {"responses": {"200": {"description": "well"}},
"x-amazon-apigateway-integration": {"type": "mock",
"requestTemplates": {"application/json": "{\\"statusCode\\": 200}"},
"responses": {"default": {"statusCode": "200"}}}}}}}"""


@pytest.fixture
def zone(aws: RunningAws) -> Iterator[str]:
    """A zone that is there already."""
    client = aws.client("route53")
    made = client.create_hosted_zone(Name="custom.example.com", CallerReference="custom")
    identifier = made["HostedZone"]["Id"].rsplit("/", 1)[-1]
    yield identifier
    client.delete_hosted_zone(Id=identifier)


def proof(member: str) -> str:
    options = "aws_acm_certificate.this.domain_validation_options"
    return f"${{tolist({options})[0].resource_record_{member}}}"


def configuration(zone: str, *, validated: bool = True, **changes: Any) -> dict[str, Any]:
    certificate = {
        "domain_name": DOMAIN,
        "validation_method": "DNS",
        "tags": {"Owner": changes.get("owner", "data")},
        "lifecycle": {"create_before_destroy": True},
    }
    resources: dict[str, Any] = {"aws_acm_certificate": {"this": certificate}}
    if validated:
        resources["aws_route53_record"] = {
            "proof": {
                "zone_id": zone,
                "name": proof("name"),
                "type": proof("type"),
                "ttl": 300,
                "records": [proof("value")],
            }
        }
    resources["aws_acm_certificate_validation"] = {
        "this": {
            "certificate_arn": "${aws_acm_certificate.this.arn}",
            **(
                {"validation_record_fqdns": ["${aws_route53_record.proof.fqdn}"]}
                if validated
                else {}
            ),
        }
    }
    resources["aws_api_gateway_domain_name"] = {
        "this": {
            "domain_name": DOMAIN,
            "regional_certificate_arn": "${aws_acm_certificate_validation.this.certificate_arn}",
            "security_policy": "TLS_1_2",
            "endpoint_configuration": {"types": ["REGIONAL"]},
            "tags": {"Owner": changes.get("owner", "data")},
        }
    }
    resources["aws_api_gateway_rest_api"] = {"this": {"name": "custom", "body": DOCUMENT}}
    resources["aws_api_gateway_deployment"] = {
        "this": {
            "rest_api_id": "${aws_api_gateway_rest_api.this.id}",
            "lifecycle": {"create_before_destroy": True},
        }
    }
    resources["aws_api_gateway_stage"] = {
        name: {
            "rest_api_id": "${aws_api_gateway_rest_api.this.id}",
            "deployment_id": "${aws_api_gateway_deployment.this.id}",
            "stage_name": name,
        }
        for name in ("blue", "green")
    }
    stage = changes.get("stage", "blue")
    resources["aws_api_gateway_base_path_mapping"] = {
        "this": {
            "api_id": "${aws_api_gateway_rest_api.this.id}",
            "stage_name": f"${{aws_api_gateway_stage.{stage}.stage_name}}",
            "domain_name": "${aws_api_gateway_domain_name.this.domain_name}",
        }
    }
    return resources


def test_a_domain_name_lives(aws: RunningAws, terraform: Terraform, zone: str) -> None:
    """R-C6, R-A10: issued once DNS proves it; what changes is planned; all goes away."""
    terraform.lives(resource=configuration(zone))

    state = terraform.state()
    arn = state["aws_acm_certificate.this"]["arn"]
    certificate = aws.client("acm").describe_certificate(CertificateArn=arn)["Certificate"]
    assert (certificate["DomainName"], certificate["Status"]) == (DOMAIN, "ISSUED")
    client = aws.client("apigateway")
    found = client.get_domain_name(domainName=DOMAIN)
    assert found["regionalCertificateArn"] == arn
    assert found["securityPolicy"] == "TLS_1_2"
    domain = state["aws_api_gateway_domain_name.this"]
    assert domain["regional_domain_name"] == found["regionalDomainName"]
    assert domain["regional_zone_id"] == found["regionalHostedZoneId"]
    (mapping,) = client.get_base_path_mappings(domainName=DOMAIN)["items"]
    assert (mapping["basePath"], mapping["stage"]) == ("(none)", "blue")

    changes = terraform.changes_to(resource=configuration(zone, stage="green", owner="ops"))

    assert {address: names for address, (_, names) in changes.items()} == {
        "aws_acm_certificate.this": {"tags", "tags_all"},
        "aws_api_gateway_domain_name.this": {"tags", "tags_all"},
        "aws_api_gateway_base_path_mapping.this": {"stage_name"},
    }
    (mapping,) = client.get_base_path_mappings(domainName=DOMAIN)["items"]
    assert mapping["stage"] == "green"

    terraform.is_gone()
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_domain_name(domainName=DOMAIN)
    with pytest.raises(aws.client("acm").exceptions.ResourceNotFoundException):
        aws.client("acm").describe_certificate(CertificateArn=arn)


def test_a_certificate_without_its_record_stays_pending(terraform: Terraform, zone: str) -> None:
    """R-C6: the error names the record that ACM looks for."""
    terraform.write(resource=configuration(zone, validated=False))
    terraform.init()

    applied = terraform.apply()

    assert applied.code == 1
    assert "PENDING_VALIDATION" in applied.text
    assert f".{DOMAIN}" in applied.text
    terraform.is_gone()


def test_a_certificate_in_use_is_kept(aws: RunningAws, terraform: Terraform, zone: str) -> None:
    """ACM User Guide, "Delete certificates"."""
    terraform.lives(resource=configuration(zone))
    arn = terraform.state()["aws_acm_certificate.this"]["arn"]
    acm: Any = aws.client("acm")

    with pytest.raises(acm.exceptions.ResourceInUseException):
        acm.delete_certificate(CertificateArn=arn)

    terraform.is_gone()


def test_zones_and_apis_are_found(aws: RunningAws, terraform: Terraform, zone: str) -> None:
    """R-A10: a zone by its id, an API by its name; a name that two have is an error."""
    client: Any = aws.client("apigateway")
    ids = [client.create_rest_api(name=name)["id"] for name in ("one", "two", "two")]
    try:
        found = {
            "aws_route53_zone": {"this": {"zone_id": zone}},
            "aws_api_gateway_rest_api": {"this": {"name": "one"}},
        }
        terraform.lives(data=found)
        state = terraform.state()
        assert state["data.aws_route53_zone.this"]["name"] == "custom.example.com"
        assert state["data.aws_route53_zone.this"]["private_zone"] is False
        assert state["data.aws_api_gateway_rest_api.this"]["id"] == ids[0]

        terraform.write(data={"aws_api_gateway_rest_api": {"this": {"name": "two"}}})
        refused = terraform.plan()
        assert refused.code == 1
        assert "more than one REST API 'two'" in refused.text
    finally:
        for identifier in ids:
            client.delete_rest_api(restApiId=identifier)
