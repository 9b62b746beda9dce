"""The `$context` of one request: what templates, logs and functions are told about it.

Source: API Gateway Developer Guide, "Variables for data transformations for API Gateway" and
"Variables for access logging for API Gateway".
"""

from __future__ import annotations

import base64
import json
import secrets
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from embedded_aws.state import RUN

if TYPE_CHECKING:
    from embedded_aws.gateway.deployed import Deployed, Route
    from embedded_aws.gateway.incoming import Incoming
    from embedded_aws.gateway.place import Place
    from embedded_aws.gateway.refusals import GatewayError

IDENTITY = (
    *("accessKey", "accountId", "apiKey", "apiKeyId", "caller", "cognitoAuthenticationProvider"),
    *("cognitoAuthenticationType", "cognitoIdentityId", "cognitoIdentityPoolId"),
    *("principalOrgId", "sourceIp", "user", "userAgent", "userArn"),
)


class Context:
    """One request with everything that becomes known about it."""

    def __init__(
        self,
        incoming: Incoming,
        place: Place,
        stage: Any,
        deployed: Deployed,
        *,
        canary: bool,
    ) -> None:
        now = time.time()
        self.began = time.monotonic()
        self.incoming, self.place, self.stage, self.deployed = incoming, place, stage, deployed
        self.canary = canary
        settings = stage.canary_settings if canary else {}
        overrides = settings.get("stageVariableOverrides") or {}
        self.stage_variables: dict[str, str] = {**(stage.variables or {}), **overrides}
        self.route: Route | None = None
        self.path_parameters: dict[str, str] = {}
        self.execution: list[str] = []
        self.trace = f"Root=1-{int(now):08x}-{secrets.token_hex(12)}"
        self.variables: dict[str, Any] = {
            "accountId": RUN.account,
            "apiId": deployed.api_id,
            "deploymentId": settings.get("deploymentId") or stage.deployment_id,
            "domainName": place.domain,
            "domainPrefix": place.domain.partition(".")[0],
            "endpointType": "REGIONAL",
            "extendedRequestId": base64.b64encode(secrets.token_bytes(11)).decode(),
            "httpMethod": incoming.verb,
            "identity": dict.fromkeys(IDENTITY),
            "path": f"{place.base}{incoming.path}",
            "protocol": incoming.protocol,
            "requestId": str(uuid.uuid4()),
            "requestTime": datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "requestTimeEpoch": int(now * 1000),
            "stage": place.stage,
            "xrayTraceId": self.trace.removeprefix("Root="),
            "isCanaryRequest": str(canary).lower(),
        }
        self.identity["sourceIp"] = incoming.source
        self.identity["userAgent"] = incoming.header("User-Agent")

    @property
    def identity(self) -> dict[str, Any]:
        """What is known about the caller."""
        found: dict[str, Any] = self.variables["identity"]
        return found

    @property
    def execute_arn(self) -> str:
        """ARN of the method with the path of the request: what IAM policies name."""
        base = f"arn:aws:execute-api:{self.place.region}:{RUN.account}:{self.deployed.api_id}"
        incoming = self.incoming
        return f"{base}/{self.place.stage}/{incoming.verb}{incoming.decoded_path}"

    def routed(self, route: Route, parameters: dict[str, str]) -> None:
        """Note where the request goes."""
        self.route, self.path_parameters = route, parameters
        self.variables |= {"resourcePath": route.path, "resourceId": route.resource_id}
        if route.operation:
            self.variables["operationName"] = route.operation

    @property
    def decoded_parameters(self) -> dict[str, str]:
        """The path's parameters as mappings see them."""
        return {name: unquote(value) for name, value in self.path_parameters.items()}

    def error(self, error: GatewayError) -> None:
        """Note why the gateway answers by itself."""
        self.variables["error"] = {
            "message": error.message,
            "messageString": json.dumps(error.message),
            "responseType": error.kind,
            # API Gateway escapes it: templates put quotation marks around it.
            "validationErrorString": json.dumps(error.detail)[1:-1],
        }

    def look_up(self, path: str) -> Any:
        """Return a variable by its dotted path; None when it is not known."""
        found: Any = self.variables
        for step in path.split("."):
            if not isinstance(found, dict) or step not in found:
                return None
            found = found[step]
        return found
