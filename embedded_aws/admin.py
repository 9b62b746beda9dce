"""The admin API: the run's report, faults and outages, under `/_embedded/`."""

from __future__ import annotations

import dataclasses
import json
import traceback
from typing import TYPE_CHECKING, Any

from embedded_aws.alarms import clock
from embedded_aws.remaining import remaining
from embedded_aws.services import dynamodb_ttl, eventbridge_schedules
from embedded_aws.state import RUN, EmbeddedAwsError, Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PREFIX = "/_embedded/"
OUTAGES = ("503", "connection")
FAULTS = {
    "error": ("before", "after"),
    "reset": ("before", "during", "after"),
    "kill": ("before", "after"),
    "unprocessed": ("before",),
    "delivery": ("before",),
}
"""The kinds of faults, and when each can happen."""


def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request to the admin API; a bad one gets status 400 and a sentence, a bug 500."""
    route = (environ["REQUEST_METHOD"], environ["PATH_INFO"].removeprefix(PREFIX))
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    handler = ROUTES.get(route)
    status, result = "200 OK", None
    try:
        if handler is None:
            known = ", ".join(f"{method} {PREFIX}{path}" for method, path in ROUTES)
            status, result = "404 Not Found", {"error": f"the admin API has: {known}"}
        else:
            result = handler(_object(body))
    except EmbeddedAwsError as wrong:
        status, result = "400 Bad Request", {"error": str(wrong)}
    except Exception as problem:  # noqa: BLE001 - a bug is an answer, too, and goes to the log
        traceback.print_exc()
        RUN.error(f"{' '.join(route)}: {problem!r}")
        status, result = "500 Internal Server Error", {"error": repr(problem)}
    text = json.dumps(result, default=str).encode()
    start_response(
        status, [("Content-Type", "application/json"), ("Content-Length", str(len(text)))]
    )
    return [text]


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError as wrong:
        raise EmbeddedAwsError(f"the body is no JSON: {wrong}") from wrong
    if not isinstance(found, dict):
        raise EmbeddedAwsError("the body must be a JSON object")
    return found


def _report(_body: dict[str, Any]) -> dict[str, Any]:
    return {**RUN.report(), "left": remaining(RUN.account)}


def _health(_body: dict[str, Any]) -> dict[str, Any]:
    return {
        "account": RUN.account,
        "endpoint": RUN.endpoint,
        "regions_down": sorted(RUN.regions_down),
    }


def _add_fault(body: dict[str, Any]) -> dict[str, Any]:
    """Add a fault; the keys are the fields of `Fault`."""
    fields = {field.name: field for field in dataclasses.fields(Fault)}
    kinds: dict[str, tuple[type, ...]] = {
        "count": (int, type(None)),
        "skip": (int,),
        "status": (int,),
        "times": (int,),
        "probability": (int, float),
        "share": (int, float),
        "delay": (int, float),
    }
    for key, value in body.items():
        if key not in fields:
            raise EmbeddedAwsError(f"fault: {key!r} is unknown; allowed: {', '.join(fields)}")
        allowed = kinds.get(key, (str,))
        if not isinstance(value, allowed) or isinstance(value, bool):
            names = " or ".join(kind.__name__ for kind in allowed)
            raise EmbeddedAwsError(f"fault: {key} = {value!r} must be of type {names}")
    fault = Fault(**body)
    _check_fault(fault)
    with RUN.lock:
        RUN.faults.append(fault)
    return {"faults": _list_faults({})["faults"]}


def _check_fault(fault: Fault) -> None:
    for name in ("probability", "share"):
        if not 0 <= getattr(fault, name) <= 1:
            raise EmbeddedAwsError(f"fault: {name} = {getattr(fault, name)} must be from 0 to 1")
    for name in ("skip", "times", "delay"):
        if getattr(fault, name) < 0:
            raise EmbeddedAwsError(f"fault: {name} = {getattr(fault, name)} must be 0 or more")
    if fault.status and not 400 <= fault.status <= 599:
        raise EmbeddedAwsError(f"fault: status = {fault.status} must be 0 or from 400 to 599")
    if fault.kind not in FAULTS:
        raise EmbeddedAwsError(f"fault: kind = {fault.kind!r} must be one of {', '.join(FAULTS)}")
    if fault.when not in FAULTS[fault.kind]:
        allowed = " or ".join(FAULTS[fault.kind])
        raise EmbeddedAwsError(
            f"fault: when = {fault.when!r} must be {allowed} with kind = {fault.kind!r}"
        )


def _list_faults(_body: dict[str, Any]) -> dict[str, Any]:
    with RUN.lock:
        return {"faults": [dataclasses.asdict(fault) for fault in RUN.faults]}


def _clear_faults(_body: dict[str, Any]) -> dict[str, Any]:
    with RUN.lock:
        RUN.faults.clear()
    return {"faults": []}


def _set_region(body: dict[str, Any]) -> dict[str, Any]:
    region, down, mode = body.get("region"), body.get("down"), body.get("mode", "503")
    if not isinstance(region, str) or not region or not isinstance(down, bool):
        raise EmbeddedAwsError('regions: give {"region": "us-east-1", "down": true or false}')
    if mode not in OUTAGES:
        raise EmbeddedAwsError(f"regions: mode = {mode!r} must be one of {', '.join(OUTAGES)}")
    with RUN.lock:
        if down:
            RUN.regions_down = {**RUN.regions_down, region: mode}
        else:
            RUN.regions_down = {r: m for r, m in RUN.regions_down.items() if r != region}
    return {"regions_down": sorted(RUN.regions_down)}


def _expire(body: dict[str, Any]) -> dict[str, Any]:
    """Delete the items whose time to live is over, now or at `now`."""
    for key in body:
        if key != "now":
            raise EmbeddedAwsError(f"expire: {key!r} is unknown; allowed: now")
    now = body.get("now")
    if isinstance(now, bool) or not isinstance(now, int | float | None):
        raise EmbeddedAwsError(f"expire: now = {now!r} must be seconds since the epoch")
    return {"deleted": dynamodb_ttl.delete_expired(now)}


def _schedule(body: dict[str, Any]) -> dict[str, Any]:
    """Fire a scheduled rule now."""
    for key in body:
        if key not in ("rule", "region"):
            raise EmbeddedAwsError(f"schedule: {key!r} is unknown; allowed: rule, region")
    rule, region = body.get("rule"), body.get("region")
    if not isinstance(rule, str) or not isinstance(region, str):
        raise EmbeddedAwsError('schedule: give {"rule": its name, "region": "us-east-1"}')
    return {"targets": eventbridge_schedules.fire_now(region, rule)}


def _alarms(body: dict[str, Any]) -> dict[str, Any]:
    """Evaluate all alarms now."""
    if body != {"evaluate": True}:
        raise EmbeddedAwsError('alarms: give {"evaluate": true}')
    return {"alarms": clock.evaluate_now()}


ROUTES: dict[tuple[str, str], Callable[[dict[str, Any]], dict[str, Any]]] = {
    ("GET", "report"): _report,
    ("GET", "health"): _health,
    ("GET", "faults"): _list_faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("POST", "regions"): _set_region,
    ("POST", "expire"): _expire,
    ("POST", "schedule"): _schedule,
    ("POST", "alarms"): _alarms,
}
