"""``aws_api_gateway_method_settings``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import block
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.api_gateway_rest_api import ABSENT, replace

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

# Attribute -> (step of the patch path, member of AWS's answer)
_SETTINGS = {
    "cache_data_encrypted": ("caching/dataEncrypted", "cacheDataEncrypted"),
    "cache_ttl_in_seconds": ("caching/ttlInSeconds", "cacheTtlInSeconds"),
    "caching_enabled": ("caching/enabled", "cachingEnabled"),
    "data_trace_enabled": ("logging/dataTrace", "dataTraceEnabled"),
    "logging_level": ("logging/loglevel", "loggingLevel"),
    "metrics_enabled": ("metrics/enabled", "metricsEnabled"),
    "require_authorization_for_cache_control": (
        "caching/requireAuthorizationForCacheControl",
        "requireAuthorizationForCacheControl",
    ),
    "throttling_burst_limit": ("throttling/burstLimit", "throttlingBurstLimit"),
    "throttling_rate_limit": ("throttling/rateLimit", "throttlingRateLimit"),
    "unauthorized_cache_control_header_strategy": (
        "caching/unauthorizedCacheControlHeaderStrategy",
        "unauthorizedCacheControlHeaderStrategy",
    ),
}
_WHOLE = frozenset({"cache_ttl_in_seconds", "throttling_burst_limit"})


@resource
class ApiGatewayMethodSettings(ResourceType):
    """Settings of one method of a stage, or of all; its id is ``<API id>-<stage>-<path>``."""

    type_name = "aws_api_gateway_method_settings"
    replace = frozenset({"method_path", "rest_api_id", "stage_name"})
    defaults: ClassVar = {
        "settings.throttling_burst_limit": -1,
        "settings.throttling_rate_limit": -1,
    }
    absent = ABSENT

    def create(self, aws: AwsSession, planned: State) -> State:
        """Set them."""
        _patch(aws, planned, {}, block(planned, "settings"))
        place = (planned["rest_api_id"], planned["stage_name"], planned["method_path"])
        return {"id": "-".join(place)}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read them."""
        stage = aws.client("apigateway").get_stage(
            restApiId=state["rest_api_id"], stageName=state["stage_name"]
        )
        found = (stage.get("methodSettings") or {}).get(state["method_path"])
        if found is None:
            return None
        settings = {name: found.get(member) for name, (_, member) in _SETTINGS.items()}
        return {"settings": [{**settings, "logging_level": settings["logging_level"] or "OFF"}]}

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Set those that differ."""
        _patch(aws, prior, block(prior, "settings"), block(planned, "settings"))

    def delete(self, aws: AwsSession, state: State) -> None:
        """Take the settings of the method back."""
        aws.client("apigateway").update_stage(
            restApiId=state["rest_api_id"],
            stageName=state["stage_name"],
            patchOperations=[{"op": "remove", "path": f"/{state['method_path']}"}],
        )

    def import_state(self, aws: AwsSession, identifier: str) -> State:
        """Take ``<API id>/<stage>/<method path>``."""
        del aws
        api, stage, path = identifier.split("/", 2)
        place = {"rest_api_id": api, "stage_name": stage, "method_path": path}
        return {"id": f"{api}-{stage}-{path}", **place}


def _patch(aws: AwsSession, place: State, before: State, after: State) -> None:
    patches = [
        replace(f"/{place['method_path']}/{step}", _wire(name, after[name]))
        for name, (step, _) in _SETTINGS.items()
        if after.get(name) is not None and before.get(name) != after[name]
    ]
    if patches:
        aws.client("apigateway").update_stage(
            restApiId=place["rest_api_id"],
            stageName=place["stage_name"],
            patchOperations=patches,
        )


def _wire(name: str, value: Any) -> Any:
    return int(value) if name in _WHOLE else value
