"""Lambda proxy integrations: the event of payload format 1.0, and the function's answer.

A REST API hands paths and their parameters over percent-encoded as they came; query parameters are
decoded. That is how it answers, and what frameworks meet (serverless/serverless #5037, captured
events in hotsock/voker #8); the guide does not say it.

Source: API Gateway Developer Guide, "Lambda proxy integrations in API Gateway" and "Return binary
media from a Lambda proxy integration in API Gateway".
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import threading
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from moto.awslambda.exceptions import UnknownFunctionException

from embedded_aws import credentials
from embedded_aws.functions import invocation, pool
from embedded_aws.gateway import templates
from embedded_aws.gateway.outgoing import Outgoing, remapped
from embedded_aws.gateway.refusals import GatewayError, malformed
from embedded_aws.services import service_principals
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from embedded_aws.gateway.context import Context
    from embedded_aws.gateway.deployed import Route

SERVICE = "apigateway.amazonaws.com"
_FUNCTION = re.compile(
    r"arn:aws:apigateway:[a-z0-9-]+:lambda:path/2015-03-31/functions/(?P<arn>arn:[^/]+)/invocations"
)
_FIELDS = frozenset({"isBase64Encoded", "statusCode", "headers", "multiValueHeaders", "body"})
_MALFORMED = "Execution failed due to configuration error: Malformed Lambda proxy response"
_NOT_IN_EVENT = frozenset({"error", "isCanaryRequest", "xrayTraceId", "endpointType"})
_UNHEARD = frozenset({"content-length", "connection", "keep-alive", "expect"})


def answer(route: Route, context: Context) -> Outgoing:
    """Invoke the route's function and answer with what it returns."""
    arn = function_arn(route.integration.uri, context)
    payload = json.dumps(event(route, context), ensure_ascii=False).encode("utf-8", "replace")
    if len(payload) > invocation.MAX_SYNCHRONOUS:
        raise GatewayError("REQUEST_TOO_LARGE", detail="The event is larger than Lambda takes")
    call = _Call(arn, payload, _role(route, context), _source_arn(route, context))
    answered, failed = call.wait(route.integration.timeout)
    context.variables["integrationStatus"] = 200
    if failed:
        detail = f"Lambda execution failed with status 200 due to customer function error: {arn}"
        context.variables["integrationErrorMessage"] = detail
        raise malformed(detail)
    return _outgoing(answered, context)


def function_arn(uri: str, context: Context) -> str:
    """Return the ARN of the function, version or alias that an integration's URI names."""
    found = _FUNCTION.fullmatch(templates.with_stage_variables(uri, context))
    if found is None:
        raise GatewayError("API_CONFIGURATION_ERROR", detail=f"Invalid integration URI {uri}")
    return found["arn"]


def _role(route: Route, context: Context) -> str | None:
    given = route.integration.credentials
    return templates.with_stage_variables(given, context) if given else None


def _source_arn(route: Route, context: Context) -> str:
    base = context.execute_arn.split("/", 1)[0]
    path = re.sub(r"\{[^}]*\}", "*", route.path)
    return f"{base}/{context.place.stage}/{route.verb.replace('ANY', '*')}{path}"


class _Call:
    """One invocation, in a thread of its own: it may take longer than the gateway waits."""

    def __init__(self, arn: str, payload: bytes, role: str | None, source: str) -> None:
        self._arn, self._payload, self._role, self._source = arn, payload, role, source
        self._began, self._ended = threading.Event(), threading.Event()
        self._answered: tuple[bytes, bool] | None = None
        self._error: GatewayError | None = None

    def wait(self, seconds: float) -> tuple[bytes, bool]:
        """Return the payload and whether the function failed.

        The time does not run while the machine has no place for the invocation: Lambda has.
        """
        threading.Thread(target=self._run, name="api-invocation", daemon=True).start()
        self._began.wait()
        if not self._ended.wait(seconds):
            raise GatewayError(
                "INTEGRATION_TIMEOUT", detail="Execution failed due to a timeout error"
            )
        if self._error is not None:
            raise self._error
        if self._answered is None:
            raise GatewayError("API_CONFIGURATION_ERROR")
        return self._answered

    def _run(self) -> None:
        try:
            self._answered = self._by_role() if self._role else self._by_permission()
        except GatewayError as error:
            self._error = error
        except pool.ThrottledError as throttled:
            self._error = GatewayError("API_CONFIGURATION_ERROR", detail=f"429: {throttled}")
        except Exception as problem:  # noqa: BLE001 - the request must get its answer
            if not RUN.closing.is_set():
                RUN.error(f"{self._arn}: {problem!r}")
        finally:
            self._ended.set()
            self._began.set()

    def _by_permission(self) -> tuple[bytes, bool]:
        """Invoke as API Gateway itself: the function's policy decides."""
        detail = "Execution failed due to configuration error: "
        if not service_principals.exists(self._arn):
            raise GatewayError(
                "API_CONFIGURATION_ERROR", detail=f"{detail}{self._arn} does not exist"
            )
        allowed = service_principals.may_send(SERVICE, self._arn, self._source)
        service_principals.report(SERVICE, self._arn, allowed=allowed)
        if not allowed:
            raise GatewayError(
                "API_CONFIGURATION_ERROR",
                detail=f"{detail}Invalid permissions on Lambda function {self._arn}",
            )
        try:
            function, invoked_arn = invocation.find(self._arn)
        except UnknownFunctionException as gone:
            raise GatewayError("API_CONFIGURATION_ERROR", detail=f"{detail}{gone}") from gone
        done = invocation.run(function, self._payload, invoked_arn, began=self._began.set)
        return done.payload, done.failed

    def _by_role(self) -> tuple[bytes, bool]:
        """Invoke with the integration's role: its policies decide."""
        self._began.set()
        region = self._arn.split(":")[3]
        client = credentials.client("lambda", region, self._role or "", "api-gateway")
        try:
            answered = client.invoke(FunctionName=self._arn, Payload=self._payload)
        except ClientError as refused:
            raise GatewayError("API_CONFIGURATION_ERROR", detail=str(refused)) from refused
        return answered["Payload"].read(), "FunctionError" in answered


def event(route: Route, context: Context) -> dict[str, Any]:
    """Return the event of payload format 1.0."""
    incoming = context.incoming
    headers = [*_heard(context), *_added(context)]
    body, encoded = _request_body(context)
    described = {k: v for k, v in context.variables.items() if k not in _NOT_IN_EVENT}
    return {
        "resource": route.path,
        "path": incoming.path,
        "httpMethod": incoming.verb,
        "headers": dict(headers),
        "multiValueHeaders": _grouped(headers),
        "queryStringParameters": dict(incoming.query) or None,
        "multiValueQueryStringParameters": _grouped(incoming.query) or None,
        "pathParameters": context.path_parameters or None,
        "stageVariables": context.stage_variables or None,
        "requestContext": described,
        "body": body,
        "isBase64Encoded": encoded,
    }


def _heard(context: Context) -> list[tuple[str, str]]:
    """Return the client's headers; those of the connection and the host are the gateway's own."""
    skipped = _UNHEARD | {"host", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"}
    skipped |= {"x-amzn-trace-id", "transfer-encoding"}
    return [each for each in context.incoming.headers if each[0].lower() not in skipped]


def _added(context: Context) -> list[tuple[str, str]]:
    incoming = context.incoming
    forwarded = incoming.header("X-Forwarded-For")
    return [
        ("Host", context.place.domain),
        ("X-Amzn-Trace-Id", context.trace),
        ("X-Forwarded-For", f"{forwarded}, {incoming.source}" if forwarded else incoming.source),
        ("X-Forwarded-Port", "443"),
        ("X-Forwarded-Proto", "https"),
    ]


def _grouped(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _request_body(context: Context) -> tuple[str | None, bool]:
    body = context.incoming.body
    if not body:
        return None, False
    if is_binary(context.incoming.header("Content-Type"), context):
        return base64.b64encode(body).decode(), True
    return body.decode("utf-8", "replace"), False


def is_binary(content_type: str | None, context: Context) -> bool:
    """Say whether the API treats a media type as binary."""
    kind = (content_type or "application/json").split(";")[0].strip().lower()
    for wanted in context.deployed.binary_media_types:
        lowered = wanted.lower()
        if lowered in ("*/*", kind):
            return True
        if lowered.endswith("/*") and kind.startswith(lowered[:-1]):
            return True
    return False


def _outgoing(payload: bytes, context: Context) -> Outgoing:
    """Read the function's answer by the rules of the format."""
    try:
        answered = json.loads(payload)
    except ValueError:
        answered = None
    if not isinstance(answered, dict) or not answered.keys() <= _FIELDS:
        raise malformed(_MALFORMED)
    headers = _answered_headers(answered)
    body = answered.get("body")
    if not isinstance(body, str | None):
        raise malformed(_MALFORMED)
    content = (body or "").encode("utf-8", "replace")
    if answered.get("isBase64Encoded") is True and _accepts_binary(context):
        try:
            content = base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError):
            raise malformed(_MALFORMED) from None
    return Outgoing(_status(answered.get("statusCode", 200)), headers, content)


def _accepts_binary(context: Context) -> bool:
    """Look at the first media type that the client accepts, as API Gateway does."""
    accept = (context.incoming.header("Accept") or "*/*").split(",")[0]
    return is_binary(accept, context)


def _status(value: Any) -> int:
    try:
        status = int(value)
    except (TypeError, ValueError):
        raise malformed(_MALFORMED) from None
    if isinstance(value, bool) or not 100 <= status <= 599:
        raise malformed(_MALFORMED)
    return status


def _answered_headers(answered: dict[str, Any]) -> list[tuple[str, str]]:
    """Merge both kinds of headers; where both name one, the values of the second are sent."""
    single, multiple = answered.get("headers") or {}, answered.get("multiValueHeaders") or {}
    if not isinstance(single, dict) or not isinstance(multiple, dict):
        raise malformed(_MALFORMED)
    listed = {name.lower() for name in multiple}
    pairs = [(name, value) for name, value in single.items() if name.lower() not in listed]
    for name, values in multiple.items():
        if not isinstance(values, list):
            raise malformed(_MALFORMED)
        pairs += [(name, value) for value in values]
    found = []
    for name, value in pairs:
        sent = remapped(name)
        if sent is not None:
            found.append((sent, _header_value(name, value)))
    return found


def _header_value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise malformed(_MALFORMED)
    text = str(value)
    # What could not stand in one line of a header would end it early.
    if any(each in f"{name}{text}" for each in "\r\n\0") or not re.fullmatch(r"[!-9;-~]+", name):
        raise malformed(_MALFORMED)
    return text.encode("utf-8", "replace").decode("latin-1")
