"""One request to a deployed API, from its address to its answer.

The order is API Gateway's: stage, route, resource policy and authorization, API key and usage plan,
throttling, validation, integration. Source: API Gateway Developer Guide, "How API Gateway resource
policies affect authorization workflow" and "Throttle requests to your REST APIs".
"""

from __future__ import annotations

import random
import socket
import time
import traceback
from typing import TYPE_CHECKING, Any

from embedded_aws.gateway import (
    access,
    incoming,
    integrations,
    place,
    records,
    refusals,
    routing,
    usage,
    validation,
)
from embedded_aws.gateway.context import Context
from embedded_aws.gateway.refusals import GatewayError
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from embedded_aws.gateway.deployed import Deployed, Route
    from embedded_aws.gateway.outgoing import Outgoing


def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer one request (WSGI)."""
    found = place.find(environ)
    mode = RUN.regions_down.get(found.region)
    if mode == "connection":
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        raise ConnectionResetError(f"{found.region} is down")
    request = incoming.read(environ, found.path)
    if mode is not None:
        outgoing = refusals.unavailable(found.region)
    else:
        with RUN.work("API requests"):
            outgoing = _answer(request, found)
    headers = outgoing.headers
    if request.verb == "HEAD":
        headers = [*headers, ("Content-Length", str(len(outgoing.body)))]
    start_response(outgoing.status_line, headers)
    return [outgoing.body]


def _answer(request: incoming.Incoming, found: place.Place) -> Outgoing:
    stage = found.api.stages.get(found.stage) if found.api is not None else None
    if found.api is None or stage is None:
        return refusals.forbidden()
    canary = _draw_canary(stage)
    deployment_id = stage.canary_settings["deploymentId"] if canary else stage.deployment_id
    deployment = found.api.deployments.get(deployment_id)
    deployed: Deployed | None = getattr(deployment, "deployed", None)
    if deployed is None or deployed.endpoint_disabled:
        return refusals.forbidden()
    context = Context(request, found, stage, deployed, canary=canary)
    try:
        outgoing = _served(context)
    except GatewayError as error:
        outgoing = refusals.render(error, context)
        if error.detail:
            context.execution.append(error.detail)
    except Exception as problem:  # noqa: BLE001 - a bug of ours is an answer, too
        if not RUN.closing.is_set():
            traceback.print_exc()
            RUN.error(f"API {deployed.name}: {request.verb} {request.path}: {problem!r}")
        outgoing = refusals.render(GatewayError("API_CONFIGURATION_ERROR"), context)
    _finish(context, outgoing)
    return outgoing


def _draw_canary(stage: Any) -> bool:
    """Say whether the stage's canary answers this request."""
    settings = stage.canary_settings
    if not settings:
        return False
    drawn = random.random() * 100.0  # noqa: S311 - shifts traffic, protects nothing
    return drawn < float(settings["percentTraffic"])


def _served(context: Context) -> Outgoing:
    request = context.incoming
    found = routing.match(context.deployed, request.verb, request.path)
    if found is None:
        raise GatewayError("MISSING_AUTHENTICATION_TOKEN")
    route, parameters = found
    context.routed(route, parameters)
    if request.body is None:
        raise GatewayError("REQUEST_TOO_LARGE")
    _admit(context, route)
    began = time.monotonic()
    try:
        return integrations.answer(route, context)
    finally:
        context.variables["integrationLatency"] = int((time.monotonic() - began) * 1000)


def _admit(context: Context, route: Route) -> None:
    access.authorize(route, context)
    usage.admit(route, context)
    validation.check(route, context)


def _finish(context: Context, outgoing: Outgoing) -> None:
    """Add the headers of every answer, and write what happened."""
    variables = context.variables
    if outgoing.header("Content-Type") is None:
        outgoing.headers.append(("Content-Type", "application/json"))
    outgoing.headers += [
        ("x-amzn-RequestId", variables["requestId"]),
        ("x-amz-apigw-id", variables["extendedRequestId"]),
    ]
    if outgoing.header("X-Amzn-Trace-Id") is None and context.route is not None:
        outgoing.headers.append(("X-Amzn-Trace-Id", context.trace))
    bodiless = context.incoming.verb == "HEAD" or outgoing.status in (204, 304)
    variables |= {
        "status": outgoing.status,
        "responseLength": 0 if bodiless else len(outgoing.body),
        "responseLatency": int((time.monotonic() - context.began) * 1000),
    }
    records.write(context)
