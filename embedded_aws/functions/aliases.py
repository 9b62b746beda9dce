"""Aliases: which weights they may have, and an update that is meant for another revision.

Stands in for `moto.awslambda.responses.LambdaResponse.update_alias`, which ignores `RevisionId`,
and for `LambdaBackend.create_alias` and `update_alias`, which take any weights.

Source: AWS Lambda API reference, "UpdateAlias"; Lambda Developer Guide, "Implement Lambda canary
deployments using a weighted alias".
"""

from __future__ import annotations

import json
import threading
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from moto.awslambda.exceptions import PreconditionFailedException
from moto.awslambda.models import LambdaBackend
from moto.awslambda.responses import LambdaResponse
from moto.core.exceptions import JsonRESTError

from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable

_LATEST = "$LATEST"
_LOCK = threading.Lock()


def _wrong(message: str) -> JsonRESTError:
    return JsonRESTError("InvalidParameterValueException", message)


def _update(original: Callable[..., Any], self: Any) -> Any:
    """Compare the revision and write, with nobody in between; each update makes a new revision."""
    function, name = (unquote(self.path.split("/")[at]) for at in (-3, -1))
    wanted = json.loads(self.body).get("RevisionId")
    with _LOCK:
        alias = self.backend.get_alias(name=name, function_name=function)
        if wanted is not None and wanted != alias.revision_id:
            raise PreconditionFailedException(
                "The Revision Id provided does not match the latest Revision Id. Call the "
                "GetFunction/GetAlias API to retrieve the latest Revision Id"
            )
        before = alias.revision_id
        alias.revision_id = str(uuid.uuid4())
        try:
            return original(self)
        except Exception:
            alias.revision_id = before
            raise


def _checked(original: Callable[..., Any], self: Any, *arguments: Any, **named: Any) -> Any:
    function, version = named["function_name"], named["function_version"]
    version = version or self.get_alias(named["name"], function).function_version
    weights = (named["routing_config"] or {}).get("AdditionalVersionWeights") or {}
    if len(weights) > 1:
        raise _wrong("An alias can have at most one additional version")
    for other, weight in weights.items():
        if _LATEST in (other, version):
            raise _wrong("$LATEST is not supported for an alias pointing to more than 1 version")
        if other == version:
            raise _wrong(f"Invalid function version {other}. It is the alias' own version")
        if not 0.0 <= weight <= 1.0:
            raise _wrong(f"Invalid weight {weight}. It has to be between 0.0 and 1.0")
        self.get_function(function, other)  # or there is no such version
    return original(self, *arguments, **named)


def install() -> None:
    """Let aliases be judged."""
    stand_in(LambdaResponse, "update_alias", _update)
    for name in ("create_alias", "update_alias"):
        stand_in(LambdaBackend, name, _checked)
