"""Retry and Catch: what happens when a state fails.

Source: Step Functions Developer Guide, "Handling errors in Step Functions workflows".
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from embedded_aws.workflows.errors import StateError, matches

INTERVAL_SECONDS = 1
MAX_ATTEMPTS = 3
BACKOFF_RATE = 2.0


class Retries:
    """Counts the attempts of one state, each retrier for itself.

    Parameters
    ----------
    state
        The state's definition.
    """

    def __init__(self, state: dict[str, Any]) -> None:
        self._retriers: list[dict[str, Any]] = state.get("Retry") or []
        self._used: Counter[int] = Counter()
        self.count = 0

    def delay(self, failed: StateError) -> float | None:
        """Return after how many seconds to try again; None: not again."""
        for number, retrier in enumerate(self._retriers):
            if not matches(retrier["ErrorEquals"], failed.error or ""):
                continue
            attempt = self._used[number]
            if attempt >= retrier.get("MaxAttempts", MAX_ATTEMPTS):
                return None
            self._used[number] += 1
            self.count += 1
            return interval(retrier, attempt)
        return None


def interval(retrier: dict[str, Any], attempt: int) -> float:
    """Return how many seconds a retrier waits after so many retries before.

    With `FULL` jitter it is a random part of them.
    """
    seconds = retrier.get("IntervalSeconds", INTERVAL_SECONDS)
    rate = retrier.get("BackoffRate", BACKOFF_RATE)
    waited: float = min(
        seconds * float(rate) ** attempt, retrier.get("MaxDelaySeconds", float("inf"))
    )
    if retrier.get("JitterStrategy", "NONE") == "FULL":
        waited = random.uniform(0, waited)  # noqa: S311 - spreads load, protects nothing
    return waited


def catcher_of(state: dict[str, Any], failed: StateError) -> dict[str, Any] | None:
    """Return the first catcher that takes an error."""
    for catcher in state.get("Catch") or []:
        if matches(catcher["ErrorEquals"], failed.error or ""):
            found: dict[str, Any] = catcher
            return found
    return None
