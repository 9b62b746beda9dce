"""API keys, usage plans, and throttling: token buckets by plan and key, and by method.

Source: API Gateway Developer Guide, "Usage plans and API keys for REST APIs in API Gateway" and
"Throttle requests to your REST APIs for better throughput in API Gateway".
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.apigateway.models import apigateway_backends

from embedded_aws.gateway.refusals import GatewayError
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from embedded_aws.gateway.context import Context
    from embedded_aws.gateway.deployed import Route

UNLIMITED = -1
_ROUNDING = 1e-9


@dataclass
class Bucket:
    """A token bucket: `burst` tokens at most, and `rate` more of them every second."""

    tokens: float
    filled: float

    def take(self, rate: float, burst: float, now: float) -> bool:
        """Take a token; say whether there was one."""
        self.tokens = min(burst, self.tokens + (now - self.filled) * rate)
        self.filled = now
        if self.tokens < 1.0 - _ROUNDING:
            return False
        self.tokens -= 1.0
        return True


class _Counts:
    """What was used up so far."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[Hashable, Bucket] = {}
        self._used: dict[Hashable, int] = {}

    def throttled(self, key: Hashable, rate: float, burst: float) -> bool:
        now = time.monotonic()
        with self._lock:
            bucket = self._buckets.setdefault(key, Bucket(burst, now))
            return not bucket.take(rate, burst, now)

    def exhausted(self, key: Hashable, limit: int, beginning: int) -> bool:
        with self._lock:
            used = self._used.get(key, beginning)
            if used >= limit:
                return True
            self._used[key] = used + 1
            return False

    def used(self, key: Hashable) -> int:
        with self._lock:
            return self._used.get(key, 0)


_counts = _Counts()


def reset() -> None:
    """Begin with full buckets, and nothing used of any quota."""
    global _counts  # noqa: PLW0603 - one per run
    _counts = _Counts()


def admit(route: Route, context: Context) -> None:
    """Let a request pass that has its key, and for which there is room.

    Raises
    ------
    GatewayError
        The key is missing or wrong, the quota is used up, or requests come too fast.
    """
    if route.api_key:
        _admit_by_plan(route, context)
    rate, burst = method_limits(context.stage.method_settings, route)
    place = (context.deployed.api_id, context.place.stage, route.path, route.verb)
    if UNLIMITED not in (rate, burst) and _counts.throttled(place, rate, burst):
        raise GatewayError("THROTTLED")


def _admit_by_plan(route: Route, context: Context) -> None:
    backend = apigateway_backends[RUN.account][context.place.region]
    value = _given_key(context)
    key = next((each for each in list(backend.keys.values()) if each.value == value), None)
    if not value or key is None or not key.enabled:
        raise GatewayError("INVALID_API_KEY")
    context.identity.update(apiKey=key.value, apiKeyId=key.id)
    found = next(_plans(backend, key.id, context), None)
    if found is None:
        raise GatewayError("INVALID_API_KEY")
    plan, stage = found
    methods = stage.get("throttle") or {}
    special = methods.get(f"{route.path}/{route.verb}")
    limits, place = plan.throttle, [plan.id, key.id]
    if special:
        limits, place = special, [*place, context.place.stage, route.path, route.verb]
    rate, burst = limits.get("rateLimit"), limits.get("burstLimit")
    if (rate or burst) and _counts.throttled(tuple(place), float(rate or 0), float(burst or 0)):
        raise GatewayError("THROTTLED")
    _count(plan, key.id)


def _given_key(context: Context) -> str | None:
    if context.deployed.api_key_source == "AUTHORIZER":
        told = context.variables.get("authorizer") or {}
        return told.get("usageIdentifierKey")
    return context.incoming.header("x-api-key")


def _plans(backend: Any, key_id: str, context: Context) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Find the plan of a key for this stage; there is at most one."""
    for plan in list(backend.usage_plans.values()):
        if key_id not in backend.usage_plan_keys.get(plan.id, {}):
            continue
        for stage in plan.api_stages:
            if (stage["apiId"], stage["stage"]) == (context.deployed.api_id, context.place.stage):
                yield plan, stage


def _count(plan: Any, key_id: str) -> None:
    if not plan.quota.get("limit"):
        return
    period = str(plan.quota.get("period", "MONTH"))
    now = datetime.now(UTC)
    key = (plan.id, key_id, period, period_of(period, now))
    # The offset is what counts as used in the first period of the plan.
    offset = int(plan.quota.get("offset") or 0)
    if _counts.exhausted(key, int(plan.quota["limit"]), offset):
        raise GatewayError("QUOTA_EXCEEDED")


def period_of(period: str, now: datetime) -> str:
    """Return the day, week (which begins on Sunday) or month of a moment, in UTC."""
    if period == "DAY":
        return now.strftime("%Y-%m-%d")
    if period == "WEEK":
        return (now - timedelta(days=(now.weekday() + 1) % 7)).strftime("%Y-%m-%d")
    return now.strftime("%Y-%m")


def method_limits(settings: dict[str, Any], route: Route) -> tuple[float, float]:
    """Return rate and burst of a method: its own settings go before those of all methods."""
    found = settings_of(settings, route)
    rate = found.get("throttlingRateLimit", UNLIMITED)
    burst = found.get("throttlingBurstLimit", UNLIMITED)
    return float(rate), float(burst)


def settings_of(settings: dict[str, Any], route: Route) -> dict[str, Any]:
    """Return the settings of a method of a stage.

    Parameters
    ----------
    settings
        By `{path}/{method}`, where slashes of the path may be written as `~1`; `*/*` is for all.
    """
    for place, values in list(settings.items()):
        path, _, verb = place.rpartition("/")
        if verb in (route.verb, "*") and path.replace("~1", "/").strip("/") == route.path.strip(
            "/"
        ):
            return dict(values)
    return dict(settings.get("*/*") or {})
