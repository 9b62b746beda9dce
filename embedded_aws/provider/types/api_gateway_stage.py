"""``aws_api_gateway_stage``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import block, changed, given
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.api_gateway_rest_api import (
    ABSENT,
    api_arn,
    execution_arn,
    replace,
    retag,
)
from embedded_aws.provider.types.unset import text

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

Patches = list[dict[str, str]]
_TEXTS = {
    "client_certificate_id": "/clientCertificateId",
    "deployment_id": "/deploymentId",
    "description": "/description",
    "documentation_version": "/documentationVersion",
}


def _stage_arn(aws: AwsSession, stage: State) -> str:
    return f"{api_arn(aws, stage['rest_api_id'])}/stages/{stage['stage_name']}"


def _canary(stage: State) -> dict[str, Any]:
    wanted = block(stage, "canary_settings")
    return given(
        deploymentId=wanted.get("deployment_id"),
        percentTraffic=wanted.get("percent_traffic"),
        stageVariableOverrides=wanted.get("stage_variable_overrides"),
        useStageCache=wanted.get("use_stage_cache"),
    )


def _map_patches(path: str, before: State | None, after: State | None) -> Patches:
    before, after = before or {}, after or {}
    removed = [{"op": "remove", "path": f"{path}/{name}"} for name in sorted(before.keys() - after)]
    return removed + [
        replace(f"{path}/{name}", value)
        for name, value in sorted(after.items())
        if before.get(name) != value
    ]


def _canary_patches(prior: State, planned: State) -> Patches:
    before, after = block(prior, "canary_settings"), block(planned, "canary_settings")
    if not after:
        return [{"op": "remove", "path": "/canarySettings"}] if before else []
    path = "/canarySettings"
    patches = [
        replace(f"{path}/{member}", after[name])
        for name, member in (
            ("deployment_id", "deploymentId"),
            ("percent_traffic", "percentTraffic"),
            ("use_stage_cache", "useStageCache"),
        )
        if after.get(name) is not None and before.get(name) != after[name]
    ]
    overrides = "stage_variable_overrides"
    return patches + _map_patches(
        f"{path}/stageVariableOverrides", before.get(overrides), after.get(overrides)
    )


def _log_patches(prior: State, planned: State) -> Patches:
    before, after = block(prior, "access_log_settings"), block(planned, "access_log_settings")
    if not after:
        return [{"op": "remove", "path": "/accessLogSettings"}] if before else []
    return [
        replace("/accessLogSettings/destinationArn", after["destination_arn"].removesuffix(":*")),
        replace("/accessLogSettings/format", after["format"]),
    ]


@resource
class ApiGatewayStage(ResourceType):
    """A name under which a deployment answers; its id is ``ags-<API id>-<name>``."""

    type_name = "aws_api_gateway_stage"
    replace = frozenset({"rest_api_id", "stage_name"})
    defaults: ClassVar = {
        "canary_settings.percent_traffic": 0.0,
        "canary_settings.use_stage_cache": False,
    }
    absent = ABSENT

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the stage."""
        api, name = planned["rest_api_id"], planned["stage_name"]
        aws.client("apigateway").create_stage(
            restApiId=api,
            stageName=name,
            deploymentId=planned["deployment_id"],
            **given(
                cacheClusterEnabled=planned["cache_cluster_enabled"],
                cacheClusterSize=planned["cache_cluster_size"],
                canarySettings=_canary(planned),
                description=planned["description"],
                documentationVersion=planned["documentation_version"],
                tags=planned["tags_all"],
                tracingEnabled=planned["xray_tracing_enabled"],
                variables=planned["variables"],
            ),
        )
        return {"id": f"ags-{api}-{name}"}

    def complete(self, aws: AwsSession, planned: State) -> None:
        """Set what the creation does not take."""
        patches = _log_patches({}, planned)
        if planned["client_certificate_id"]:
            patches.append(replace("/clientCertificateId", planned["client_certificate_id"]))
        _patch(aws, planned, patches)

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the stage."""
        api, name = state["rest_api_id"], state["stage_name"]
        stage = aws.client("apigateway").get_stage(restApiId=api, stageName=name)
        logs, canary = stage.get("accessLogSettings"), stage.get("canarySettings")
        cached = stage.get("cacheClusterEnabled", False)
        return {
            "access_log_settings": [_read_logs(state, logs)] if logs else [],
            "arn": _stage_arn(aws, state),
            "cache_cluster_enabled": cached,
            "cache_cluster_size": stage.get("cacheClusterSize") if cached else None,
            "canary_settings": [_read_canary(canary)] if canary else [],
            "client_certificate_id": stage.get("clientCertificateId"),
            "deployment_id": stage["deploymentId"],
            "description": text(state, "description", stage.get("description")),
            "documentation_version": stage.get("documentationVersion"),
            "execution_arn": f"{execution_arn(aws, api)}/{name}",
            "invoke_url": f"https://{api}.execute-api.{aws.region}.amazonaws.com/{name}",
            "tags_all": stage.get("tags") or {},
            "variables": stage.get("variables") or {},
            "web_acl_arn": stage.get("webAclArn") or "",
            "xray_tracing_enabled": stage.get("tracingEnabled", False),
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Change all that differs in one call, so that a cut-over is one step."""
        patches = [
            replace(path, planned[name] or "")
            for name, path in _TEXTS.items()
            if changed(prior, planned, name)
        ]
        if changed(prior, planned, "xray_tracing_enabled"):
            patches.append(replace("/tracingEnabled", bool(planned["xray_tracing_enabled"])))
        if changed(prior, planned, "cache_cluster_enabled"):
            patches.append(replace("/cacheClusterEnabled", bool(planned["cache_cluster_enabled"])))
        if changed(prior, planned, "cache_cluster_size") and planned["cache_cluster_size"]:
            patches.append(replace("/cacheClusterSize", planned["cache_cluster_size"]))
        if changed(prior, planned, "variables"):
            patches += _map_patches("/variables", prior["variables"], planned["variables"])
        if changed(prior, planned, "access_log_settings"):
            patches += _log_patches(prior, planned)
        if changed(prior, planned, "canary_settings"):
            patches += _canary_patches(prior, planned)
        _patch(aws, prior, patches)
        if changed(prior, planned, "tags_all"):
            retag(aws.client("apigateway"), _stage_arn(aws, prior), prior, planned)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the stage."""
        aws.client("apigateway").delete_stage(
            restApiId=state["rest_api_id"], stageName=state["stage_name"]
        )

    def import_state(self, aws: AwsSession, identifier: str) -> State:
        """Take ``<API id>/<name>``."""
        del aws
        api, _, name = identifier.partition("/")
        return {"id": f"ags-{api}-{name}", "rest_api_id": api, "stage_name": name}


def _patch(aws: AwsSession, stage: State, patches: Patches) -> None:
    if patches:
        aws.client("apigateway").update_stage(
            restApiId=stage["rest_api_id"],
            stageName=stage["stage_name"],
            patchOperations=patches,
        )


def _read_logs(state: State, logs: dict[str, str]) -> State:
    before = str(block(state, "access_log_settings").get("destination_arn") or "")
    arn = logs.get("destinationArn", "")
    # Terraform's ARN of a group may end in ":*", which API Gateway leaves out.
    same = before.removesuffix(":*") == arn
    return {"destination_arn": before if same else arn, "format": logs.get("format", "")}


def _read_canary(canary: dict[str, Any]) -> State:
    return {
        "deployment_id": canary.get("deploymentId", ""),
        "percent_traffic": canary.get("percentTraffic", 0.0),
        "stage_variable_overrides": canary.get("stageVariableOverrides") or {},
        "use_stage_cache": canary.get("useStageCache", False),
    }
