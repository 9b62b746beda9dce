"""Retries and destinations of asynchronous invocations: each version and alias has its own.

Stands in for the event invoke configs of `moto.awslambda.models.LambdaBackend` and
`moto.awslambda.responses.LambdaResponse`, which know one per function, put once and never changed.
An event of an alias is handled by the alias' config, and by no other one.

Source: Lambda Developer Guide, "Configuring error handling settings for asynchronous invocation";
Lambda API Reference, PutFunctionEventInvokeConfig (parameter Qualifier).
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from moto.awslambda.exceptions import UnknownEventConfig
from moto.awslambda.models import EventInvokeConfig, lambda_backends
from moto.awslambda.responses import LambdaResponse
from moto.core.responses import ActionResult

from embedded_aws.state import RUN

_LATEST = "$LATEST"
_Answer = tuple[int, dict[str, Any], str]


def config_of(function_arn: str) -> dict[str, Any]:
    """Return the config of the function, version or alias that an ARN names; empty: none.

    Raises
    ------
    UnknownFunctionException
        There is no such function.
    """
    backend = lambda_backends[RUN.account][function_arn.split(":")[3]]
    configs, _, qualifier = _held(backend, function_arn, None)
    return dict(configs[qualifier].config) if qualifier in configs else {}


def _held(
    backend: Any, name: str, qualifier: str | None
) -> tuple[dict[str, EventInvokeConfig], str, str]:
    """Return the function's configs by qualifier, the ARN that is meant and its qualifier."""
    parts = name.split(":")
    colons = 7 if name.startswith("arn:") else 1
    qualifier = qualifier or ":".join(parts[colons:]) or _LATEST
    latest = backend.get_function(":".join(parts[:colons]))
    if qualifier != _LATEST:
        backend.get_function(latest.function_arn, qualifier)  # or there is none of this name
    held: dict[str, EventInvokeConfig] = latest.__dict__.setdefault("event_invoke_configs", {})
    return held, f"{latest.function_arn}:{qualifier}", qualifier


def _target(response: Any) -> tuple[dict[str, EventInvokeConfig], str, str]:
    name = unquote(response.path.split("/functions/")[1].split("/")[0])
    return _held(response.backend, name, response._get_param("Qualifier"))


def _put(self: Any, before: dict[str, Any] | None = None) -> ActionResult:
    held, arn, qualifier = _target(self)
    modified = self.backend.get_function(arn.rsplit(":", 1)[0]).last_modified
    held[qualifier] = EventInvokeConfig(arn, modified, {**(before or {}), **self.json_body})
    return ActionResult(held[qualifier].response())


def _update(self: Any) -> ActionResult:
    held, _, qualifier = _target(self)
    return _put(self, held[qualifier].config if qualifier in held else None)


def _get(self: Any) -> ActionResult:
    held, arn, qualifier = _target(self)
    if qualifier not in held:
        raise UnknownEventConfig(arn)
    return ActionResult(held[qualifier].response())


def _delete(self: Any) -> _Answer:
    held, arn, qualifier = _target(self)
    if held.pop(qualifier, None) is None:
        raise UnknownEventConfig(arn)
    return 204, {"status": 204}, "{}"


def _list(self: Any) -> _Answer:
    held, _, _ = _target(self)
    configs = [config.response() for config in held.values()]
    return 200, {}, json.dumps({"FunctionEventInvokeConfigs": configs})


def install() -> None:
    """Keep event invoke configs by qualifier."""
    LambdaResponse.put_function_event_invoke_config = _put
    LambdaResponse.update_function_event_invoke_config = _update
    LambdaResponse.get_function_event_invoke_config = _get
    LambdaResponse.delete_function_event_invoke_config = _delete
    LambdaResponse.list_function_event_invoke_configs = _list
