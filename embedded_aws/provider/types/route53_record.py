"""``aws_route53_record``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import block, changed, given
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ProviderError, ResourceType, State
from embedded_aws.provider.types.unset import text

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

_OTHER_POLICIES = ("cidr_routing_policy", "geoproximity_routing_policy")


def _full_name(name: str, zone: str) -> str:
    """Return the name with the zone's name behind it, as AWS has it."""
    bare, suffix = name.removesuffix(".").lower(), zone.removesuffix(".")
    if not bare:
        return suffix
    return bare if bare == suffix or bare.endswith(f".{suffix}") else f"{bare}.{suffix}"


def _value(record: State, value: str) -> str:
    """Quote the text of TXT and SPF records, which AWS wants in quotes."""
    return f'"{value}"' if record["type"] in ("TXT", "SPF") else value


def _geolocation(record: State) -> dict[str, Any]:
    location = block(record, "geolocation_routing_policy")
    return given(
        ContinentCode=location.get("continent"),
        CountryCode=location.get("country"),
        SubdivisionCode=location.get("subdivision"),
    )


def _record_set(record: State, name: str) -> dict[str, Any]:
    alias = block(record, "alias")
    values = [{"Value": _value(record, value)} for value in sorted(record["records"] or [])]
    return given(
        Name=name,
        Type=record["type"],
        TTL=record["ttl"],
        SetIdentifier=record["set_identifier"],
        HealthCheckId=record["health_check_id"],
        MultiValueAnswer=record["multivalue_answer_routing_policy"] or None,
        ResourceRecords=values,
        AliasTarget=given(
            DNSName=alias.get("name"),
            HostedZoneId=alias.get("zone_id"),
            EvaluateTargetHealth=alias.get("evaluate_target_health"),
        ),
        Failover=block(record, "failover_routing_policy").get("type"),
        Region=block(record, "latency_routing_policy").get("region"),
        Weight=block(record, "weighted_routing_policy").get("weight"),
        GeoLocation=_geolocation(record),
    )


def _read_alias(found: dict[str, Any], state: State) -> list[State]:
    target = found.get("AliasTarget")
    if not target:
        return []
    name = target["DNSName"].removesuffix(".")
    configured = str(block(state, "alias").get("name") or "")
    # DNS does not tell capitals, and AWS adds a dot: the same target is no change.
    same = configured.removesuffix(".").lower() == name.lower()
    return [
        {
            "name": configured if same else name,
            "zone_id": target["HostedZoneId"],
            "evaluate_target_health": target["EvaluateTargetHealth"],
        }
    ]


def _read_policies(found: dict[str, Any]) -> State:
    location = found.get("GeoLocation")
    weight = found.get("Weight")
    return {
        "failover_routing_policy": ([{"type": found["Failover"]}] if found.get("Failover") else []),
        "latency_routing_policy": [{"region": found["Region"]}] if found.get("Region") else [],
        "weighted_routing_policy": [{"weight": weight}] if weight is not None else [],
        "geolocation_routing_policy": (
            [
                {
                    "continent": location.get("ContinentCode"),
                    "country": location.get("CountryCode"),
                    "subdivision": location.get("SubdivisionCode"),
                }
            ]
            if location
            else []
        ),
    }


@resource
class Route53Record(ResourceType):
    """A record set; its id is ``<zone>_<name>_<type>[_<set identifier>]``."""

    type_name = "aws_route53_record"
    replace = frozenset({"zone_id", "name", "type", "set_identifier"})
    enums: ClassVar = {
        "type": ("route53", "RRType"),
        "failover_routing_policy.type": ("route53", "ResourceRecordSetFailover"),
    }
    conflicts = (
        frozenset({"records", "alias"}),
        frozenset({"ttl", "alias"}),
        frozenset(
            {
                "failover_routing_policy",
                "geolocation_routing_policy",
                "latency_routing_policy",
                "weighted_routing_policy",
                "multivalue_answer_routing_policy",
                *_OTHER_POLICIES,
            }
        ),
    )
    absent = frozenset({"NoSuchHostedZone"})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the record, which must not exist unless overwriting is allowed."""
        if policy := next((name for name in _OTHER_POLICIES if planned[name]), None):
            raise ProviderError(f"The embedded AWS does not know {policy}.", policy)
        name = self._name(aws, planned)
        self._change(aws, planned, name, "UPSERT" if planned["allow_overwrite"] else "CREATE")
        parts = [planned["zone_id"], planned["name"].lower(), planned["type"]]
        if planned["set_identifier"]:
            parts.append(planned["set_identifier"])
        return {"id": "_".join(parts), "fqdn": name, "allow_overwrite": False}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Find the record in its zone."""
        found = self._find(aws, state, self._name(aws, state))
        if found is None:
            return None
        records = [one["Value"] for one in found.get("ResourceRecords") or []]
        if state["type"] in ("TXT", "SPF"):
            records = [value[1:-1] for value in records]
        return {
            "fqdn": found["Name"].removesuffix("."),
            "health_check_id": text(state, "health_check_id", found.get("HealthCheckId")),
            "multivalue_answer_routing_policy": bool(found.get("MultiValueAnswer")),
            "records": records or None,
            "ttl": found.get("TTL"),
            "alias": _read_alias(found, state),
            **_read_policies(found),
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Put the record anew; one with another routing policy is deleted first."""
        name = self._name(aws, planned)
        policies = [policy for policy in _read_policies({}) if changed(prior, planned, policy)]
        if any(bool(prior[policy]) != bool(planned[policy]) for policy in policies):
            self.delete(aws, prior)
        self._change(aws, planned, name, "UPSERT")

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the record as it is now in AWS: the call wants it exactly."""
        found = self._find(aws, state, self._name(aws, state))
        if found is not None:
            aws.client("route53").change_resource_record_sets(
                HostedZoneId=state["zone_id"],
                ChangeBatch={"Changes": [{"Action": "DELETE", "ResourceRecordSet": found}]},
            )

    def _name(self, aws: AwsSession, state: State) -> str:
        zone = aws.client("route53").get_hosted_zone(Id=state["zone_id"])["HostedZone"]["Name"]
        return _full_name(state["name"], zone)

    def _find(self, aws: AwsSession, state: State, name: str) -> dict[str, Any] | None:
        pages = aws.client("route53").get_paginator("list_resource_record_sets")
        wanted = (name, state["type"], state["set_identifier"] or None)
        for page in pages.paginate(HostedZoneId=state["zone_id"]):
            for record in page["ResourceRecordSets"]:
                # AWS writes "*" as an octal escape.
                there = record["Name"].removesuffix(".").replace("\\052", "*").lower()
                if (there, record["Type"], record.get("SetIdentifier")) == wanted:
                    return dict(record)
        return None

    def _change(self, aws: AwsSession, planned: State, name: str, action: str) -> None:
        change = {"Action": action, "ResourceRecordSet": _record_set(planned, name)}
        aws.client("route53").change_resource_record_sets(
            HostedZoneId=planned["zone_id"], ChangeBatch={"Changes": [change]}
        )
