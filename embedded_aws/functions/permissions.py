"""Resource-based policies of functions: each version and alias has its own.

Stands in for `moto.awslambda.models.LambdaBackend.add_permission` and `get_policy`, and for
`LambdaResponse.remove_permission`: a function and the versions published of it share one policy,
from which the permission of an alias cannot be removed by its qualifier.

Source: Lambda Developer Guide, "Working with resource-based IAM policies in Lambda".
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from moto.awslambda.models import LambdaBackend, lambda_backends
from moto.awslambda.policy import Policy
from moto.awslambda.responses import LambdaResponse

from embedded_aws.state import RUN

_LATEST = "$LATEST"


def statements_of(arn: str) -> list[dict[str, Any]]:
    """Return the statements of the policy of a function, a version or an alias.

    Raises
    ------
    UnknownFunctionException
        There is no such function.
    """
    parts = arn.split(":")
    backend = lambda_backends[RUN.account][parts[3]]
    policy = _policy(backend, ":".join(parts[:7]), parts[7] if len(parts) > 7 else None)
    return [dict(statement) for statement in policy.statements]


def _policy(backend: Any, name: str, qualifier: str | None) -> Policy:
    """Return the policy of a qualifier, which the function keeps; an empty one at first."""
    if qualifier and qualifier != _LATEST:
        backend.get_function(name, qualifier)  # or there is no such version or alias
    bare = name if name.startswith("arn:") else name.partition(":")[0]
    latest = backend.get_function(":".join(bare.split(":")[:7]))
    if not qualifier or qualifier == _LATEST:
        return latest.policy
    held: dict[str, Policy] = latest.__dict__.setdefault("policies_of_qualifiers", {})
    return held.setdefault(qualifier, Policy(latest))


def _split(name: str, qualifier: str | None) -> tuple[str, str | None]:
    """Take a qualifier out of a name or ARN that ends with it."""
    colons = 6 if name.startswith("arn:") else 0
    if name.count(":") > colons:
        name, _, inside = name.rpartition(":")
        return name, qualifier or inside
    return name, qualifier


def _add_permission(
    self: Any, function_name: str, qualifier: str | None, raw: str
) -> dict[str, Any]:
    name, qualifier = _split(function_name, qualifier)
    statement, _ = _policy(self, name, qualifier).add_statement(raw, qualifier)
    return dict(statement)


def _get_policy(self: Any, function_name: str, qualifier: str | None = None) -> str:
    return str(_policy(self, *_split(function_name, qualifier)).wire_format())


def _remove_permission(self: Any) -> tuple[int, dict[str, Any], str]:
    """Answer RemovePermission; moto's own loses the qualifier on its way."""
    function_name = unquote(self.path.split("/")[-3])
    statement_id = unquote(self.path.split("/")[-1].split("?")[0])
    qualifier = self.querystring.get("Qualifier", [None])[0]
    revision = self.querystring.get("RevisionId", [""])[0]
    policy = _policy(self.backend, *_split(function_name, qualifier))
    policy.del_statement(statement_id, revision)
    return 204, {"status": 204}, json.dumps({})


def install() -> None:
    """Keep permissions by qualifier."""
    LambdaBackend.add_permission = _add_permission
    LambdaBackend.get_policy = _get_policy
    LambdaResponse.remove_permission = _remove_permission
