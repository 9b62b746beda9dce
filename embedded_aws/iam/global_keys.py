"""The global condition keys: what is known about a request whatever the service.

`aws:SecureTransport` is always true: the loopback stands in for TLS, so that policies which demand
TLS let requests through as they do on AWS.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.awslambda.models import lambda_backends
from moto.backends import get_backend

from embedded_aws.state import RUN

if TYPE_CHECKING:
    from collections.abc import Callable

    from .call import ApiCall
    from .principals import Principal

Values = tuple[str, ...]


def _now(_call: ApiCall, _principal: Principal | None) -> Values:
    return (datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),)


def _user_id(_call: ApiCall, principal: Principal | None) -> Values:
    if principal is None or principal.holder is None:
        return ()
    identity = str(principal.holder.id)
    return (f"{identity}:{principal.session.session_name}" if principal.session else identity,)


def _user_name(_call: ApiCall, principal: Principal | None) -> Values:
    return (principal.name,) if principal is not None and principal.session is None else ()


def _type(_call: ApiCall, principal: Principal | None) -> Values:
    if principal is None:
        return ("Anonymous",)
    return ("AssumedRole" if principal.session else "User",)


def _ec2(region: str) -> Any:
    """Return moto's EC2, which takes a second to import: only who has a VPC waits for it."""
    return get_backend("ec2")[RUN.account][region]


def _network(call: ApiCall, principal: Principal | None) -> tuple[str, Any] | None:
    """Find the VPC from which a session calls: that of the function after which it is named."""
    if principal is None or principal.session is None:
        return None
    functions = lambda_backends[RUN.account]
    for region in (call.region, *functions):
        held = functions[region]._lambdas
        name = principal.session.session_name
        try:
            function = held.get_function_by_name_with_qualifier(name)
        except Exception:  # noqa: BLE001, S112 - no such function in this region
            continue
        subnets = (function.vpc_config or {}).get("subnet_ids") or []
        if function.role == principal.session.role_arn and subnets:
            return region, _ec2(region).get_subnet(subnets[0]).vpc_id
    return None


def _endpoints(call: ApiCall, principal: Principal | None) -> list[Any]:
    found = _network(call, principal)
    if found is None or found[0] != call.region:
        return []
    service = f"com.amazonaws.{call.region}.{call.signing_name}"
    endpoints = _ec2(call.region).vpc_end_points.values()
    return [e for e in list(endpoints) if e.vpc_id == found[1] and e.service_name == service]


def _source_vpc(call: ApiCall, principal: Principal | None) -> Values:
    return tuple(str(endpoint.vpc_id) for endpoint in _endpoints(call, principal)[:1])


def _source_endpoint(call: ApiCall, principal: Principal | None) -> Values:
    return tuple(str(endpoint.id) for endpoint in _endpoints(call, principal)[:1])


KEYS: dict[str, Callable[[ApiCall, Principal | None], Values]] = {
    "aws:currenttime": _now,
    "aws:epochtime": lambda _c, _p: (str(int(time.time())),),
    "aws:principalaccount": lambda _c, p: (RUN.account,) if p else (),
    "aws:principalarn": lambda _c, p: (p.iam_arn,) if p else (),
    "aws:principalisawsservice": lambda _c, _p: ("false",),
    "aws:principaltype": _type,
    "aws:referer": lambda c, _p: tuple(filter(None, [c.headers.get("Referer")])),
    "aws:requestedregion": lambda c, _p: (c.region,),
    "aws:resourceaccount": lambda _c, _p: (RUN.account,),
    "aws:securetransport": lambda _c, _p: ("true",),
    "aws:sourceip": lambda c, _p: tuple(filter(None, [c.request.remote_addr])),
    "aws:sourcevpc": _source_vpc,
    "aws:sourcevpce": _source_endpoint,
    "aws:useragent": lambda c, _p: tuple(filter(None, [c.headers.get("User-Agent")])),
    "aws:userid": _user_id,
    "aws:username": _user_name,
    "aws:viaawsservice": lambda _c, _p: ("false",),
}

PRINCIPAL_TAG = "aws:principaltag/"


def value(key: str, call: ApiCall, principal: Principal | None) -> Values:
    """Give the values of one global key (in lower case); none when the request has none."""
    if key in KEYS:
        return KEYS[key](call, principal)
    if key.startswith(PRINCIPAL_TAG) and principal is not None:
        tags = getattr(principal.holder, "tags", None) or {}
        wanted = key.removeprefix(PRINCIPAL_TAG)
        entries = tags.values() if isinstance(tags, dict) else tags
        return tuple(str(t["Value"]) for t in entries if str(t["Key"]).lower() == wanted)
    return ()
