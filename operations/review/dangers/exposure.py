"""What everybody could reach. It is a danger also when it is new."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from operations.review.changes import Change
from operations.review.dangers.model import Danger, Landscape, danger
from operations.review.dangers.open_routes import without_authorization
from operations.review.values import UNKNOWN, text

_BLOCKS = (
    *("block_public_acls", "block_public_policy", "ignore_public_acls"),
    "restrict_public_buckets",
)
_EVERYWHERE = ("0.0.0.0/0", "::/0")
_ANYBODY = "everybody who knows the address could use it"


def find(change: Change, _landscape: Landscape) -> Iterator[Danger]:
    """Yield what is open to everybody after the change, and was not before."""
    if change.action not in ("create", "update", "replace"):
        return
    before = set(_openings(change, change.before)) if change.action != "create" else set()
    for what, why in _openings(change, change.after):
        if (what, why) not in before:
            yield danger("public", change, what, why, what)


def _openings(change: Change, values: Any) -> Iterator[tuple[str, str]]:
    kind = change.kind
    if kind.endswith("public_access_block") and change.action == "create":
        # What turns one off later is a weaker protection.
        for name in _BLOCKS:
            if values.get(name) is not True and values.get(name) is not UNKNOWN:
                yield f"{name}: {text(values.get(name))}", "policies or lists could open it"
    if kind == "aws_s3_bucket_acl" and str(values.get("acl")).startswith(("public", "authentic")):
        yield f"acl: {values['acl']}", "everybody could read it, or more"
    for name in ("publicly_accessible", "allow_unauthenticated_identities"):
        if values.get(name) is True:
            yield f"{name}: true", _ANYBODY
    yield from _callable(kind, values)
    yield from _ingress(kind, values)


def _callable(kind: str, values: Any) -> Iterator[tuple[str, str]]:
    is_open = "NONE" in (values.get("authorization_type"), values.get("authorization"))
    if kind == "aws_lambda_function_url" and is_open:
        yield "authorization_type: NONE", _ANYBODY
    if kind == "aws_api_gateway_method" and values.get("http_method") == "OPTIONS":
        return  # what browsers ask beforehand, without any credentials
    if kind == "aws_api_gateway_method" and is_open and not values.get("api_key_required"):
        yield f"{values.get('http_method')} without authorization or API key", _ANYBODY
    if kind == "aws_api_gateway_rest_api":
        for route in without_authorization(values.get("body")):
            yield f"{route} without authorization or API key", _ANYBODY
    if kind == "aws_apigatewayv2_route" and (is_open or not values.get("authorization_type")):
        yield f"{values.get('route_key')} without authorization", _ANYBODY


def _ingress(kind: str, values: Any) -> Iterator[tuple[str, str]]:
    rules: list[Any] = []
    if kind == "aws_security_group" and isinstance(values.get("ingress"), list):
        rules = values["ingress"]
    if kind == "aws_vpc_security_group_ingress_rule" or (
        kind == "aws_security_group_rule" and values.get("type") == "ingress"
    ):
        rules = [values]
    for rule in rules:
        given = [rule.get("cidr_ipv4"), rule.get("cidr_ipv6")]
        given += [*(rule.get("cidr_blocks") or ()), *(rule.get("ipv6_cidr_blocks") or ())]
        ports = f"{text(rule.get('from_port'))} to {text(rule.get('to_port'))}"
        for address in given:
            if address in _EVERYWHERE:
                yield f"ports {ports} from {address}", "the whole Internet reaches it"
