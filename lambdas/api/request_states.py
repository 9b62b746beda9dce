"""How it stands with a request, as its client is told."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.ledger_entries import COUNTS
from shared.requests import ACCEPTED, COMPLETED, FAILED, RequestState
from shared.timestamps import utc_text

RUNNING = "RUNNING"
OPEN = (RUNNING, ACCEPTED)
"""Of a request whose end is still to come."""

_ORDER = (COMPLETED, RUNNING, ACCEPTED, FAILED)


def status_of(state: RequestState) -> str:
    """Return ACCEPTED, RUNNING, COMPLETED or FAILED."""
    return state.status if state.status in _ORDER else RUNNING


def since(window: timedelta) -> str:
    """Return the time before which a request was accepted that is another one by now."""
    return utc_text(datetime.now(UTC) - window)


def latest(states: Sequence[RequestState], window: timedelta) -> list[RequestState]:
    """Return the states of the latest request of an id; the regions may know earlier ones.

    Parameters
    ----------
    states : sequence of RequestState
        Those of the regions that know the id.
    window : timedelta
        How long the same request is the same work.
    """
    if not states:
        return []
    newest = datetime.fromisoformat(max(state.accepted_at for state in states))
    return [each for each in states if each.accepted_at > utc_text(newest - window)]


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
        document["counts"] = {name: getattr(state.counts, name) for name in COUNTS}
    if status == FAILED:
        document["reason"] = state.reason or "unknown"
    return document
