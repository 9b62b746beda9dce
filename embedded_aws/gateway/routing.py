"""Which resource a path belongs to: the most specific one, segment by segment.

A literal segment goes before `{parameter}`, and that before `{greedy+}`. A trailing slash is
ignored. Source: API Gateway Developer Guide, "Set up a proxy integration with a proxy resource".
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedded_aws.gateway.deployed import Deployed, Route

ANY_VERBS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_LITERAL, _PARAMETER, _GREEDY = range(3)


def match(deployed: Deployed, verb: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """Find the route of a request.

    Parameters
    ----------
    verb
        The HTTP method.
    path
        The path below the stage, percent-encoded.

    Returns
    -------
    tuple of Route and dict of str to str, or None
        The route with the path parameters, percent-encoded as they came; None when no method is
        there.
    """
    segments = _segments(path.rstrip("/"))
    best: tuple[list[int], Mapping[str, Route], dict[str, str]] | None = None
    for template, routes in deployed.resources.items():
        found = _fits(_segments(template), segments)
        if found is not None and (best is None or found[0] < best[0]):
            best = (found[0], routes, found[1])
    if best is None:
        return None
    route = best[1].get(verb) or (best[1].get("ANY") if verb in ANY_VERBS else None)
    return None if route is None else (route, best[2])


def _segments(path: str) -> list[str]:
    return path.split("/")[1:] if path not in ("", "/") else []


def _fits(template: list[str], segments: list[str]) -> tuple[list[int], dict[str, str]] | None:
    """Return how specific a template fits, and its parameters."""
    kinds: list[int] = []
    parameters: dict[str, str] = {}
    for index, wanted in enumerate(template):
        if wanted.startswith("{") and wanted.endswith("+}"):
            rest = segments[index:]
            if not rest:
                return None
            parameters[wanted[1:-2]] = "/".join(rest)
            return [*kinds, _GREEDY], parameters
        if index >= len(segments):
            return None
        if wanted.startswith("{") and wanted.endswith("}"):
            if not segments[index]:
                return None
            parameters[wanted[1:-1]] = segments[index]
            kinds.append(_PARAMETER)
        elif wanted == unquote(segments[index]):
            kinds.append(_LITERAL)
        else:
            return None
    return (kinds, parameters) if len(template) == len(segments) else None
