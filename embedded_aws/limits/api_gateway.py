"""Limits of API Gateway's REST APIs that neither their models nor moto hold.

Those of requests to a deployed API (payload, headers, time) are in `embedded_aws.gateway`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from embedded_aws.state import RUN

from .limit import check_range, limit, refuse
from .policy_documents import RESOURCE, problem

if TYPE_CHECKING:
    from embedded_aws.iam.call import ApiCall

QUOTAS = "apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html"
STAGE_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
STAGES = 10
KEY_CHARACTERS = 128
POLICY_CHARACTERS = 8192
COMPRESSION_BYTES = 10_485_760
BAD = "BadRequestException"


@limit(
    "apigateway",
    "CreateStage",
    "CreateDeployment",
    source="apigateway/latest/developerguide/api-gateway-known-issues.html",
)
def stage_name(call: ApiCall) -> None:
    """Refuse names of stages with others than letters, digits, - and _, or too long ones."""
    name = call.parsed.get("stageName")
    if name is not None and not STAGE_NAME.fullmatch(str(name)):
        refuse(BAD, "Stage name only allows a-zA-Z0-9_-")


@limit("apigateway", "CreateStage", source=QUOTAS)
def stages(call: ApiCall) -> None:
    """Refuse more than 10 stages of an API."""
    apis: Any = get_backend("apigateway")[RUN.account][call.region].apis
    api = apis.get(str(call.parsed.get("restApiId")))
    if api is not None and len(api.stages) >= STAGES:
        refuse("LimitExceededException", "Maximum number of stages reached", 429)


@limit("apigateway", "CreateApiKey", source="apigateway/latest/api/API_CreateApiKey.html")
def key_value(call: ApiCall) -> None:
    """Refuse a key of more than 128 characters; moto knows the 20 that it needs."""
    if len(str(call.parsed.get("value") or "")) > KEY_CHARACTERS:
        refuse(BAD, f"API Key value should be at most {KEY_CHARACTERS} characters")


@limit(
    "apigateway",
    "PutIntegration",
    source="apigateway/latest/api/API_PutIntegration.html",
)
def integration_timeout(call: ApiCall) -> None:
    """Refuse a time-out outside 50 ms to 29 s."""
    message = "Timeout should be between 50 ms and 29000 ms"
    check_range(call.parsed.get("timeoutInMillis"), 50, 29_000, BAD, message)


@limit("apigateway", "CreateRestApi", source="apigateway/latest/api/API_CreateRestApi.html")
def compression(call: ApiCall) -> None:
    """Refuse a minimum compression size outside 0 bytes to 10 MB."""
    message = f"Invalid minimum compression size, must be between 0 and {COMPRESSION_BYTES}"
    check_range(call.parsed.get("minimumCompressionSize"), 0, COMPRESSION_BYTES, BAD, message)


@limit("apigateway", "CreateRestApi", "UpdateRestApi", source=QUOTAS)
def resource_policy(call: ApiCall) -> None:
    """Refuse a resource policy that is none, or has more than 8,192 characters."""
    patches = call.parsed.get("patchOperations") or []
    texts = [call.parsed.get("policy")]
    texts += [each.get("value") for each in patches if each.get("path") == "/policy"]
    for text in filter(None, texts):
        if len(text) > POLICY_CHARACTERS:
            refuse(BAD, f"Resource policy must be at most {POLICY_CHARACTERS} characters")
        if problem(text, RESOURCE):
            refuse(
                BAD,
                "Invalid policy document. Please check the policy syntax and ensure that "
                "Principals are valid.",
            )
