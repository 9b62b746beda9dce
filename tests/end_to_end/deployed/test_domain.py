"""The API's domain name, deployed to and taken from an environment that stands."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import urllib3

from tests.end_to_end.deployed.calling import Api
from tests.end_to_end.deployed.conftest import PRIMARY, SECONDARY, Deployment
from tests.project_copy import Result

DOMAIN = "api.pipeline.example.org"
LIVE = f"live.{DOMAIN}"


@dataclass(frozen=True)
class Named:
    """The deployment with a domain, and its hosted zone."""

    deployed: Deployment
    zone: str

    @property
    def records(self) -> list[dict[str, Any]]:
        """All but those that every zone has."""
        client = self.deployed.aws.client("route53", PRIMARY)
        found = client.list_resource_record_sets(HostedZoneId=self.zone)["ResourceRecordSets"]
        return [each for each in found if each["Type"] not in ("NS", "SOA")]

    def of(self, name: str) -> dict[str, dict[str, Any]]:
        """The records of a name by their identifier."""
        return {e["SetIdentifier"]: e for e in self.records if e["Name"] == f"{name}."}

    def get(self, host: str, path: str) -> Any:
        """Ask the embedded AWS for a path of a host that DNS would lead to it for."""
        endpoint = self.deployed.aws.endpoint
        answer = urllib3.request("GET", f"{endpoint}{path}", headers={"Host": host}, retries=False)
        assert answer.status == 200, answer.data
        return answer.json()

    def answering(self, calls: int) -> set[str]:
        """The regions that answer calls of the domain."""
        return {self.get(DOMAIN, "/health")["region"] for _ in range(calls)}

    def weigh(self, region: str, weight: int) -> None:
        """Give a region another weight, as docs/dns.md says."""
        record = {**self.of(LIVE)[region], "Weight": weight}
        change = {"Action": "UPSERT", "ResourceRecordSet": record}
        self.deployed.aws.client("route53", PRIMARY).change_resource_record_sets(
            HostedZoneId=self.zone, ChangeBatch={"Changes": [change]}
        )


def deploy_edge(deployed: Deployment) -> None:
    synthesized = deployed.user("cdktf", "synth", TF_WORKSPACE="dev")
    assert synthesized.code == 0, synthesized.text
    applied = deployed.apply(deployed.stack("edge"))
    assert applied.code == 0, applied.text


@pytest.fixture(scope="module")
def named(deployed: Deployment) -> Iterator[Named]:
    """A zone that is there, two settings, and a deploy of one stack; then the way back."""
    client = deployed.aws.client("route53", PRIMARY)
    made = client.create_hosted_zone(Name="pipeline.example.org", CallerReference="domain")
    zone = made["HostedZone"]["Id"].rsplit("/", 1)[-1]
    file = deployed.project.folder / "environments" / "dev.toml"
    before = file.read_text()
    given = f'[api]\ndomain = "{DOMAIN}"\nhosted_zone_id = "{zone}"\n'
    after = before.replace("[api]\n", given)
    file.write_text(after.replace('strategy = "direct"', 'strategy = "canary"'))
    with_domain = Named(deployed, zone)
    try:
        deploy_edge(deployed)
        yield with_domain
    finally:
        file.write_text(before)
        deploy_edge(deployed)
        left = with_domain.records
        client.delete_hosted_zone(Id=zone)
    assert left == []


def test_a_second_plan_changes_nothing(named: Named) -> None:
    """R-F1, R-C6: of the stack with the domain, and of those that it is nothing to."""
    for stack in ("edge", "secondary"):
        planned = named.deployed.plan(named.deployed.stack(stack))
        assert planned.code == 0, planned.text


def test_both_regions_answer_under_the_name(named: Named) -> None:
    """R-C6: with a certificate of their own, by the API and the stage that are there."""
    deployed = named.deployed
    for region in (PRIMARY, SECONDARY):
        gateway = deployed.aws.client("apigateway", region)
        found = gateway.get_domain_name(domainName=DOMAIN)
        arn = found["regionalCertificateArn"]
        assert f":{region}:" in arn
        certificate = deployed.aws.client("acm", region).describe_certificate(CertificateArn=arn)
        assert certificate["Certificate"]["Status"] == "ISSUED"
        (mapping,) = gateway.get_base_path_mappings(domainName=DOMAIN)["items"]
        (api,) = (
            each["id"]
            for each in gateway.get_rest_apis()["items"]
            if each["name"] == deployed.names.rest_api()
        )
        assert (mapping["restApiId"], mapping["stage"]) == (api, deployed.names.stage())


def test_route_53_fails_over_by_the_health_of_each_api(named: Named) -> None:
    """R-A10, R-C6: the checks ask what the API really answers on."""
    client = named.deployed.aws.client("route53", PRIMARY)
    failover, weighted = named.of(DOMAIN), named.of(LIVE)
    assert [failover[role]["Failover"] for role in ("primary", "secondary")] == [
        "PRIMARY",
        "SECONDARY",
    ]
    assert failover["primary"]["AliasTarget"]["DNSName"].rstrip(".") == LIVE
    for record, region in (
        (failover["primary"], PRIMARY),
        (failover["secondary"], SECONDARY),
        (weighted[PRIMARY], PRIMARY),
        (weighted[SECONDARY], SECONDARY),
    ):
        check = client.get_health_check(HealthCheckId=record["HealthCheckId"])["HealthCheck"]
        config = check["HealthCheckConfig"]
        host, path = config["FullyQualifiedDomainName"], config["ResourcePath"]
        assert f".execute-api.{region}.amazonaws.com" in host
        assert named.get(host, path)["region"] == region
    assert (weighted[PRIMARY]["Weight"], weighted[SECONDARY]["Weight"]) == (100, 0)


def test_calls_of_the_name_go_to_the_region_that_is_there(named: Named) -> None:
    """R-A10: the primary one; while it is lost the standby, without anybody doing anything."""
    ask = named.deployed.ask
    assert named.answering(5) == {PRIMARY}
    ask("regions", region=PRIMARY, down=True)
    try:
        assert named.answering(5) == {SECONDARY}
    finally:
        ask("regions", region=PRIMARY, down=False)
    assert named.answering(5) == {PRIMARY}


def state_of(named: Named, alarm: str, region: str, wanted: str) -> None:
    """Wait until an alarm has a state."""
    cloudwatch = named.deployed.aws.client("cloudwatch", region)
    name, deadline = named.deployed.names.alarm(alarm), time.monotonic() + 120
    while True:
        (found,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        if found["StateValue"] == wanted:
            return
        assert time.monotonic() < deadline, (found["StateValue"], found.get("StateReason"))
        time.sleep(0.5)


def test_a_lost_region_sets_off_an_alarm_that_is_over_when_it_is_back(named: Named) -> None:
    """R-A10: where Route 53 publishes what its checkers see."""
    state_of(named, f"region-failure-{SECONDARY}", PRIMARY, "OK")
    named.deployed.ask("regions", region=SECONDARY, down=True)
    try:
        state_of(named, f"region-failure-{SECONDARY}", PRIMARY, "ALARM")
        state_of(named, f"region-failure-{PRIMARY}", PRIMARY, "OK")
    finally:
        named.deployed.ask("regions", region=SECONDARY, down=False)
    state_of(named, f"region-failure-{SECONDARY}", PRIMARY, "OK")


def test_the_standby_tells_that_it_serves_while_the_other_region_is_lost(named: Named) -> None:
    """R-A10: from its own region, since us-east-1 tells nothing then."""
    deployed = named.deployed
    standby = Api(deployed, SECONDARY)
    deployed.ask("regions", region=PRIMARY, down=True)
    try:
        deadline = time.monotonic() + 120
        while True:
            assert standby.call("GET", "/records?status=PROCESSED&dataset=orders").status == 200
            cloudwatch = deployed.aws.client("cloudwatch", SECONDARY)
            alarms = [deployed.names.alarm("standby-requests")]
            (found,) = cloudwatch.describe_alarms(AlarmNames=alarms)["MetricAlarms"]
            if found["StateValue"] == "ALARM":
                break
            assert time.monotonic() < deadline, found.get("StateReason")
            time.sleep(0.1)
    finally:
        deployed.ask("regions", region=PRIMARY, down=False)


def test_weights_shift_calls_and_a_lost_region_gets_none(named: Named) -> None:
    """R-C6: blue-green between the regions; whatever the weights, a lost one has no calls."""
    named.weigh(SECONDARY, 100)
    try:
        assert named.answering(40) == {PRIMARY, SECONDARY}
        named.weigh(PRIMARY, 0)
        assert named.answering(5) == {SECONDARY}
        for lost, other in ((SECONDARY, PRIMARY), (PRIMARY, SECONDARY)):
            named.deployed.ask("regions", region=lost, down=True)
            try:
                assert named.answering(5) == {other}
            finally:
                named.deployed.ask("regions", region=lost, down=False)
    finally:
        named.weigh(PRIMARY, 100)
        named.weigh(SECONDARY, 0)


def test_the_command_shares_the_calls_between_the_regions(named: Named) -> None:
    """R-C6, R-C7: both weights in one change, which no plan takes back."""
    deployed = named.deployed

    def cutover(percent: str) -> Result:
        return deployed.user("make", "cutover", "ENV=dev", f"SECONDARY={percent}")

    try:
        done = cutover("100")
        assert done.code == 0, done.text
        assert named.answering(5) == {SECONDARY}
        told = json.loads((deployed.project.folder / "build" / "cutover.json").read_text())
        assert told["before"] == {PRIMARY: 100, SECONDARY: 0}
        assert told["after"] == {PRIMARY: 0, SECONDARY: 100}
        assert deployed.plan(deployed.stack("edge")).code == 0
    finally:
        back = cutover("0")
    assert back.code == 0, back.text
    assert named.answering(5) == {PRIMARY}
    wrong = cutover("101")
    assert wrong.code != 0
    assert "SECONDARY=101: must be a percentage, 0 to 100" in wrong.errors


def test_the_name_has_no_stage_in_its_paths(named: Named) -> None:
    """R-C6: also where the API tells of its own address."""
    assert named.get(DOMAIN, "/openapi.json")["servers"] == [{"url": "/"}]


def test_weights_that_were_moved_stay(named: Named) -> None:
    """R-C7: no plan takes a cut-over between the regions back."""
    named.weigh(SECONDARY, 25)

    planned = named.deployed.plan(named.deployed.stack("edge"))

    assert planned.code == 0, planned.text
    assert named.of(LIVE)[SECONDARY]["Weight"] == 25
    named.weigh(SECONDARY, 0)


def test_the_wrong_zone_is_told_before_anything_changes(named: Named) -> None:
    """R-C6: by name, in the plan."""
    deployed = named.deployed
    client = deployed.aws.client("route53", PRIMARY)
    made = client.create_hosted_zone(Name="other.example.org", CallerReference="other")
    other = made["HostedZone"]["Id"].rsplit("/", 1)[-1]
    stack = deployed.stack("edge")
    file = stack / "cdk.tf.json"
    before = file.read_text()
    file.write_text(before.replace(named.zone, other))
    try:
        planned = deployed.plan(stack)
    finally:
        file.write_text(before)
        client.delete_hosted_zone(Id=other)

    assert planned.code == 1
    said = re.sub(r"[│╷╵\s]+", " ", planned.text)
    assert f"must be the public hosted zone that api.domain = {DOMAIN} is in" in said
    assert "other.example.org" in said


def test_another_name_is_one_deploy(named: Named) -> None:
    """R-C6: the old certificates go once nothing has them; the last test, as it stays so."""
    deployed, other = named.deployed, f"v2.{DOMAIN}"
    file = deployed.project.folder / "environments" / "dev.toml"
    file.write_text(file.read_text().replace(f'"{DOMAIN}"', f'"{other}"'))

    deploy_edge(deployed)

    assert named.of(DOMAIN) == named.of(LIVE) == {}
    assert named.get(other, "/health")["region"] == PRIMARY
    for region in (PRIMARY, SECONDARY):
        acm = deployed.aws.client("acm", region)
        certificates = acm.list_certificates()["CertificateSummaryList"]
        assert [each["DomainName"] for each in certificates] == [other]
    assert deployed.plan(deployed.stack("edge")).code == 0
