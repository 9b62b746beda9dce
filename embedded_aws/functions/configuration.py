"""What moto leaves out of a function's configuration.

Stands in for parts of `moto.awslambda.models.LambdaFunction` (no DeadLetterConfig, no
LoggingConfig, several settings that an update ignores), `LambdaStorage.del_function` and
`LambdaResponse.put_function_concurrency`.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from moto.awslambda.models import LambdaFunction, LambdaStorage
from moto.awslambda.responses import LambdaResponse
from moto.awslambda.utils import get_backend

from embedded_aws.functions import pool

_init = LambdaFunction.__init__
_configuration = LambdaFunction.get_configuration
_update = LambdaFunction.update_configuration
_layers_data = LambdaFunction._get_layers_data
_delete = LambdaStorage.del_function


def _function_init(
    self: Any, account_id: str, spec: dict[str, Any], region: str, version: str | int = 1
) -> None:
    self.dead_letter_config = spec.get("DeadLetterConfig") or {}
    self.logging_config = spec.get("LoggingConfig") or {}
    _init(self, account_id, spec, region, version)


def _get_configuration(self: Any, on_create: bool = False) -> Any:
    configuration = _configuration(self, on_create)
    if self.dead_letter_config.get("TargetArn"):
        configuration["DeadLetterConfig"] = self.dead_letter_config
    configuration["LoggingConfig"] = {
        "LogFormat": "Text",
        "LogGroup": self.logs_group_name,
        **self.logging_config,
    }
    return configuration


def _update_configuration(self: Any, updates: dict[str, Any]) -> Any:
    if "DeadLetterConfig" in updates:
        self.dead_letter_config = updates["DeadLetterConfig"] or {}
    if "LoggingConfig" in updates:
        self.logging_config = {**self.logging_config, **(updates["LoggingConfig"] or {})}
    if "TracingConfig" in updates:
        self.tracing_config = updates["TracingConfig"]
    if "KMSKeyArn" in updates:
        self.kms_key_arn = updates["KMSKeyArn"] or None
    if "EphemeralStorage" in updates:
        self.ephemeral_storage = updates["EphemeralStorage"]["Size"]
    return _update(self, updates)


def _get_layers_data(self: Any, layers_versions_arns: list[str]) -> Any:
    """Keep the layers themselves: a function runs on when its layer's version is deleted."""
    data = _layers_data(self, layers_versions_arns)
    backend = get_backend(self.account_id, self.region)
    self.layer_versions = [backend.layers_versions_by_arn(layer["Arn"]) for layer in data]
    return data


def _put_concurrency(self: Any) -> tuple[int, dict[str, str], str]:
    """Answer PutFunctionConcurrency; moto takes a reservation of 0 for none."""
    name = unquote(self.path.rsplit("/", 2)[-2])
    reserved = int(self.json_body["ReservedConcurrentExecutions"])
    self.backend.get_function(name).reserved_concurrency = reserved
    return 200, {}, json.dumps({"ReservedConcurrentExecutions": reserved})


def _del_function(self: Any, name_or_arn: str, qualifier: str | None = None) -> None:
    function = self.get_function_by_name_or_arn_with_qualifier(name_or_arn, qualifier)
    arn = function.function_arn
    versions = [version.function_arn for version in self.list_versions_by_function(arn)]
    _delete(self, name_or_arn, qualifier)
    for gone in {arn} | (set() if qualifier else set(versions)):
        pool.current().forget(gone)


def install() -> None:
    """Put the missing configuration into moto."""
    LambdaFunction.__init__ = _function_init
    LambdaFunction.get_configuration = _get_configuration
    LambdaFunction.update_configuration = _update_configuration
    LambdaFunction._get_layers_data = _get_layers_data
    LambdaResponse.put_function_concurrency = _put_concurrency
    LambdaStorage.del_function = _del_function
