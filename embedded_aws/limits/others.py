"""Limits of KMS, Secrets Manager and Route 53 that neither their models nor moto hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from moto.route53.models import route53_backends

from embedded_aws.state import RUN

from .limit import limit, refuse

if TYPE_CHECKING:
    from embedded_aws.iam.call import ApiCall

SECRET_NAME = re.compile(r"[A-Za-z0-9/_+=.@!-]{1,512}")
ROUTING = ("Weight", "Failover", "Region", "GeoLocation", "MultiValueAnswer", "CidrRoutingConfig")


@limit("kms", "CreateAlias", "UpdateAlias", source="kms/latest/APIReference/API_CreateAlias.html")
def reserved_alias(call: ApiCall) -> None:
    """Refuse aliases that begin with alias/aws/: they are AWS's."""
    if str(call.parameters.get("AliasName", "")).startswith("alias/aws/"):
        refuse("NotAuthorizedException", "")


@limit(
    "kms",
    "ScheduleKeyDeletion",
    source="kms/latest/APIReference/API_ScheduleKeyDeletion.html",
)
def deletion_window(call: ApiCall) -> None:
    """Refuse a waiting time outside 7 to 30 days."""
    days = call.parameters.get("PendingWindowInDays")
    if days is not None and not 7 <= int(days) <= 30:
        message = "PendingWindowInDays must be between 7 and 30 days inclusive."
        refuse("ValidationException", message)


@limit(
    "secretsmanager",
    "CreateSecret",
    source="secretsmanager/latest/apireference/API_CreateSecret.html",
)
def secret_name(call: ApiCall) -> None:
    """Refuse names with others than letters, digits and /_+=.@-."""
    if not SECRET_NAME.fullmatch(str(call.parameters.get("Name", ""))):
        message = "Invalid name. Must be a valid name containing alphanumeric characters, or "
        refuse("ValidationException", message + "any of the following: -/_+=.@!")


@limit(
    "route53",
    "ChangeResourceRecordSets",
    source="Route53/latest/APIReference/API_ResourceRecordSet.html",
)
def routing_policies(call: ApiCall) -> None:
    """Refuse records of one name and type under different routing policies."""
    kinds = _existing(str(call.parsed.get("HostedZoneId", "")))
    changes = (call.parsed.get("ChangeBatch") or {}).get("Changes") or []
    for change in changes:
        record = change.get("ResourceRecordSet") or {}
        name = str(record.get("Name", "")).rstrip(".").lower() + "."
        place = (name, str(record.get("Type")))
        held = kinds.setdefault(place, {})
        identity = str(record.get("SetIdentifier") or "")
        if change.get("Action") == "DELETE":
            held.pop(identity, None)
            continue
        kind = next((k for k in ROUTING if _is_set(record.get(k))), "simple")
        others = {k for i, k in held.items() if i != identity}
        if others - {kind} or (kind == "simple" and others):
            message = (
                f"[RRSet with DNS name {name}, type {place[1]}, SetIdentifier {identity} cannot be "
                "created as a non-identical routing policy exists for the same name and type]"
            )
            refuse("InvalidChangeBatch", message)
        held[identity] = kind


def _is_set(value: Any) -> bool:
    return value is not None and value is not False  # a weight of 0 is one


def _existing(zone_id: str) -> dict[tuple[str, str], dict[str, str]]:
    zones = route53_backends[RUN.account]["aws"].zones
    zone = zones.get(zone_id.rpartition("/")[2])
    kinds: dict[tuple[str, str], dict[str, str]] = {}
    for record in list(zone.rrsets) if zone is not None else []:
        place = (record.name.rstrip(".").lower() + ".", str(record.type))
        kinds.setdefault(place, {})[str(record.set_identifier or "")] = _kind_of(record)
    return kinds


def _kind_of(record: Any) -> str:
    for attribute, kind in (
        ("weight", "Weight"),
        ("failover", "Failover"),
        ("region", "Region"),
        ("geo_location", "GeoLocation"),
        ("multi_value_answer", "MultiValueAnswer"),
    ):
        if _is_set(getattr(record, attribute, None)):
            return kind
    return "Weight" if record.set_identifier else "simple"
