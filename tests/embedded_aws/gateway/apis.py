"""APIs that the tests deploy, and a client that speaks to them over real HTTP."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.embedded_aws.functions.making import make_function, unique

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws

REGION = "us-east-1"
STAGE = "v1"
ECHO = """
import json
def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event), "headers": {"X-From": "echo"}}
"""


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)

    def all(self, name: str) -> list[str]:
        return [v for k, v in self.headers if k.lower() == name.lower()]


@dataclass
class Api:
    """A deployed stage of an API."""

    aws: EmbeddedAws
    id: str
    stage: str = STAGE
    region: str = REGION

    @property
    def client(self) -> Any:
        return self.aws.client("apigateway", self.region)

    @property
    def base(self) -> str:
        return f"/_aws/execute-api/{self.id}/{self.stage}"

    @property
    def arn(self) -> str:
        return f"arn:aws:execute-api:{self.region}:{self.aws.account}:{self.id}"

    def call(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        headers: dict[str, str] | list[tuple[str, str]] | None = None,
        source: str = "127.0.0.1",
    ) -> Answer:
        """Send one request to a path below the stage."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.aws.state.port, timeout=60, source_address=(source, 0)
        )
        try:
            connection.putrequest(method, self.base + path, skip_accept_encoding=True)
            content = body.encode() if isinstance(body, str) else body
            if content is not None:
                connection.putheader("Content-Length", str(len(content)))
            pairs = headers.items() if isinstance(headers, dict) else headers or []
            for name, value in pairs:
                connection.putheader(name, value)
            connection.endheaders(content)
            answered = connection.getresponse()
            return Answer(answered.status, answered.getheaders(), answered.read())
        finally:
            connection.close()

    def signed(
        self,
        method: str,
        path: str,
        credentials: Credentials,
        body: str = "",
        region: str = "",
    ) -> dict[str, str]:
        """Return the headers that botocore signs a request with."""
        request = AWSRequest(method, f"{self.aws.endpoint}{self.base}{path}", data=body)
        SigV4Auth(credentials, "execute-api", region or self.region).add_auth(request)
        return dict(request.headers)

    def deploy(self, document: dict[str, Any] | None = None) -> str:
        """Put a document, if there is one, deploy, and let the stage answer with it."""
        if document is not None:
            self.put(document)
        deployment: str = self.client.create_deployment(restApiId=self.id)["id"]
        if self.stage in [
            stage["stageName"] for stage in self.client.get_stages(restApiId=self.id)["item"]
        ]:
            self.patch("/deploymentId", deployment)
        else:
            self.client.create_stage(
                restApiId=self.id, stageName=self.stage, deploymentId=deployment
            )
        return deployment

    def put(self, document: dict[str, Any]) -> None:
        self.client.put_rest_api(
            restApiId=self.id, mode="overwrite", body=json.dumps(document).encode()
        )

    def patch(self, path: str, value: str | None = None, operation: str = "replace") -> None:
        """Change the stage."""
        change = {"op": operation, "path": path} | ({} if value is None else {"value": value})
        self.client.update_stage(restApiId=self.id, stageName=self.stage, patchOperations=[change])


def uri(aws: EmbeddedAws, function: str, region: str = REGION) -> str:
    """Return the integration URI of a function, which may have a qualifier."""
    arn = f"arn:aws:lambda:{region}:{aws.account}:function:{function}"
    return f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations"


def proxy(aws: EmbeddedAws, function: str, **more: Any) -> dict[str, Any]:
    """Return an operation that a function answers."""
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": uri(aws, function)}
    settings = more.pop("integration", {})
    return {
        "responses": {"200": {"description": "OK"}},
        "x-amazon-apigateway-integration": {**integration, **settings},
        **more,
    }


def mock(status: int = 200, **more: Any) -> dict[str, Any]:
    """Return an operation that the gateway answers by itself."""
    return {
        "responses": {str(status): {"description": "OK"}},
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "requestTemplates": {"application/json": json.dumps({"statusCode": status})},
            "responses": {"default": {"statusCode": str(status)}},
        },
        **more,
    }


def document(paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "openapi": "3.0.1",
        "info": {"title": unique("api"), "version": "1"},
        "paths": paths,
        **more,
    }


def make_api(aws: EmbeddedAws, content: dict[str, Any], region: str = REGION) -> Api:
    """Import, deploy and stage an API."""
    created = aws.client("apigateway", region).create_rest_api(
        name=unique("api"), endpointConfiguration={"types": ["REGIONAL"]}
    )
    api = Api(aws, created["id"], region=region)
    api.deploy(content)
    return api


def permit(aws: EmbeddedAws, function: str, source_arn: str, qualifier: str = "") -> None:
    """Let API Gateway invoke a function for a method."""
    more = {"Qualifier": qualifier} if qualifier else {}
    aws.client("lambda").add_permission(
        FunctionName=function,
        StatementId=unique("api"),
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=source_arn,
        **more,
    )


@dataclass
class Echo:
    """A function that answers with its event, behind every path of an API."""

    api: Api
    function: str
    settings: dict[str, Any] = field(default_factory=dict)


def make_echo(aws: EmbeddedAws, source: str = ECHO, **more: Any) -> Echo:
    """Deploy a function behind every path; `more` goes into the document."""
    function = make_function(aws, source)
    anything = {"x-amazon-apigateway-any-method": proxy(aws, function)}
    api = make_api(aws, document({"/": anything, "/{proxy+}": anything}, **more))
    permit(aws, function, f"{api.arn}/*")
    return Echo(api, function)


def saying(text: str) -> dict[str, Any]:
    """Return a document whose GET / answers a text."""
    operation = mock()
    answer = operation["x-amazon-apigateway-integration"]["responses"]["default"]
    answer["responseTemplates"] = {"application/json": text}
    return document({"/": {"get": operation}})


def heard(api: Api, times: int) -> Counter[bytes]:
    return Counter(api.call("GET", "/").body for _ in range(times))


def release(api: Api, text: str, share: float, **overrides: str) -> str:
    """Deploy a new document to the canary of the stage, as a release does."""
    api.put(saying(text))
    green: str = api.client.create_deployment(restApiId=api.id)["id"]
    api.client.update_stage(
        restApiId=api.id,
        stageName=api.stage,
        patchOperations=[
            {"op": "replace", "path": "/canarySettings/deploymentId", "value": green},
            {"op": "replace", "path": "/canarySettings/percentTraffic", "value": str(share)},
            *(
                {
                    "op": "replace",
                    "path": f"/canarySettings/stageVariableOverrides/{name}",
                    "value": value,
                }
                for name, value in overrides.items()
            ),
        ],
    )
    return green
