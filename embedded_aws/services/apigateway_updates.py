"""Changing APIs, usage plans and tags.

Stands in for `moto.apigateway.models.RestAPI.apply_patch_operations` (a flag that is set to false
becomes true, media types are replaced), `UsagePlan.apply_patch_operations` (no throttling of
methods, numbers as text), `APIGatewayBackend.delete_usage_plan` (keys stay behind), and
`APIGatewayResponse.get_tags`, `tag_resource` and `untag_resource` (stages only).

Source: API Gateway Developer Guide, "Patch operations"; API Reference, "TagResource".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from moto.apigateway import urls
from moto.apigateway.exceptions import BadRequestException
from moto.apigateway.models import APIGatewayBackend, RestAPI, UsagePlan
from moto.apigateway.responses import APIGatewayResponse
from moto.core.exceptions import JsonRESTError

from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable

    Patch = dict[str, Any]

_TAGS_URL = "{0}/tags/(?P<anyArn>arn:.+)$"
_API_TEXTS = {
    "/name": "name",
    "/description": "description",
    "/apiKeySource": "api_key_source",
    "/policy": "policy",
    "/version": "version",
}


def _unescaped(step: str) -> str:
    """Read one step of a JSON Pointer (RFC 6901)."""
    return step.replace("~1", "/").replace("~0", "~")


def _patch_api(_original: Callable[..., None], api: RestAPI, patches: list[Patch]) -> None:
    for patch in patches:
        path, value, removes = patch["path"], patch.get("value"), patch["op"] == "remove"
        if path in _API_TEXTS:
            setattr(api, _API_TEXTS[path], None if removes else value or None)
        elif path == "/disableExecuteApiEndpoint":
            api.disableExecuteApiEndpoint = str(value).lower() == "true"
        elif path == "/minimumCompressionSize":
            unset = removes or value in (None, "")
            api.minimum_compression_size = None if unset else int(str(value))
        elif path.startswith("/binaryMediaTypes/"):
            _patch_media_types(api, path, value, patch["op"])
        elif path.startswith("/endpointConfiguration/"):
            _patch_endpoint(api, path, value)
        else:
            message = f"Invalid patch path {path}"
            raise BadRequestException(message)


def _patch_media_types(api: RestAPI, path: str, value: Any, operation: str) -> None:
    kind = _unescaped(path.removeprefix("/binaryMediaTypes/"))
    types = [each for each in api.binaryMediaTypes if each != kind]
    if operation == "replace":
        types.append(str(value))
    elif operation == "add":
        types.append(kind)
    api.binaryMediaTypes = types


def _patch_endpoint(api: RestAPI, path: str, value: Any) -> None:
    configuration = dict(api.endpoint_configuration)
    member = path.split("/")[2]
    configuration[member] = [value] if member == "types" else value
    api.endpoint_configuration = configuration


def _patch_plan(_original: Callable[..., None], plan: UsagePlan, patches: list[Patch]) -> None:
    for patch in patches:
        _patch_plan_once(plan, patch["op"] == "remove", patch["path"], patch.get("value"))


def _patch_plan_once(plan: UsagePlan, removes: bool, path: str, value: Any) -> None:
    step, _, rest = path.lstrip("/").partition("/")
    if step == "apiStages":
        _patch_plan_stages(plan, removes, rest, value)
    elif step in ("throttle", "quota"):
        held: dict[str, Any] = getattr(plan, step)
        if removes:
            held.clear() if not rest else held.pop(rest, None)
        else:
            held[rest] = _read_limit(rest, value)
    elif step in ("name", "description", "productCode"):
        attribute = "product_code" if step == "productCode" else step
        setattr(plan, attribute, None if removes else value)
    else:
        message = f"Invalid patch path {path}"
        raise BadRequestException(message)


def _read_limit(name: str, value: Any) -> Any:
    if name == "period":
        return value
    return float(value) if name == "rateLimit" else int(value)


def _patch_plan_stages(plan: UsagePlan, removes: bool, rest: str, value: Any) -> None:
    """Add or remove a stage (`/apiStages`), or throttle a method of one.

    Methods are throttled by `/apiStages/<api>:<stage>/throttle/<path>/<method>/rateLimit`, with
    the slashes of the resource's path written as `~1`.
    """
    if not rest:
        api, _, stage = str(value).partition(":")
        plan.api_stages = [
            each for each in plan.api_stages if (each["apiId"], each["stage"]) != (api, stage)
        ]
        if not removes:
            plan.api_stages.append({"apiId": api, "stage": stage, "throttle": {}})
        return
    place, _, inside = rest.partition("/throttle")
    api, _, stage = place.partition(":")
    held = next(
        (each for each in plan.api_stages if (each["apiId"], each["stage"]) == (api, stage)), None
    )
    if held is None:
        message = f"API stage {place} is not part of the usage plan"
        raise BadRequestException(message)
    throttle = held.setdefault("throttle", {})
    steps = [_unescaped(each) for each in inside.strip("/").split("/") if each]
    if removes and len(steps) < 2:
        throttle.clear()
    elif removes:
        throttle.pop("/".join(steps[:2]), None)
    else:
        throttle.setdefault("/".join(steps[:2]), {})[steps[2]] = _read_limit(steps[2], value)


def _delete_plan(original: Callable[..., None], backend: APIGatewayBackend, plan_id: str) -> None:
    plan = backend.get_usage_plan(plan_id)
    if plan.api_stages:
        message = f"Cannot delete Usage Plan {plan_id} because it has API stages associated with it"
        raise BadRequestException(message)
    original(backend, plan_id)
    backend.usage_plan_keys.pop(plan_id, None)


def _delete_plan_key(
    original: Callable[..., None], backend: APIGatewayBackend, usage_plan_id: str, key_id: str
) -> None:
    if key_id not in backend.usage_plan_keys.get(usage_plan_id, {}):
        message = f"Invalid Usage Plan ID or key specified: {usage_plan_id}, {key_id}"
        raise JsonRESTError("NotFoundException", message)
    original(backend, usage_plan_id, key_id)


def _tagged(response: Any) -> Any:
    """Find what an ARN such as `arn:aws:apigateway:us-east-1::/restapis/abc` names."""
    arn = unquote(response.path.split("/tags/", 1)[1])
    kind, identifier, *rest = arn.partition("::/")[2].split("/")
    backend = response.backend
    if kind == "restapis":
        if rest:
            return backend.get_stage(identifier, rest[-1])
        return backend.get_rest_api(identifier)
    if kind == "usageplans":
        return backend.get_usage_plan(identifier)
    if kind == "apikeys":
        return backend.get_api_key(identifier)
    if kind == "domainnames":
        return backend.get_domain_name(identifier)
    message = f"Invalid resource ARN {arn}"
    raise BadRequestException(message)


def _get_tags(_original: Callable[..., str], response: Any) -> str:
    return json.dumps({"tags": _tagged(response).tags or {}})


def _tag(_original: Callable[..., str], response: Any) -> str:
    tagged = _tagged(response)
    tagged.tags = {**(tagged.tags or {}), **(response._get_param("tags") or {})}
    return "{}"


def _untag(_original: Callable[..., str], response: Any) -> str:
    tagged = _tagged(response)
    gone = response.querystring.get("tagKeys") or []
    tagged.tags = {key: value for key, value in (tagged.tags or {}).items() if key not in gone}
    return "{}"


def install() -> None:
    """Let changes change what they say."""
    stand_in(RestAPI, "apply_patch_operations", _patch_api)
    stand_in(UsagePlan, "apply_patch_operations", _patch_plan)
    stand_in(APIGatewayBackend, "delete_usage_plan", _delete_plan)
    stand_in(APIGatewayBackend, "delete_usage_plan_key", _delete_plan_key)
    stand_in(APIGatewayResponse, "get_tags", _get_tags)
    stand_in(APIGatewayResponse, "tag_resource", _tag)
    stand_in(APIGatewayResponse, "untag_resource", _untag)
    urls.url_paths.setdefault(_TAGS_URL, APIGatewayResponse.dispatch)
