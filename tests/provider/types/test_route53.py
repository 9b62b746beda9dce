"""Zones, records of every routing that the pipeline uses, and health checks."""

from typing import Any

from tests.provider.conftest import RunningAws, Terraform


def configuration(**changes: Any) -> dict[str, Any]:
    zone = "${aws_route53_zone.this.zone_id}"
    failover = {
        "zone_id": zone,
        "name": "api",
        "type": "CNAME",
        "ttl": changes.get("ttl", 60),
    }
    return {
        "aws_route53_zone": {
            "this": {"name": "pipeline.example.com", "comment": changes.get("comment", "Pipeline")}
        },
        "aws_route53_health_check": {
            "primary": {
                "type": "HTTPS",
                "fqdn": "primary.example.com",
                "port": 443,
                "resource_path": changes.get("path", "/health"),
                "request_interval": 10,
                "failure_threshold": 3,
                "tags": {"Owner": "data"},
            }
        },
        "aws_route53_record": {
            "primary": {
                **failover,
                "records": ["primary.example.com"],
                "set_identifier": "primary",
                "failover_routing_policy": {"type": "PRIMARY"},
                "health_check_id": "${aws_route53_health_check.primary.id}",
            },
            "secondary": {
                **failover,
                "records": ["secondary.example.com"],
                "set_identifier": "secondary",
                "failover_routing_policy": {"type": "SECONDARY"},
            },
            "blue": {
                "zone_id": zone,
                "name": "app.pipeline.example.com",
                "type": "A",
                "ttl": 60,
                "records": ["192.0.2.1"],
                "set_identifier": "blue",
                "weighted_routing_policy": {"weight": changes.get("weight", 100)},
            },
            "text": {
                "zone_id": zone,
                "name": "",
                "type": "TXT",
                "ttl": 300,
                "records": ["owner=data"],
            },
        },
    }


def test_names_and_health_checks_live(aws: RunningAws, terraform: Terraform) -> None:
    """R-A10, R-C6: failover with a health check, and weights."""
    # Given a zone with failover, weighted and text records
    terraform.lives(resource=configuration())

    # Then AWS has them as configured
    client = aws.client("route53")
    state = terraform.state()
    zone = state["aws_route53_zone.this"]["id"]

    def records() -> dict[tuple[str, str | None], dict[str, Any]]:
        answer = client.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
        return {(record["Name"], record.get("SetIdentifier")): record for record in answer}

    primary = records()["api.pipeline.example.com.", "primary"]
    check = state["aws_route53_health_check.primary"]["id"]
    assert (primary["Failover"], primary["HealthCheckId"]) == ("PRIMARY", check)
    assert records()["app.pipeline.example.com.", "blue"]["Weight"] == 100
    assert state["aws_route53_record.primary"]["id"] == f"{zone}_api_CNAME_primary"
    assert state["aws_route53_record.primary"]["fqdn"] == "api.pipeline.example.com"

    # When one setting of each changes, exactly that is planned
    changes = terraform.changes_to(
        resource=configuration(weight=0, ttl=30, path="/ready", comment="Data pipeline")
    )
    assert {address: names for address, (_, names) in changes.items()} == {
        "aws_route53_zone.this": {"comment"},
        "aws_route53_health_check.primary": {"resource_path"},
        "aws_route53_record.primary": {"ttl"},
        "aws_route53_record.secondary": {"ttl"},
        "aws_route53_record.blue": {"weighted_routing_policy"},
    }
    assert records()["app.pipeline.example.com.", "blue"]["Weight"] == 0
    assert records()["api.pipeline.example.com.", "primary"]["TTL"] == 30
    config = client.get_health_check(HealthCheckId=check)["HealthCheck"]["HealthCheckConfig"]
    assert config["ResourcePath"] == "/ready"

    # When somebody deletes a record, it is planned back
    gone = records()["app.pipeline.example.com.", "blue"]
    client.change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={"Changes": [{"Action": "DELETE", "ResourceRecordSet": gone}]},
    )
    assert terraform.changes()["aws_route53_record.blue"][0] == ["create"]

    # When all is destroyed, nothing is left
    terraform.is_gone()
    zones = {each["Id"].rsplit("/", 1)[-1] for each in client.list_hosted_zones()["HostedZones"]}
    assert zone not in zones
    assert check not in {each["Id"] for each in client.list_health_checks()["HealthChecks"]}
