"""An API behind IAM that tells who called, and callers who sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.credentials import Credentials

from tests.embedded_aws.functions.making import make_function, make_role
from tests.embedded_aws.gateway.apis import Answer, Api, document, make_api, mock, permit, proxy

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws

SIGV4 = {
    "sigv4": {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "awsSigv4",
    }
}
CLAIMS = """
import json
def handler(event, context):
    return {"body": json.dumps(event["requestContext"])}
"""


def make_guarded(aws: EmbeddedAws) -> Api:
    """Return an API of which a function behind IAM tells who called."""
    function = make_function(aws, CLAIMS)
    operation = proxy(aws, function, security=[{"sigv4": []}])
    paths = {"/who": {"get": operation, "post": operation}, "/open": {"get": mock()}}
    api = make_api(aws, document(paths, components={"securitySchemes": SIGV4}))
    permit(aws, function, f"{api.arn}/*")
    return api


def credentials_of(aws: EmbeddedAws, *allowed: tuple[str, str]) -> Credentials:
    role = make_role(aws, *allowed)
    held = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="tests")["Credentials"]
    return Credentials(held["AccessKeyId"], held["SecretAccessKey"], held["SessionToken"])


def signed(api: Api, method: str, path: str, who: Credentials, body: str = "") -> Answer:
    return api.call(method, path, body or None, api.signed(method, path, who, body))


def by_token(api: Api, token: str, path: str = "/who") -> Answer:
    return api.call("GET", path, headers={"Authorization": token})
