"""``aws_route53_zone``."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import changed, given, tag_changes
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.tagging import tag_map

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

_ALWAYS_THERE = ("NS", "SOA")


def tag(client: Any, kind: str, identifier: str, prior: State, planned: State) -> None:
    """Bring the tags of a hosted zone or health check from one state to another."""
    removed, added = tag_changes(prior, planned)
    arguments = given(
        AddTags=[{"Key": key, "Value": value} for key, value in sorted(added.items())],
        RemoveTagKeys=removed,
    )
    if arguments:
        client.change_tags_for_resource(ResourceType=kind, ResourceId=identifier, **arguments)


def read_tags(client: Any, kind: str, identifier: str) -> dict[str, str]:
    """Return the tags of a hosted zone or health check."""
    answer = client.list_tags_for_resource(ResourceType=kind, ResourceId=identifier)
    return tag_map(answer["ResourceTagSet"]["Tags"])


def _vpc(vpc: State, aws: AwsSession) -> dict[str, str]:
    return {"VPCId": vpc["vpc_id"], "VPCRegion": vpc["vpc_region"] or aws.region}


@resource
class Route53Zone(ResourceType):
    """A hosted zone, public or of VPCs; its id has no ``/hostedzone/`` before it."""

    type_name = "aws_route53_zone"
    replace = frozenset({"name", "delegation_set_id"})
    defaults: ClassVar = {"comment": "Managed by Terraform", "force_destroy": False}
    conflicts = (frozenset({"delegation_set_id", "vpc"}),)
    absent = frozenset({"NoSuchHostedZone"})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the zone."""
        vpcs = planned["vpc"] or []
        created = aws.client("route53").create_hosted_zone(
            Name=planned["name"],
            CallerReference=f"terraform-{uuid.uuid4().hex}",
            HostedZoneConfig={"Comment": planned["comment"] or "", "PrivateZone": bool(vpcs)},
            **given(
                VPC=_vpc(vpcs[0], aws) if vpcs else None,
                DelegationSetId=planned["delegation_set_id"],
            ),
        )
        identifier = created["HostedZone"]["Id"].rsplit("/", 1)[-1]
        return {"id": identifier, "zone_id": identifier}

    def complete(self, aws: AwsSession, planned: State) -> None:
        """Set the tags and associate the other VPCs."""
        client = aws.client("route53")
        tag(client, "hostedzone", planned["id"], {}, planned)
        for vpc in (planned["vpc"] or [])[1:]:
            client.associate_vpc_with_hosted_zone(HostedZoneId=planned["id"], VPC=_vpc(vpc, aws))

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the zone."""
        client = aws.client("route53")
        answer = client.get_hosted_zone(Id=state["id"])
        zone = answer["HostedZone"]
        servers = sorted((answer.get("DelegationSet") or {}).get("NameServers") or [])
        return {
            "arn": f"arn:{aws.partition}:route53:::hostedzone/{state['id']}",
            "comment": (zone.get("Config") or {}).get("Comment", ""),
            "enable_accelerated_recovery": False,
            "name": zone["Name"].removesuffix("."),
            "name_servers": servers,
            "primary_name_server": servers[0] if servers else "",
            "vpc": [
                {"vpc_id": vpc["VPCId"], "vpc_region": vpc["VPCRegion"]}
                for vpc in answer.get("VPCs") or []
            ],
            "zone_id": state["id"],
            "tags_all": read_tags(client, "hostedzone", state["id"]),
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Change comment, VPCs and tags."""
        client = aws.client("route53")
        identifier = prior["id"]
        if changed(prior, planned, "comment"):
            client.update_hosted_zone_comment(Id=identifier, Comment=planned["comment"] or "")
        before = {vpc["vpc_id"]: vpc for vpc in prior["vpc"] or []}
        after = {vpc["vpc_id"]: vpc for vpc in planned["vpc"] or []}
        for name in sorted(after.keys() - before.keys()):
            client.associate_vpc_with_hosted_zone(
                HostedZoneId=identifier, VPC=_vpc(after[name], aws)
            )
        for name in sorted(before.keys() - after.keys()):
            client.disassociate_vpc_from_hosted_zone(
                HostedZoneId=identifier, VPC=_vpc(before[name], aws)
            )
        if changed(prior, planned, "tags_all"):
            tag(client, "hostedzone", identifier, prior, planned)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the zone, with ``force_destroy`` after its records."""
        client = aws.client("route53")
        if state["force_destroy"]:
            pages = client.get_paginator("list_resource_record_sets")
            records = [
                {"Action": "DELETE", "ResourceRecordSet": record}
                for page in pages.paginate(HostedZoneId=state["id"])
                for record in page["ResourceRecordSets"]
                if record["Type"] not in _ALWAYS_THERE
            ]
            if records:
                client.change_resource_record_sets(
                    HostedZoneId=state["id"], ChangeBatch={"Changes": records}
                )
        client.delete_hosted_zone(Id=state["id"])
