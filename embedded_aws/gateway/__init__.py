"""REST APIs that answer: a deployed stage of API Gateway, served over HTTP on loopback.

Stands in for nothing of moto, which keeps APIs and does not serve them.
"""

from __future__ import annotations

from embedded_aws.gateway import records, usage
from embedded_aws.gateway.place import PREFIX, is_for_an_api
from embedded_aws.gateway.serving import answer

__all__ = ["PREFIX", "answer", "close", "install", "is_for_an_api"]


def install() -> None:
    """Begin with full buckets and quotas, and write what happens."""
    usage.reset()
    records.start()


def close() -> None:
    """Write what is left, and stop."""
    records.close()
