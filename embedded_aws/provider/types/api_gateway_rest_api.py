"""``aws_api_gateway_rest_api`` and ``aws_api_gateway_rest_api_policy``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import block, changed, given, tag_changes
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.unset import text

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

ABSENT = frozenset({"NotFoundException"})
_TEXTS = {
    "api_key_source": "/apiKeySource",
    "description": "/description",
    "minimum_compression_size": "/minimumCompressionSize",
    "name": "/name",
    "policy": "/policy",
}
# What an OpenAPI document says of the API, too: the configuration goes before it.
_OVERRIDING = ("api_key_source", "description", "minimum_compression_size", "name", "policy")


def api_arn(aws: AwsSession, api_id: str) -> str:
    """Return the ARN of an API, as tags are put to it."""
    return f"arn:{aws.partition}:apigateway:{aws.region}::/restapis/{api_id}"


def execution_arn(aws: AwsSession, api_id: str) -> str:
    """Return the ARN of an API, as it is invoked."""
    return f"arn:{aws.partition}:execute-api:{aws.region}:{aws.account_id}:{api_id}"


def retag(client: Any, arn: str, prior: State, planned: State) -> None:
    """Bring the tags of something of API Gateway from one state to another."""
    removed, added = tag_changes(prior, planned)
    if removed:
        client.untag_resource(resourceArn=arn, tagKeys=removed)
    if added:
        client.tag_resource(resourceArn=arn, tags=added)


def replace(path: str, value: Any) -> dict[str, str]:
    """Return a patch operation that sets a value; flags are written as JSON has them."""
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return {"op": "replace", "path": path, "value": shown}


def escaped(step: str) -> str:
    """Write one step of a patch path (RFC 6901)."""
    return step.replace("~", "~0").replace("/", "~1")


def _flag(patches: list[dict[str, str]], api: State) -> None:
    if api["disable_execute_api_endpoint"] is not None:
        flag = replace("/disableExecuteApiEndpoint", bool(api["disable_execute_api_endpoint"]))
        patches.append(flag)


def _media_types(before: list[str], after: list[str]) -> list[dict[str, str]]:
    path = "/binaryMediaTypes/"
    removed = [{"op": "remove", "path": path + escaped(kind)} for kind in before]
    return removed + [{"op": "add", "path": path + escaped(kind)} for kind in after]


def _put_body(aws: AwsSession, api_id: str, api: State) -> None:
    """Put the OpenAPI document, and then what the configuration says besides it."""
    client = aws.client("apigateway")
    put = client.put_rest_api(
        restApiId=api_id,
        mode=api["put_rest_api_mode"] or "overwrite",
        failOnWarnings=bool(api["fail_on_warnings"]),
        body=api["body"].encode(),
        **given(parameters=api["parameters"]),
    )
    patches = [replace(_TEXTS[name], api[name]) for name in _OVERRIDING if api[name]]
    _flag(patches, api)
    if api["binary_media_types"]:
        patches += _media_types(put.get("binaryMediaTypes") or [], api["binary_media_types"])
    if patches:
        client.update_rest_api(restApiId=api_id, patchOperations=patches)


@resource
class ApiGatewayRestApi(ResourceType):
    """A REST API."""

    type_name = "aws_api_gateway_rest_api"
    defaults: ClassVar = {"put_rest_api_mode": "overwrite"}
    policies = frozenset({"policy"})
    enums: ClassVar = {
        "api_key_source": ("apigateway", "ApiKeySourceType"),
        "put_rest_api_mode": ("apigateway", "PutMode"),
    }
    absent = ABSENT

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the API without its routes."""
        endpoint = block(planned, "endpoint_configuration")
        size = planned["minimum_compression_size"]
        created = aws.client("apigateway").create_rest_api(
            name=planned["name"],
            **given(
                apiKeySource=planned["api_key_source"],
                binaryMediaTypes=planned["binary_media_types"],
                description=planned["description"],
                disableExecuteApiEndpoint=planned["disable_execute_api_endpoint"],
                endpointConfiguration=given(
                    types=endpoint.get("types"), vpcEndpointIds=endpoint.get("vpc_endpoint_ids")
                ),
                minimumCompressionSize=int(size) if size else None,
                policy=planned["policy"],
                tags=planned["tags_all"],
            ),
        )
        return {"id": created["id"]}

    def complete(self, aws: AwsSession, planned: State) -> None:
        """Put the OpenAPI document."""
        if planned["body"]:
            _put_body(aws, planned["id"], planned)

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the API; its routes are not compared with the document."""
        api = aws.client("apigateway").get_rest_api(restApiId=state["id"])
        endpoint = api.get("endpointConfiguration") or {}
        size = api.get("minimumCompressionSize")
        return {
            "api_key_source": api.get("apiKeySource") or "HEADER",
            "arn": api_arn(aws, api["id"]),
            "binary_media_types": api.get("binaryMediaTypes") or [],
            "created_date": api["createdDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "description": api.get("description") or "",
            "disable_execute_api_endpoint": bool(api.get("disableExecuteApiEndpoint")),
            "endpoint_configuration": [
                {
                    "ip_address_type": endpoint.get("ipAddressType") or "ipv4",
                    "types": endpoint.get("types") or ["EDGE"],
                    "vpc_endpoint_ids": endpoint.get("vpcEndpointIds") or [],
                }
            ]
            if state.get("endpoint_configuration")
            else [],
            "execution_arn": execution_arn(aws, api["id"]),
            "minimum_compression_size": "" if size is None else str(size),
            "name": api["name"],
            "policy": api.get("policy") or "",
            "root_resource_id": api["rootResourceId"],
            "tags_all": api.get("tags") or {},
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Change settings, then put a document that changed."""
        client, api_id = aws.client("apigateway"), prior["id"]
        patches = [
            replace(path, planned[name] or "")
            for name, path in _TEXTS.items()
            if changed(prior, planned, name)
        ]
        if changed(prior, planned, "disable_execute_api_endpoint"):
            _flag(patches, planned)
        if changed(prior, planned, "binary_media_types"):
            before = prior["binary_media_types"] or []
            patches += _media_types(before, planned["binary_media_types"] or [])
        if changed(prior, planned, "endpoint_configuration"):
            kinds = block(planned, "endpoint_configuration").get("types") or ["EDGE"]
            before = block(prior, "endpoint_configuration").get("types") or ["EDGE"]
            patches.append(replace(f"/endpointConfiguration/types/{before[0]}", kinds[0]))
        if patches:
            client.update_rest_api(restApiId=api_id, patchOperations=patches)
        if changed(prior, planned, "body", "parameters") and planned["body"]:
            _put_body(aws, api_id, planned)
        if changed(prior, planned, "tags_all"):
            retag(client, api_arn(aws, api_id), prior, planned)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the API with all that it has."""
        aws.client("apigateway").delete_rest_api(restApiId=state["id"])


@resource
class ApiGatewayRestApiPolicy(ResourceType):
    """The resource policy of an API; its id is that of the API."""

    type_name = "aws_api_gateway_rest_api_policy"
    replace = frozenset({"rest_api_id"})
    policies = frozenset({"policy"})
    absent = ABSENT

    def create(self, aws: AwsSession, planned: State) -> State:
        """Set the policy."""
        _set_policy(aws, planned["rest_api_id"], planned["policy"])
        return {"id": planned["rest_api_id"]}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the policy."""
        policy = aws.client("apigateway").get_rest_api(restApiId=state["id"]).get("policy")
        if not policy:
            return None
        return {"policy": text(state, "policy", policy), "rest_api_id": state["id"]}

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Set another policy."""
        _set_policy(aws, prior["id"], planned["policy"])

    def delete(self, aws: AwsSession, state: State) -> None:
        """Take the policy away."""
        _set_policy(aws, state["id"], "")


def _set_policy(aws: AwsSession, api_id: str, policy: str) -> None:
    aws.client("apigateway").update_rest_api(
        restApiId=api_id, patchOperations=[replace("/policy", policy)]
    )
