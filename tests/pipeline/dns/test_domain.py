"""The API's domain name: who owns it, and where it leads."""

from typing import Any

import pytest

from tests.pipeline.dns.conftest import DOMAIN, ZONE
from tests.pipeline.monitoring.watching import ALARM, alarm, watched
from tests.pipeline.stacks.conftest import Variation
from tests.pipeline.stacks.synthesized import Resource, Stack, Synthesized

RECORD, CHECK = "aws_route53_record", "aws_route53_health_check"
KINDS = ("aws_acm", "aws_api_gateway_domain", "aws_api_gateway_base_path", "aws_route53")


def by_region(stack: Stack, kind: str) -> dict[str, Resource]:
    return {stack.region(each): each for each in stack.resources(kind)}


def records(stack: Stack, name: str) -> dict[str, Resource]:
    """The records of a name by what tells them apart."""
    return {
        each["set_identifier"]: each for each in stack.resources(RECORD) if each["name"] == name
    }


def check_of(stack: Stack, region: str) -> Resource:
    (found,) = (each for each in stack.resources(CHECK) if f".{region}." in each["fqdn"])
    return found


def test_without_a_domain_there_is_no_dns(both: Synthesized) -> None:
    """R-C6: off by default."""
    for resource in both.every_resource():
        assert not resource.kind.startswith(KINDS)


def test_all_of_it_is_in_the_stack_over_both_regions(domain: Synthesized) -> None:
    """R-C6, R-A10: the regional stacks stay as they are: nothing global, whatever the domain."""
    owners = {one.stack for one in domain.every_resource() if one.kind.startswith(KINDS)}
    assert owners == {"edge"}


def test_each_region_has_the_name_with_a_certificate_of_its_own(domain: Synthesized) -> None:
    """R-C6: TLS 1.2, issued before it is used, the whole path mapped to the stage."""
    edge = domain["edge"]
    certificates = by_region(edge, "aws_acm_certificate")
    issued = by_region(edge, "aws_acm_certificate_validation")
    names = by_region(edge, "aws_api_gateway_domain_name")
    mappings = by_region(edge, "aws_api_gateway_base_path_mapping")
    assert {*certificates} == {*issued} == {*names} == {*mappings} == {*domain.regions}
    for region in domain.regions:
        certificate, name = certificates[region], names[region]
        assert (certificate["domain_name"], certificate["validation_method"]) == (DOMAIN, "DNS")
        assert certificate["lifecycle"]["create_before_destroy"] is True
        assert issued[region].refers_to("certificate_arn", certificate, "arn")
        assert name["domain_name"] == DOMAIN
        assert name["security_policy"] == "TLS_1_2"
        assert name["endpoint_configuration"] == {"types": ["REGIONAL"]}
        assert name.refers_to("regional_certificate_arn", issued[region], "certificate_arn")
        assert mappings[region].refers_to("domain_name", name, "domain_name")
        assert mappings[region]["stage_name"] == domain.names.stage()
        assert "base_path" not in mappings[region].arguments


def test_one_record_proves_the_domain_for_both_regions(domain: Synthesized) -> None:
    """R-C6: ACM asks for the same one in all regions."""
    edge = domain["edge"]
    (proof,) = (each for each in edge.resources(RECORD) if each.get("ttl"))
    assert "domain_validation_options" in proof["name"]
    for validation in edge.resources("aws_acm_certificate_validation"):
        assert validation["validation_record_fqdns"] == [f"${{{proof.address}.fqdn}}"]


@pytest.mark.parametrize("seconds", [10, 30])
def test_each_region_is_asked_for_its_own_health(variation: Variation, seconds: int) -> None:
    """R-A10, R-C6: over HTTPS, by the API's own host name: the domain's leads wherever DNS says."""
    api = {"domain": DOMAIN, "hosted_zone_id": ZONE, "health_check_seconds": seconds}
    each = variation("prod", api=api)
    edge = each["edge"]
    apis = {edge.region(one): one for one in edge.data_sources("aws_api_gateway_rest_api")}
    for region in each.regions:
        check = check_of(edge, region)
        api_id = f"${{data.{apis[region].address}.id}}"
        assert check["fqdn"] == f"{api_id}.execute-api.{region}.amazonaws.com"
        assert (check["type"], check["port"], check["enable_sni"]) == ("HTTPS", 443, True)
        assert check["resource_path"] == f"/{each.names.stage()}/health"
        assert (check["request_interval"], check["failure_threshold"]) == (seconds, 3)
        assert apis[region]["name"] == each.names.rest_api()


def test_the_domain_fails_over_from_weights_to_the_secondary_region(domain: Synthesized) -> None:
    """R-A10: the primary side leads to the weighted name, since one name has one kind of record."""
    edge, (first, second) = domain["edge"], domain.regions
    found = records(edge, DOMAIN)
    assert {*found} == {"primary", "secondary"}
    for role, region in (("primary", first), ("secondary", second)):
        assert found[role]["failover_routing_policy"] == {"type": role.upper()}
        assert found[role].refers_to("health_check_id", check_of(edge, region), "id")
    assert found["primary"]["alias"] == {
        "evaluate_target_health": True,
        "name": f"live.{DOMAIN}",
        "zone_id": found["primary"]["zone_id"],
    }
    for record in records(edge, f"live.{DOMAIN}").values():
        assert record.address in found["primary"]["depends_on"], "an alias's target exists first"
    name = by_region(edge, "aws_api_gateway_domain_name")[second]
    assert found["secondary"]["alias"]["name"] == f"${{{name.address}.regional_domain_name}}"
    assert found["secondary"]["alias"]["zone_id"] == f"${{{name.address}.regional_zone_id}}"


def test_weights_are_between_the_regions_and_follow_their_health(domain: Synthesized) -> None:
    """R-C6: all to the primary region at first."""
    edge = domain["edge"]
    found, names = records(edge, f"live.{DOMAIN}"), by_region(edge, "aws_api_gateway_domain_name")
    for region, weight in zip(domain.regions, (100, 0), strict=True):
        record = found[region]
        assert record["weighted_routing_policy"] == {"weight": weight}
        assert record.refers_to("health_check_id", check_of(edge, region), "id")
        assert record["alias"]["name"] == f"${{{names[region].address}.regional_domain_name}}"
        assert record["alias"]["evaluate_target_health"] is False


@pytest.mark.parametrize(
    ("strategy", "ignored"), [("canary", ["weighted_routing_policy"]), ("direct", None)]
)
def test_terraform_leaves_weights_alone_that_a_release_moves(
    variation: Variation, strategy: str, ignored: list[str] | None
) -> None:
    """R-C6, R-C7: an apply never cuts over by itself, unless it is told to."""
    api = {"domain": DOMAIN, "hosted_zone_id": ZONE, "secondary_percent": 30}
    each = variation("prod", api=api, release={"strategy": strategy})
    found = records(each["edge"], f"live.{DOMAIN}")
    assert [found[region]["weighted_routing_policy"]["weight"] for region in each.regions] == [
        70,
        30,
    ]
    for record in found.values():
        assert (record.get("lifecycle") or {}).get("ignore_changes") == ignored


def test_every_record_is_one_that_route_53_takes(domain: Synthesized) -> None:
    """R-C6: "ResourceRecordSet": no TTL beside an alias, an identifier with each policy."""
    for record in domain["edge"].resources(RECORD):
        policies = [name for name in record.arguments if name.endswith("_routing_policy")]
        is_alias = "alias" in record.arguments
        assert is_alias != ("ttl" in record.arguments)
        assert is_alias != ("records" in record.arguments)
        assert len(policies) <= 1
        assert bool(policies) == ("set_identifier" in record.arguments)


def test_a_zone_that_the_domain_is_not_in_stops_the_plan(domain: Synthesized) -> None:
    """R-C6: Terraform would append the zone's name to the domain."""
    zone = domain["edge"].data_sources("aws_route53_zone")[0]
    (condition,) = zone["lifecycle"]["postcondition"]
    assert zone["zone_id"] == ZONE
    assert f'endswith(".{DOMAIN}"' in condition["condition"]
    assert "!self.private_zone" in condition["condition"]
    assert DOMAIN in condition["error_message"]


def test_a_lost_region_is_told(domain: Synthesized) -> None:
    """R-A10: where Route 53 publishes it, and, should that region be the lost one, in the other."""
    edge = domain["edge"]
    for region in domain.regions:
        found = alarm(domain, edge, f"region-failure-{region}")
        identifier = f"${{{check_of(edge, region).address}.id}}"
        assert watched(found) == [
            ("AWS/Route53", "HealthCheckStatus", {"HealthCheckId": identifier}, "Minimum")
        ]
        assert (found["comparison_operator"], found["threshold"]) == ("LessThanThreshold", 1)
        assert (found["period"], found["evaluation_periods"]) == (60, 1)
        assert edge.region(found) == "us-east-1"
        assert found["alarm_actions"] == [domain.names.topic_arn("alerts", "us-east-1")]
    standby = alarm(domain, edge, "standby-requests")
    assert edge.region(standby) == "us-west-2"
    assert standby["alarm_actions"] == [domain.names.topic_arn("alerts", "us-west-2")]
    queries = [one["metric"] for one in standby["metric_query"] if "metric" in one]
    assert {one["period"] for one in queries} == {60}
    asked = {(d["Method"], d["Resource"]) for _, _, d, _ in watched(standby)}
    assert ("POST", "/process") in asked
    assert not {resource for _, resource in asked} & {"/health", "/openapi.json"}


def test_where_both_regions_are_active_none_stands_by(variation: Variation) -> None:
    """R-A10, R-C6: an alarm on calls that the weights lead there would always be on."""
    api = {"domain": DOMAIN, "hosted_zone_id": ZONE, "secondary_percent": 1}
    names = [one["alarm_name"] for one in variation("prod", api=api)["edge"].resources(ALARM)]
    assert [name for name in names if "region-failure" in name]
    assert not [name for name in names if "standby-requests" in name]


def test_elsewhere_the_secondary_region_tells_alone(variation: Variation) -> None:
    """R-A10: Route 53's metrics are in us-east-1, where such an environment has no topic."""
    regions = {"primary": "eu-central-1", "secondary": "eu-west-1"}
    each = variation("prod", regions=regions, api={"domain": DOMAIN, "hosted_zone_id": ZONE})
    names = [one["alarm_name"] for one in each["edge"].resources(ALARM)]
    assert not [name for name in names if "region-failure" in name]
    assert each["edge"].region(alarm(each, each["edge"], "standby-requests")) == "eu-west-1"


def test_the_url_is_an_output(domain: Synthesized) -> None:
    """R-A15."""
    outputs: dict[str, Any] = domain["edge"].outputs()
    assert outputs["api_url"] == f"https://{DOMAIN}"
    assert outputs["api_weighted_name"] == f"live.{DOMAIN}"
