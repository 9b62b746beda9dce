"""REST APIs that answer: a deployed stage of API Gateway, served over HTTP on loopback.

Stands in for nothing of moto, which keeps APIs and does not serve them. What serves is imported
with the first request: moto's part of API Gateway takes long to import.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from embedded_aws.gateway.addresses import PREFIX, is_for_an_api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["PREFIX", "answer", "close", "install", "is_for_an_api"]

_SERVING = f"{__name__}.serving"


def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer one request (WSGI)."""
    found: Iterable[bytes] = importlib.import_module(_SERVING).answer(environ, start_response)
    return found


def install() -> None:
    """Begin with full buckets and quotas."""
    if _SERVING in sys.modules:
        sys.modules[_SERVING].usage.reset()


def close() -> None:
    """Stop writing logs and metrics."""
    if _SERVING in sys.modules:
        sys.modules[_SERVING].records.close()
