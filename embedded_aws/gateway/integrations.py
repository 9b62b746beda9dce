"""What answers a request behind the gateway: a function, a mock, or an action of AWS.

Source: API Gateway Developer Guide, "Integrations for REST APIs in API Gateway".
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from embedded_aws import credentials
from embedded_aws.gateway import proxy, templates
from embedded_aws.gateway.outgoing import Outgoing, remapped
from embedded_aws.gateway.references import TemplateError, text_of
from embedded_aws.gateway.refusals import GatewayError
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedded_aws.gateway.context import Context
    from embedded_aws.gateway.deployed import Integration, IntegrationResponse, Route

JSON = "application/json"
_ACTION = re.compile(r"arn:aws:apigateway:([a-z0-9-]+):states:action/([A-Za-z]+)")


def answer(route: Route, context: Context) -> Outgoing:
    """Let the route's integration answer.

    Raises
    ------
    GatewayError
        The integration is wrong, fails, or takes too long.
    """
    integration = route.integration
    if integration.kind == "AWS_PROXY":
        return proxy.answer(route, context)
    if integration.kind == "MOCK":
        return _mock(integration, context)
    if integration.kind == "AWS" and (found := _ACTION.fullmatch(integration.uri)):
        return _start(integration, found[1], found[2], context)
    RUN.notice(
        f"API {context.deployed.name}: {route.verb} {route.path}: the embedded AWS does not serve "
        f"integrations of type {integration.kind} with {integration.uri}"
    )
    raise GatewayError("API_CONFIGURATION_ERROR", detail="This integration is not served here")


def _mock(integration: Integration, context: Context) -> Outgoing:
    """Answer with what the request template says."""
    try:
        status = int(json.loads(_request(integration, context))["statusCode"])
    except (ValueError, TypeError, KeyError):
        raise GatewayError(
            "API_CONFIGURATION_ERROR", detail="Unable to parse statusCode. It should be an integer"
        ) from None
    return _respond(integration, context, status, b"", {})


def _start(integration: Integration, region: str, action: str, context: Context) -> Outgoing:
    """Call an action of Step Functions with the integration's role."""
    if not integration.credentials:
        raise GatewayError("API_CONFIGURATION_ERROR", detail="The integration has no credentials")
    role = templates.with_stage_variables(integration.credentials, context)
    text = _request(integration, context)
    status, headers, body = 200, {"content-type": "application/x-amz-json-1.0"}, b""
    try:
        arguments = json.loads(text or "{}")
        client = credentials.client("stepfunctions", region, role, "api-gateway")
        answered = client._make_api_call(action, arguments)
        body = _json(answered)
    except ClientError as refused:
        error = refused.response["Error"]
        status = int(refused.response["ResponseMetadata"]["HTTPStatusCode"])
        body = _json({"__type": error["Code"], "message": error["Message"]})
    except ValueError:
        status = 400
        body = _json({"__type": "SerializationException"})
    except BotoCoreError as wrong:
        status = 400
        body = _json({"__type": "ValidationException", "message": str(wrong)})
    context.variables["integrationStatus"] = status
    return _respond(integration, context, status, body, headers)


def _json(answered: dict[str, Any]) -> bytes:
    content = {name: value for name, value in answered.items() if name != "ResponseMetadata"}
    return json.dumps(content, default=lambda moment: moment.timestamp()).encode()


def _request(integration: Integration, context: Context) -> str:
    """Map the request by the template of its content type; without one it passes as it is."""
    kind = (context.incoming.header("Content-Type") or JSON).split(";")[0].strip().lower()
    body = context.incoming.body or b""
    template = integration.templates.get(kind, integration.templates.get("$default"))
    if template is None:
        never = integration.passthrough == "NEVER" or (
            integration.passthrough == "WHEN_NO_TEMPLATES" and integration.templates
        )
        if never:
            raise GatewayError("UNSUPPORTED_MEDIA_TYPE")
        return body.decode("utf-8", "replace")
    return _rendered(template, context, body)


def _rendered(template: str, context: Context, body: bytes) -> str:
    try:
        return templates.render(template, context, body)
    except (TemplateError, ValueError) as wrong:
        raise GatewayError("API_CONFIGURATION_ERROR", detail=str(wrong)) from wrong


def _respond(
    integration: Integration,
    context: Context,
    status: int,
    body: bytes,
    headers: Mapping[str, str],
) -> Outgoing:
    """Map an integration's answer by the response whose pattern matches its status."""
    chosen = _chosen(integration.responses, status, mock=integration.kind == "MOCK")
    if chosen is None:
        raise GatewayError(
            "API_CONFIGURATION_ERROR", detail=f"No match for output mapping, status {status}"
        )
    kind, content = JSON, body
    if chosen.templates:
        kind = JSON if JSON in chosen.templates else next(iter(chosen.templates))
        content = _rendered(chosen.templates[kind] or "", context, body).encode()
    sent = [("Content-Type", kind)]
    for name, expression in chosen.parameters.items():
        value = templates.parameter(expression, context, headers)
        header = remapped(name.removeprefix("method.response.header."))
        if value is not None and header is not None:
            sent = [each for each in sent if each[0].lower() != header.lower()]
            sent.append((header, value))
    return _overridden(Outgoing(chosen.status, sent, content), context)


def _overridden(outgoing: Outgoing, context: Context) -> Outgoing:
    """Return the answer with what its template has set in `$context.responseOverride`."""
    override = context.variables.pop("responseOverride", {})
    headers = outgoing.headers
    for name, value in override.get("header", {}).items():
        headers = [each for each in headers if each[0].lower() != name.lower()]
        headers.append((name, text_of(value)))
    return Outgoing(int(override.get("status", outgoing.status)), headers, outgoing.body)


def _chosen(
    responses: tuple[IntegrationResponse, ...], status: int, *, mock: bool
) -> IntegrationResponse | None:
    default = next((each for each in responses if not each.pattern), None)
    matching = (
        each for each in responses if each.pattern and re.fullmatch(each.pattern, str(status))
    )
    found = next(matching, None)
    if mock and found is None:
        found = next((each for each in responses if each.status == status), None)
    return found or default
