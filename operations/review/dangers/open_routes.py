"""Which routes of a REST API everybody may call, and which of them everybody is meant to call.

Sources: API Gateway Developer Guide, "How API Gateway resource policies affect authorization
workflow", "OpenAPI extensions for API Gateway"; OpenAPI Specification 3.0.1, "Security Requirement
Object".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from operations.review.policies.patterns import disjoint
from operations.review.policies.statements import Element, Statement
from operations.review.values import parsed

MEANT_FOR_EVERYBODY = frozenset({("GET", "/health"), ("GET", "/openapi.json")})
"""Not read from the pipeline: who opens another route has to say so here as well."""

_PARAMETER = re.compile(r"\{[^}]*\}")  # of a path; in an ARN of a route it is a *
_BEFOREHAND = "OPTIONS"  # what browsers ask beforehand, without any credentials
_VERBS = ("delete", "get", "head", "options", "patch", "post", "put", "trace")
_ANY_METHOD = "x-amazon-apigateway-any-method"
_AUTHORIZATION = "x-amazon-apigateway-authtype"
_INVOKE = "execute-api:invoke"
_SIGNED = "awssigv4"


def without_authorization(body: Any) -> Iterator[str]:
    """Yield the routes of an imported document that ask for nothing, and are not meant to."""
    for verb, path, security, _ in _operations(body):
        is_open = not security or not all(security)
        if is_open and not _is_meant(verb, path):
            yield f"{verb} {path}"


def unguarded(statement: Statement, body: Any) -> Statement | None:
    """Leave out of a resource policy's statement what is harmless to allow to everybody.

    That is every route that is meant for everybody, or asks for a token. A route whose requests are
    signed stays: whom its resource policy allows to call it may call it from any account.
    """
    resources = statement.resources
    if resources is None or resources.negated or set(statement.actions.lowered) != {_INVOKE}:
        return statement
    left = tuple(each for each in resources.values if not _is_guarded(each, body))
    return replace(statement, resources=Element(left)) if left else None


def _is_guarded(resource: str, body: Any) -> bool:
    # arn:aws:execute-api:<region>:<account>:<api>/<stage>/<verb>/<path>
    _, _, route = ":".join(resource.split(":")[5:]).partition("/")
    _, _, route = route.partition("/")
    verb, _, path = route.partition("/")
    if _is_meant(verb, f"/{path}"):
        return True
    allowed = [
        (verb, path, types)
        for verb, path, _, types in _operations(body)
        if not disjoint(route, verb + _PARAMETER.sub("*", path))
    ]
    return bool(allowed) and all(
        _is_meant(verb, path) or (types and _SIGNED not in types) for verb, path, types in allowed
    )


def _is_meant(verb: str, path: str) -> bool:
    return verb == _BEFOREHAND or (verb, path) in MEANT_FOR_EVERYBODY


def _operations(body: Any) -> Iterator[tuple[str, str, list[Any], set[str]]]:
    """Yield verb, path, what is asked for, and the kinds of authorizers among that."""
    document = parsed(body)
    if not isinstance(document, dict):
        return
    schemes = (document.get("components") or {}).get("securitySchemes") or {}
    for path, item in (document.get("paths") or {}).items():
        for verb in (*_VERBS, _ANY_METHOD):
            if verb not in item:
                continue
            security = item[verb].get("security", document.get("security")) or []
            asked = (schemes.get(name) or {} for each in security for name in each)
            types = {str(each[_AUTHORIZATION]).lower() for each in asked if _AUTHORIZATION in each}
            yield "ANY" if verb == _ANY_METHOD else verb.upper(), path, security, types
