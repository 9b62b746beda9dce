"""R-C6, R-A10: custom domain names lead where Route 53 says, and to the stage mapped there."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.embedded_aws.functions.making import unique
from tests.embedded_aws.gateway.apis import document, make_api, mock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedded_aws.server import EmbeddedAws

REGIONS = ("us-east-1", "us-west-2")


def telling(region: str) -> dict[str, Any]:
    """Return an operation that tells its region, and the path as the client wrote it."""
    operation = mock()
    operation["x-amazon-apigateway-integration"]["responses"]["default"]["responseTemplates"] = {
        "application/json": f'["{region}", "$context.path", "$context.domainName"]'
    }
    return operation


@dataclass
class Domain:
    """A domain name of APIs in two regions."""

    aws: EmbeddedAws
    name: str
    zone: str
    targets: dict[str, tuple[str, str]]

    def call(self, path: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.aws.state.port, timeout=60)
        connection.request("GET", path, headers={"Host": self.name})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def regions(self, calls: int = 8) -> set[str]:
        return {self.call("/where")[1][0] for _ in range(calls)}

    def record(self, region: str, **more: Any) -> None:
        target, target_zone = self.targets[region]
        alias = {"DNSName": target, "HostedZoneId": target_zone, "EvaluateTargetHealth": False}
        self.change("UPSERT", {"SetIdentifier": region, "AliasTarget": alias, **more})

    def change(self, action: str, record: dict[str, Any]) -> None:
        whole = {"Name": self.name, "Type": "A", **record}
        self.aws.client("route53").change_resource_record_sets(
            HostedZoneId=self.zone,
            ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": whole}]},
        )

    def check(self, region: str) -> str:
        made = self.aws.client("route53").create_health_check(
            CallerReference=unique("check"),
            HealthCheckConfig={
                "Type": "HTTPS",
                "FullyQualifiedDomainName": f"abc.execute-api.{region}.amazonaws.com",
            },
        )
        return str(made["HealthCheck"]["Id"])


@pytest.fixture
def domain(aws: EmbeddedAws) -> Iterator[Domain]:
    parent = f"{unique('zone')}.example.com"
    name, route53 = f"api.{parent}", aws.client("route53")
    made = route53.create_hosted_zone(Name=parent, CallerReference=parent)["HostedZone"]
    zone = made["Id"].rsplit("/", 1)[-1]
    targets = {}
    for region in REGIONS:
        api = make_api(aws, document({"/where": {"get": telling(region)}}), region=region)
        acm = aws.client("acm", region)
        arn = acm.request_certificate(DomainName=name, ValidationMethod="DNS")["CertificateArn"]
        (option,) = acm.describe_certificate(CertificateArn=arn)["Certificate"][
            "DomainValidationOptions"
        ]
        proof = option["ResourceRecord"]
        record = {
            "Name": proof["Name"],
            "Type": proof["Type"],
            "TTL": 300,
            "ResourceRecords": [{"Value": proof["Value"]}],
        }
        route53.change_resource_record_sets(
            HostedZoneId=zone,
            ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]},
        )
        created = api.client.create_domain_name(
            domainName=name,
            regionalCertificateArn=arn,
            endpointConfiguration={"types": ["REGIONAL"]},
        )
        targets[region] = (created["regionalDomainName"], created["regionalHostedZoneId"])
        for path in ("", "v2"):
            api.client.create_base_path_mapping(
                domainName=name, basePath=path, restApiId=api.id, stage=api.stage
            )
    yield Domain(aws, name, zone, targets)
    for region in REGIONS:
        aws.client("apigateway", region).delete_domain_name(domainName=name)


def test_paths_below_the_name_are_those_of_the_stage_that_is_mapped(domain: Domain) -> None:
    """The stage is not in them; a base path is, and is taken off before routing."""
    domain.record("us-west-2", Weight=1)

    assert domain.call("/where") == (200, ["us-west-2", "/where", domain.name])
    assert domain.call("/v2/where") == (200, ["us-west-2", "/v2/where", domain.name])
    assert domain.call("/nowhere")[0] == 403


def test_weights_share_the_calls_and_one_of_zero_waits_for_the_others_to_fail(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Route 53 Developer Guide, "How Amazon Route 53 chooses records"."""
    for region in REGIONS:
        domain.record(region, Weight=50, HealthCheckId=domain.check(region))
    assert domain.regions(40) == {*REGIONS}

    domain.record("us-west-2", Weight=0, HealthCheckId=domain.check("us-west-2"))
    assert domain.regions() == {"us-east-1"}

    with monkeypatch.context() as lost:
        lost.setitem(domain.aws.state.regions_down, "us-east-1", "unavailable")
        assert domain.regions() == {"us-west-2"}
    assert domain.regions() == {"us-east-1"}


def test_the_secondary_answers_while_the_primary_is_unhealthy(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same, for failover records."""
    for region, role in zip(REGIONS, ("PRIMARY", "SECONDARY"), strict=True):
        domain.record(region, Failover=role, HealthCheckId=domain.check(region))
    assert domain.regions() == {"us-east-1"}

    with monkeypatch.context() as lost:
        lost.setitem(domain.aws.state.regions_down, "us-east-1", "unavailable")
        assert domain.regions() == {"us-west-2"}


def test_a_certificate_of_another_region_or_name_is_refused(domain: Domain) -> None:
    """API Gateway Developer Guide, "Regional custom domain names"."""
    apigateway = domain.aws.client("apigateway", "us-west-2")
    west = apigateway.get_domain_name(domainName=domain.name)["regionalCertificateArn"]
    east = domain.aws.client("apigateway").get_domain_name(domainName=domain.name)
    for name, arn in (
        ("other.example.com", west),
        (f"second.{domain.name}", east["regionalCertificateArn"]),
    ):
        with pytest.raises(apigateway.exceptions.BadRequestException):
            apigateway.create_domain_name(
                domainName=name,
                regionalCertificateArn=arn,
                endpointConfiguration={"types": ["REGIONAL"]},
            )
