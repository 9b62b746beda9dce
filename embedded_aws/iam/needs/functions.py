"""What Lambda's operations need.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from .need import Keys, Need, arn, texts
from .passing import pass_role

if TYPE_CHECKING:
    from embedded_aws.iam.call import ApiCall

ACTIONS = {
    "Invoke": "InvokeFunction",
    "InvokeWithResponseStream": "InvokeFunction",
    "GetLayerVersionByArn": "GetLayerVersion",
}
MAPPINGS = {
    "GetEventSourceMapping",
    "UpdateEventSourceMapping",
    "DeleteEventSourceMapping",
}
ROLE_TAKERS = {"CreateFunction", "UpdateFunctionConfiguration"}


def needs(call: ApiCall) -> list[Need]:
    """Give the permissions that a Lambda call needs."""
    operation = call.operation
    action = f"lambda:{ACTIONS.get(operation, operation)}"
    labels = {name: unquote(str(value)) for name, value in call.uri.items()}
    # The body of an invocation is the function's event and never holds the call's parameters.
    body = {} if operation.startswith("Invoke") else call.parameters
    if operation in MAPPINGS:
        resource = arn("lambda", call.region, f"event-source-mapping:{labels.get('UUID', '*')}")
        return [Need(action, resource, lambda: _function_key(call, body))]
    if operation in {"CreateEventSourceMapping", "ListEventSourceMappings"}:
        return [Need(action, "*", lambda: _function_key(call, body))]
    if "LayerName" in labels:
        return [Need(action, _layer_arn(call, labels))]
    if "Resource" in labels:
        return [Need(action, labels["Resource"])]
    name = labels.get("FunctionName") or body.get("FunctionName")
    if not name:
        return [Need(action, "*")]
    qualifier = call.query.get("Qualifier") or (labels.get("Name") if "Alias" in operation else "")
    found = [Need(action, function_arn(name, call.region, qualifier), lambda: _keys(body))]
    if operation in ROLE_TAKERS:
        found += pass_role(body.get("Role"), "lambda.amazonaws.com")
    return found


def function_arn(name: str, region: str, qualifier: str | None = None) -> str:
    """Give the ARN for a function's name, partial ARN or ARN, with its qualifier if it has one."""
    if name.startswith("arn:"):
        full = name
    elif ":function:" in name:
        full = arn("lambda", region, "function:" + name.partition(":function:")[2])
    else:
        full = arn("lambda", region, f"function:{name}")
    if qualifier and full.count(":") == 6:
        full += f":{qualifier}"
    return full


def _layer_arn(call: ApiCall, labels: dict[str, str]) -> str:
    name = labels["LayerName"]
    version = f":{labels['VersionNumber']}" if "VersionNumber" in labels else ""
    base = name if name.startswith("arn:") else arn("lambda", call.region, f"layer:{name}")
    return base + version


def _function_key(call: ApiCall, body: dict[str, Any]) -> Keys:
    name = body.get("FunctionName")
    return texts(**{"lambda:functionarn": function_arn(name, call.region) if name else None})


def _keys(body: dict[str, Any]) -> Keys:
    network = body.get("VpcConfig") or {}
    return texts(
        **{
            "lambda:layer": body.get("Layers"),
            "lambda:principal": body.get("Principal"),
            "lambda:subnetids": network.get("SubnetIds"),
            "lambda:securitygroupids": network.get("SecurityGroupIds"),
        }
    )
