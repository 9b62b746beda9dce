"""Outages of regions and injected faults: what a call meets before anything else, and events."""

from __future__ import annotations

import fnmatch
import random
import socket
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from moto.s3.models import s3_backends

from embedded_aws import credentials
from embedded_aws.functions import pool
from embedded_aws.iam import gate, principals
from embedded_aws.iam.refusal import RefusedError
from embedded_aws.state import RUN, Fault

if TYPE_CHECKING:
    from collections.abc import Callable

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


UNPROCESSED = "embedded_aws.unprocessed"
CUT_OFF = "embedded_aws.cut_off"
"""Keys of a request's environ, for who can do what a fault asks for."""


def _check(call: ApiCall) -> None:
    """Refuse a call that meets an outage of its region, or an injected fault."""
    if not (RUN.regions_down or RUN.faults):
        return
    region = _region(call)
    mode = RUN.regions_down.get(region)
    if mode == "connection":
        _reset(call, f"{region} is down")
    elif mode is not None:
        raise RefusedError(Fault.code, f"{region} is down", Fault.status)
    fault = _meeting(call, region) if RUN.faults else None
    if fault is None:
        return
    if fault.delay:
        time.sleep(fault.delay)
    if fault.kind == "unprocessed":
        call.request.environ[UNPROCESSED] = fault.share
    elif fault.when == "before":
        _strike(fault, call)
    elif fault.when == "after":
        call.afterwards = partial(_strike, fault, call)
    else:
        call.request.environ[CUT_OFF] = True


def _strike(fault: Fault, call: ApiCall) -> None:
    """Let the fault happen, now."""
    if fault.kind == "kill":
        pool.current().kill_client(int(call.request.environ["REMOTE_PORT"]))
    if fault.kind in ("kill", "reset"):
        _reset(call, fault.message)
    if fault.status:
        raise RefusedError(fault.code, fault.message, fault.status)


def _reset(call: ApiCall, message: str) -> None:
    call.request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError(message)


def unprocessed(environ: dict[str, Any], number: int) -> set[int]:
    """Return which of so many items of a batch a fault leaves unprocessed.

    Raises
    ------
    RefusedError
        None would be processed ("BatchWriteItem", Amazon DynamoDB API reference).
    """
    share = environ.get(UNPROCESSED, 0.0)
    left = {at for at in range(number) if random.random() < share}  # noqa: S311
    if left and len(left) == number:
        raise RefusedError(
            "ProvisionedThroughputExceededException",
            "The level of configured provisioned throughput for the table was exceeded. Consider "
            "increasing your provisioning level with the UpdateTable API.",
        )
    return left


def deliveries(service: str, target: str, region: str) -> list[float]:
    """Return after how many seconds something is to be delivered, once for each time.

    Parameters
    ----------
    service
        Who delivers: `sqs`, `events`, `s3` or `lambda`.
    target
        The name or ARN of the queue, topic or function.
    region
        Where that is.
    """
    fault = None
    if RUN.faults:
        name = f"{service}:{target.rpartition(':')[2]}"
        fault = _take(lambda each: each.kind == "delivery" and _covers(each, name, region))
    if fault is None:
        return [0.0]
    return [random.uniform(0, fault.delay) for _ in range(fault.times)]  # noqa: S311


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


def _meeting(call: ApiCall, region: str) -> Fault | None:
    access_key = call.access_key or ""
    caller = principals.find(access_key)
    principal = access_key if caller is None else caller.name
    name = f"{call.service}:{call.operation}"

    def meets(fault: Fault) -> bool:
        return (
            fault.kind != "delivery"
            and _covers(fault, name, region)
            and fnmatch.fnmatchcase(principal, fault.principal)
            and (fault.kind != "kill" or credentials.is_function(access_key))
            and (fault.kind != "unprocessed" or name == "dynamodb:BatchWriteItem")
        )

    return _take(meets)


def _covers(fault: Fault, name: str, region: str) -> bool:
    return fnmatch.fnmatchcase(name, fault.operation) and fault.region in ("", region)


def _take(meets: Callable[[Fault], bool]) -> Fault | None:
    """Return the first fault that is met, and count it."""
    with RUN.lock:
        for fault in RUN.faults:
            if fault.count == 0 or not meets(fault):
                continue
            if fault.skip:
                fault.skip -= 1
            elif random.random() < fault.probability:  # noqa: S311 - protects nothing
                if fault.count is not None:
                    fault.count -= 1
                return fault
    return None


def install() -> None:
    """Let outages and faults meet every call."""
    gate.register("faults", _check)
