"""``aws_route53_health_check``."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import changed, given
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.route53_zone import read_tags, tag
from embedded_aws.provider.types.unset import unless_default

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedded_aws.provider.session import AwsSession

# Attributes that can change in place, with their argument and AWS's default.
_CHANGEABLE: Mapping[str, tuple[str, Any]] = {
    "child_health_threshold": ("HealthThreshold", 0),
    "child_healthchecks": ("ChildHealthChecks", None),
    "disabled": ("Disabled", False),
    "enable_sni": ("EnableSNI", False),
    "failure_threshold": ("FailureThreshold", 0),
    "fqdn": ("FullyQualifiedDomainName", ""),
    "insufficient_data_health_status": ("InsufficientDataHealthStatus", ""),
    "invert_healthcheck": ("Inverted", False),
    "ip_address": ("IPAddress", ""),
    "port": ("Port", 0),
    "regions": ("Regions", None),
    "resource_path": ("ResourcePath", ""),
    "search_string": ("SearchString", ""),
}
_FIXED: Mapping[str, tuple[str, Any]] = {
    "measure_latency": ("MeasureLatency", False),
    "request_interval": ("RequestInterval", 0),
    "routing_control_arn": ("RoutingControlArn", ""),
}
_ALARM = ("cloudwatch_alarm_name", "cloudwatch_alarm_region")


def _settings(check: State, attributes: Mapping[str, tuple[str, Any]]) -> dict[str, Any]:
    values = given(**{argument: check[name] for name, (argument, _) in attributes.items()})
    if check["cloudwatch_alarm_name"]:
        values["AlarmIdentifier"] = {
            "Name": check["cloudwatch_alarm_name"],
            "Region": check["cloudwatch_alarm_region"],
        }
    # AWS refuses these settings for checks that do not connect to anything.
    if check["type"] in ("CALCULATED", "CLOUDWATCH_METRIC", "RECOVERY_CONTROL"):
        for name in ("EnableSNI", "FailureThreshold", "MeasureLatency", "Port", "RequestInterval"):
            values.pop(name, None)
    return values


@resource
class Route53HealthCheck(ResourceType):
    """A health check of an endpoint, of an alarm or of other checks."""

    type_name = "aws_route53_health_check"
    replace = frozenset({"type", "reference_name", *_FIXED})
    defaults: ClassVar = {"disabled": False, "measure_latency": False}
    enums: ClassVar = {"type": ("route53", "HealthCheckType")}
    absent = frozenset({"NoSuchHealthCheck"})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the check."""
        reference = planned["reference_name"] or "terraform"
        created = aws.client("route53").create_health_check(
            CallerReference=f"{reference[:27]}-{uuid.uuid4().hex[:26]}",
            HealthCheckConfig={
                "Type": planned["type"],
                **_settings(planned, {**_CHANGEABLE, **_FIXED}),
            },
        )
        return {"id": created["HealthCheck"]["Id"]}

    def complete(self, aws: AwsSession, planned: State) -> None:
        """Set the tags."""
        tag(aws.client("route53"), "healthcheck", planned["id"], {}, planned)

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the check."""
        client = aws.client("route53")
        check = client.get_health_check(HealthCheckId=state["id"])["HealthCheck"]
        config = check["HealthCheckConfig"]
        found = {
            name: unless_default(state, name, config.get(argument), default)
            for name, (argument, default) in {**_CHANGEABLE, **_FIXED}.items()
        }
        alarm = config.get("AlarmIdentifier") or {}
        return {
            **found,
            "arn": f"arn:{aws.partition}:route53:::healthcheck/{state['id']}",
            "cloudwatch_alarm_name": alarm.get("Name"),
            "cloudwatch_alarm_region": alarm.get("Region"),
            "enable_sni": bool(config.get("EnableSNI")),
            "failure_threshold": int(config.get("FailureThreshold") or 0),
            "triggers": state.get("triggers") or {},
            "type": config["Type"],
            "tags_all": read_tags(client, "healthcheck", state["id"]),
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Update settings and tags."""
        client = aws.client("route53")
        if changed(prior, planned, *_CHANGEABLE, *_ALARM):
            client.update_health_check(HealthCheckId=prior["id"], **_settings(planned, _CHANGEABLE))
        if changed(prior, planned, "tags_all"):
            tag(client, "healthcheck", prior["id"], prior, planned)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the check."""
        aws.client("route53").delete_health_check(HealthCheckId=state["id"])
