"""Invoking a function: names and aliases, payload limits, the answer's headers.

Stands in for `LambdaResponse.invoke`, `LambdaFunction.invoke` and `LambdaFunction._invoke_lambda`
of moto, which run Docker containers.
https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import base64
import json
import random
import re
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.awslambda.responses import LambdaResponse
from moto.core.exceptions import JsonRESTError

from embedded_aws import credentials
from embedded_aws.functions import asynchronous, logs, measures, pool
from embedded_aws.functions.sandbox import Outcome
from embedded_aws.state import RUN, EmbeddedAwsError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_SYNCHRONOUS = 6_291_456  # bytes, request and answer: "Lambda quotas"
MAX_ASYNCHRONOUS = 1_048_576
TAIL = 4096  # bytes of log in the answer, LogType Tail


@dataclass(frozen=True)
class Invocation:
    """The answer of one invocation."""

    request_id: str
    payload: bytes
    failed: bool
    log: str
    version: str


def find(function_arn: str) -> tuple[Any, str]:
    """Return moto's function that an ARN names, with the ARN for the handler's context.

    An alias with weighted versions picks one of them.
    """
    region = function_arn.split(":")[3]
    storage = lambda_backends[RUN.account][region]
    base, _, qualifier = storage._lambdas.split_function_arn(function_arn)
    aliases = storage._lambdas._aliases.get(base, {})
    version = qualifier
    if qualifier in aliases:
        alias = aliases[qualifier]
        version = alias.function_version
        weights = (alias.routing_config or {}).get("AdditionalVersionWeights") or {}
        drawn = random.random()  # noqa: S311 - shifts traffic, protects nothing
        for other, weight in weights.items():
            if drawn < float(weight):
                version = other
                break
            drawn -= float(weight)
    function = storage.get_function(base, version)
    return function, f"{base}:{qualifier}" if qualifier else base


def run(
    function: Any,
    event: bytes,
    invoked_arn: str = "",
    *,
    nested: bool = False,
    began: Callable[[], object] | None = None,
) -> Invocation:
    """Run one event and wait for its end; `began` is called when there is a place for it.

    Raises
    ------
    pool.ThrottledError
        Reserved concurrency is used up.
    """
    request_id = str(uuid.uuid4())
    arn = invoked_arn or function.function_arn
    with RUN.work("invocations"):
        try:
            outcome, stream = pool.current().run(
                function, event, arn, request_id, nested=nested, began=began
            )
        except pool.ThrottledError:
            measures.count(function, arn, "Throttles")
            raise
        except EmbeddedAwsError as unusable:
            RUN.error(str(unusable))
            outcome, stream = _unusable(str(unusable)), ""
        lines = logs.framed(function, request_id, outcome)
        if stream:
            logs.write(function, stream, lines)
    if len(outcome.payload) > MAX_SYNCHRONOUS:
        outcome = replace(_too_large(len(outcome.payload)), milliseconds=outcome.milliseconds)
    measures.invoked(function, arn, failed=outcome.failed, milliseconds=outcome.milliseconds)
    return Invocation(
        request_id, outcome.payload, outcome.failed, "\n".join(lines), str(function.version)
    )


def _unusable(message: str) -> Outcome:
    text = json.dumps({"errorType": "Runtime.InvalidEntrypoint", "errorMessage": message})
    return Outcome(text.encode(), True, True, [message], 0.0, None, 0)


def _too_large(size: int) -> Outcome:
    message = (
        f"Response payload size ({size} bytes) exceeded maximum allowed payload size "
        f"({MAX_SYNCHRONOUS} bytes)."
    )
    text = json.dumps({"errorMessage": message, "errorType": "Function.ResponseSizeTooLarge"})
    return Outcome(text.encode(), True, True, [], 0.0, None, 0)


class _RequestTooLargeError(JsonRESTError):  # type: ignore[misc]
    code = 413

    def __init__(self, limit: int) -> None:
        super().__init__(
            "RequestTooLargeException",
            f"Request must be smaller than {limit} bytes for the InvokeFunction operation",
        )


class _InvalidRequestContentError(JsonRESTError):  # type: ignore[misc]
    code = 400

    def __init__(self, problem: str) -> None:
        super().__init__(
            "InvalidRequestContentException",
            f"Could not parse request body into json: {problem}",
        )


def _respond(self: Any) -> tuple[int, dict[str, str], bytes]:
    """Answer the Invoke operation."""
    arn = _requested_arn(self)
    function, invoked_arn = find(arn)
    body = self.body.encode() if isinstance(self.body, str) else bytes(self.body or b"")
    kind = self.headers.get("X-Amz-Invocation-Type", "RequestResponse")
    limit = MAX_ASYNCHRONOUS if kind == "Event" else MAX_SYNCHRONOUS
    if len(body) > limit:
        raise _RequestTooLargeError(limit)
    try:
        json.loads(body or b"{}")
    except ValueError as problem:
        raise _InvalidRequestContentError(str(problem)) from problem
    if kind == "DryRun":
        return 204, {"status": "204"}, b""
    if kind == "Event":
        asynchronous.submit(invoked_arn, (body or b"{}").decode())
        return 202, {"status": "202", "Content-Length": "0"}, b""
    return _synchronous(self, function, body or b"{}", invoked_arn)


def _synchronous(
    self: Any, function: Any, body: bytes, arn: str
) -> tuple[int, dict[str, str], bytes]:
    found = re.search(r"Credential=([^/]+)/", self.headers.get("Authorization", ""))
    nested = credentials.is_function(found[1]) if found else False
    try:
        done = run(function, body, arn, nested=nested)
    except pool.ThrottledError as throttled:
        text = json.dumps(
            {
                "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded",
                "Type": "User",
                "message": str(throttled),
            }
        )
        return 429, {"status": "429", "x-amzn-errortype": "TooManyRequestsException"}, text.encode()
    headers = {
        "content-type": "application/json",
        "Content-Length": str(len(done.payload)),
        "x-amz-executed-version": done.version,
        "x-amzn-requestid": done.request_id,
    }
    if done.failed:
        headers["x-amz-function-error"] = "Unhandled"
    if self.headers.get("X-Amz-Log-Type") == "Tail":
        headers["x-amz-log-result"] = base64.b64encode(done.log.encode()[-TAIL:]).decode()
    return 200, headers, done.payload


def _requested_arn(self: Any) -> str:
    name = unquote(self.path.rsplit("/", 2)[-2])
    qualifier = self._get_param("Qualifier")
    if not name.startswith("arn:"):
        name = name.rsplit("function:", 1)[-1]
        name = f"arn:aws:lambda:{self.region}:{RUN.account}:function:{name}"
    return f"{name}:{qualifier}" if qualifier and name.count(":") == 6 else name


def _invoke(self: Any, body: Any, _request_headers: Any, _response_headers: Any) -> bytes:
    """Take an event from another of moto's services (SNS, Logs): those invoke asynchronously."""
    asynchronous.submit(self.function_arn, body if isinstance(body, str) else json.dumps(body))
    return b""


def _invoke_lambda(self: Any, event: Any = None) -> tuple[str, bool, str]:
    body = event if isinstance(event, str) else json.dumps(event if event is not None else {})
    done = run(self, body.encode())
    return done.payload.decode(), done.failed, done.log


def install() -> None:
    """Let moto's functions run in sandboxes."""
    LambdaResponse.invoke = _respond
    LambdaFunction.invoke = _invoke
    LambdaFunction._invoke_lambda = _invoke_lambda
