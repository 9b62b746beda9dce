"""Stages: canaries, settings of methods, access logs, and what a stage must point to.

Stands in for `moto.apigateway.models.Stage.apply_operations` and `to_json` (no canary, no removals,
settings of a method in a nested path, default throttling of another number),
`APIGatewayBackend.create_stage` and `update_stage` (any deployment id is taken), and
`APIGatewayResponse.create_stage` (canary settings are dropped).

Source: API Gateway API Reference, "CreateStage", "UpdateStage" and "MethodSetting"; Developer
Guide, "Patch operations".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.apigateway.exceptions import BadRequestException
from moto.apigateway.models import APIGatewayBackend, Stage
from moto.apigateway.responses import APIGatewayResponse

from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable

    Patch = dict[str, Any]

NO_ROLE = "CloudWatch Logs role ARN must be set in account settings to enable logging"
SETTINGS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "metrics/enabled": ("metricsEnabled", lambda text: text.lower() == "true"),
    "logging/loglevel": ("loggingLevel", str),
    "logging/dataTrace": ("dataTraceEnabled", lambda text: text.lower() == "true"),
    "throttling/burstLimit": ("throttlingBurstLimit", int),
    "throttling/rateLimit": ("throttlingRateLimit", float),
    "caching/enabled": ("cachingEnabled", lambda text: text.lower() == "true"),
    "caching/ttlInSeconds": ("cacheTtlInSeconds", int),
    "caching/dataEncrypted": ("cacheDataEncrypted", lambda text: text.lower() == "true"),
    "caching/requireAuthorizationForCacheControl": (
        "requireAuthorizationForCacheControl",
        lambda text: text.lower() == "true",
    ),
    "caching/unauthorizedCacheControlHeaderStrategy": (
        "unauthorizedCacheControlHeaderStrategy",
        str,
    ),
}
DEFAULT_SETTINGS = {
    "metricsEnabled": False,
    "dataTraceEnabled": False,
    "throttlingBurstLimit": 5000,
    "throttlingRateLimit": 10000.0,
    "cachingEnabled": False,
    "cacheTtlInSeconds": 300,
    "cacheDataEncrypted": False,
    "requireAuthorizationForCacheControl": True,
    "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
}
_TEXTS = {
    "/clientCertificateId": "client_certificate_id",
    "/description": "description",
    "/documentationVersion": "documentation_version",
    "/deploymentId": "deployment_id",
}


def _apply(_original: Callable[..., Stage], stage: Stage, patches: list[Patch]) -> Stage:
    for patch in patches:
        if patch["op"] == "copy":
            _promote(stage, str(patch.get("from")), patch["path"])
        else:
            _patch(stage, patch["op"], patch["path"], patch.get("value"))
    return stage


def _promote(stage: Stage, source: str, path: str) -> None:
    """Copy what a canary has to its stage: the two copies that promote a canary."""
    canary = stage.canary_settings or {}
    if (source, path) == ("/canarySettings/deploymentId", "/deploymentId") and canary:
        stage.deployment_id = canary["deploymentId"]
    elif (source, path) == ("/canarySettings/stageVariableOverrides", "/variables") and canary:
        stage.variables = {**stage.variables, **(canary["stageVariableOverrides"] or {})}
    else:
        message = f"Invalid patch: copy {source} to {path}"
        raise BadRequestException(message)


def _patch(stage: Stage, operation: str, path: str, value: Any) -> None:
    removes = operation == "remove"
    if path.startswith("/variables/"):
        _set(stage.variables, path.removeprefix("/variables/"), None if removes else value)
    elif path.startswith("/canarySettings"):
        _patch_canary(stage, removes, path.removeprefix("/canarySettings").lstrip("/"), value)
    elif path.startswith("/accessLogSettings"):
        settings = {} if removes else dict(stage.access_log_settings or {})
        if not removes:
            settings[path.rpartition("/")[2]] = value
        stage.access_log_settings = settings or None
    elif path in _TEXTS:
        setattr(stage, _TEXTS[path], "" if removes else value)
    elif path == "/tracingEnabled":
        stage.tracing_enabled = str(value).lower() == "true"
    elif path == "/cacheClusterEnabled":
        stage.cache_cluster_enabled = str(value).lower() == "true"
        status = "AVAILABLE" if stage.cache_cluster_enabled else "NOT_AVAILABLE"
        stage.cache_cluster_status = status
    elif path == "/cacheClusterSize":
        stage.cache_cluster_size = str(value)
    else:
        _patch_method(stage, removes, path.strip("/"), value)


def _set(values: dict[str, Any], name: str, value: Any) -> None:
    if value is None:
        values.pop(name, None)
    else:
        values[name] = value


def _patch_canary(stage: Any, removes: bool, member: str, value: Any) -> None:
    if not member:
        if not removes:
            message = "Invalid patch path /canarySettings"
            raise BadRequestException(message)
        stage.canary_settings = None
        return
    canary = {**new_canary(stage.deployment_id), **(stage.canary_settings or {})}
    if member == "percentTraffic":
        canary["percentTraffic"] = percentage(value)
    elif member == "useStageCache":
        canary["useStageCache"] = str(value).lower() == "true"
    elif member == "deploymentId":
        canary["deploymentId"] = value
    elif member.startswith("stageVariableOverrides"):
        overrides = dict(canary["stageVariableOverrides"] or {})
        name = member.partition("/")[2]
        if name:
            _set(overrides, name, None if removes else value)
        canary["stageVariableOverrides"] = overrides if name else {}
    else:
        message = f"Invalid patch path /canarySettings/{member}"
        raise BadRequestException(message)
    stage.canary_settings = canary


def new_canary(deployment_id: str) -> dict[str, Any]:
    """Return the settings of a canary of which nothing was said yet."""
    return {
        "percentTraffic": 0.0,
        "deploymentId": deployment_id,
        "stageVariableOverrides": {},
        "useStageCache": False,
    }


def percentage(value: Any) -> float:
    """Return a percentage; refuse what is none."""
    try:
        share = float(value)
    except (TypeError, ValueError):
        share = -1.0
    if not 0.0 <= share <= 100.0:
        message = "Percent traffic must be between 0.0 and 100.0"
        raise BadRequestException(message)
    return share


def _patch_method(stage: Stage, removes: bool, path: str, value: Any) -> None:
    """Change `{resource path}/{method}/{setting}`, where the setting has a slash in it, too."""
    setting = next((each for each in SETTINGS if path.endswith(f"/{each}")), None)
    if setting is None:
        if not removes:
            message = f"Invalid patch path /{path}"
            raise BadRequestException(message)
        stage.method_settings.pop(path, None)
        return
    method = path.removesuffix(f"/{setting}")
    name, read = SETTINGS[setting]
    settings = stage.method_settings.setdefault(method, dict(DEFAULT_SETTINGS))
    if removes:
        _set(settings, name, DEFAULT_SETTINGS.get(name))
    else:
        settings[name] = read(str(value))


def _to_json(original: Callable[..., dict[str, Any]], stage: Any) -> dict[str, Any]:
    described = original(stage)
    for member, name in (
        ("canarySettings", "canary_settings"),
        ("clientCertificateId", "client_certificate_id"),
        ("documentationVersion", "documentation_version"),
    ):
        if getattr(stage, name):
            described[member] = getattr(stage, name)
    return described


def _check(backend: APIGatewayBackend, api_id: str, stage: Any) -> None:
    """Refuse a stage without its deployment, or with logs that nobody may write."""
    api = backend.get_rest_api(api_id)
    canary = stage.canary_settings
    wanted = [stage.deployment_id, *([canary["deploymentId"]] if canary else [])]
    if any(deployment not in api.deployments for deployment in wanted):
        message = "Deployment id does not exist"
        raise BadRequestException(message)
    levels = {settings.get("loggingLevel", "OFF") for settings in stage.method_settings.values()}
    logs = bool(stage.access_log_settings) or bool(levels - {"OFF"})
    if logs and not backend.account.cloudwatch_role_arn:
        raise BadRequestException(NO_ROLE)


def _update_stage(
    original: Callable[..., Stage],
    backend: APIGatewayBackend,
    function_id: str,
    stage_name: str,
    patch_operations: list[Patch],
) -> Stage:
    stage = backend.get_stage(function_id, stage_name)
    before = {name: _copied(value) for name, value in vars(stage).items()}
    try:
        original(backend, function_id, stage_name, patch_operations)
        _check(backend, function_id, stage)
    except BadRequestException:
        vars(stage).clear()
        vars(stage).update(before)
        raise
    return stage


def _copied(value: Any) -> Any:
    return json.loads(json.dumps(value)) if isinstance(value, dict) else value


def _create_stage(
    original: Callable[..., Stage],
    backend: APIGatewayBackend,
    function_id: str,
    stage_name: str,
    deployment_id: str = "",
    **named: Any,
) -> Stage:
    deployment_id = named.pop("deploymentId", deployment_id)
    if deployment_id not in backend.get_rest_api(function_id).deployments:
        message = "Deployment id does not exist"
        raise BadRequestException(message)
    return original(backend, function_id, stage_name, deploymentId=deployment_id, **named)


def _respond_create(original: Callable[..., Any], response: Any) -> Any:
    wanted = response._get_param("canarySettings")
    api_id, name = response.path.split("/")[2], response._get_param("stageName")
    if wanted:
        percentage(wanted.get("percentTraffic", 0.0))
    status, headers, _ = original(response)
    stage = response.backend.get_stage(api_id, name)
    stage.documentation_version = response._get_param("documentationVersion")
    if wanted:
        canary = {**new_canary(stage.deployment_id), **wanted}
        stage.canary_settings = {**canary, "percentTraffic": percentage(canary["percentTraffic"])}
        try:
            _check(response.backend, api_id, stage)
        except BadRequestException:
            response.backend.delete_stage(api_id, name)
            raise
    return status, headers, json.dumps(stage.to_json())


def install() -> None:
    """Let stages have canaries and settings of their methods."""
    Stage.canary_settings = None
    Stage.client_certificate_id = None
    Stage.documentation_version = None
    stand_in(Stage, "apply_operations", _apply)
    stand_in(Stage, "to_json", _to_json)
    stand_in(APIGatewayBackend, "update_stage", _update_stage)
    stand_in(APIGatewayBackend, "create_stage", _create_stage)
    stand_in(APIGatewayResponse, "create_stage", _respond_create)
