"""Outages of regions and injected faults: what a call meets before anything else."""

from __future__ import annotations

import fnmatch
import random
import socket
import time
from typing import TYPE_CHECKING

from moto.s3.models import s3_backends

from embedded_aws.iam import gate, principals
from embedded_aws.iam.refusal import RefusedError
from embedded_aws.state import RUN, Fault

if TYPE_CHECKING:
    from embedded_aws.iam.call import ApiCall

HOME_REGION = "us-east-1"
# Services with one control plane, in us-east-1: AWS Fault Isolation Boundaries, appendix A and B.
GLOBAL_SERVICES = frozenset(
    {
        "iam",
        "route53",
        "cloudfront",
        "organizations",
        "budgets",
        "ce",
        "shield",
        "waf",
        "globalaccelerator",
    }
)


def _check(call: ApiCall) -> None:
    """Refuse a call that meets an outage of its region, or an injected fault."""
    if not (RUN.regions_down or RUN.faults):
        return
    region = _region(call)
    mode = RUN.regions_down.get(region)
    if mode == "connection":
        call.request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        raise ConnectionResetError(f"{region} is down")
    if mode is not None:
        fault = Fault(message=f"{region} is down")
    else:
        found = _matching(call, region) if RUN.faults else None
        if found is None:
            return
        fault = found
    if fault.delay:
        time.sleep(fault.delay)
    if fault.status:
        raise RefusedError(fault.code, fault.message, fault.status)


def _region(call: ApiCall) -> str:
    """Return the region whose outage the call meets, wherever it was signed for."""
    if call.service in GLOBAL_SERVICES:
        return HOME_REGION
    if call.service == "s3":
        buckets = s3_backends[RUN.account]["aws"].buckets
        bucket = buckets.get(call.request.path.lstrip("/").partition("/")[0])
        if bucket is not None:
            return str(bucket.region_name)
    return call.region


def _matching(call: ApiCall, region: str) -> Fault | None:
    access_key = call.access_key or ""
    caller = principals.find(access_key)
    principal = access_key if caller is None else caller.name
    name = f"{call.service}:{call.operation}"
    with RUN.lock:
        for fault in RUN.faults:
            if (
                fault.count != 0
                and fnmatch.fnmatchcase(name, fault.operation)
                and fault.region in ("", region)
                and fnmatch.fnmatchcase(principal, fault.principal)
                and random.random() < fault.probability  # noqa: S311 - protects nothing
            ):
                if fault.count is not None:
                    fault.count -= 1
                return fault
    return None


def install() -> None:
    """Let outages and faults meet every call."""
    gate.register("faults", _check)
