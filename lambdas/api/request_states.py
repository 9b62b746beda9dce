"""How it stands with a request, as its client is told."""

from collections.abc import Iterable
from typing import Any

import msgspec

from shared.requests import ACCEPTED, COMPLETED, FAILED, RequestState

RUNNING = "RUNNING"
_ORDER = (COMPLETED, RUNNING, ACCEPTED, FAILED)


def status_of(state: RequestState) -> str:
    """Return ACCEPTED, RUNNING, COMPLETED or FAILED."""
    return state.status if state.status in _ORDER else RUNNING


def best_of(states: Iterable[RequestState]) -> RequestState:
    """Return the state that counts: whatever one region has completed is done.

    Parameters
    ----------
    states : iterable of RequestState
        Those of the regions that know the request; at least one.
    """
    return min(states, key=lambda state: _ORDER.index(status_of(state)))


def state_document(state: RequestState, link: str) -> dict[str, Any]:
    """Return what a client is told.

    Parameters
    ----------
    state : RequestState
        The state.
    link : str
        Where it can be asked for.
    """
    asked, status = state.request, status_of(state)
    document: dict[str, Any] = {
        "id": asked.id,
        "status": status,
        "dataset": asked.dataset,
        "region": state.region,
        "attempt": state.attempt,
        "acceptedAt": state.accepted_at,
        "object": {"bucket": asked.bucket, "key": asked.key, "versionId": asked.version_id},
        "links": {"self": link},
    }
    if status == COMPLETED:
        document["completedAt"] = state.updated_at
        document["counts"] = msgspec.to_builtins(state.counts)
    if status == FAILED:
        document["reason"] = state.reason or "unknown"
    return document
