"""The review as data, for other programs."""

from __future__ import annotations

import json
from typing import Any

from operations.review import naming
from operations.review.dangers.model import Danger
from operations.review.report import Entry, Review


def record(review: Review) -> str:
    """Return all of the review as JSON."""
    content = {
        "environment": review.environment,
        "headline": review.headline(),
        "counts": review.counts,
        "dangers": [_danger(each, review) for each in review.dangers],
        "changes": [_entry(each) for each in review.entries if each not in review.noise],
        "drift": [_entry(each) for each in review.drift()],
        "folded": review.folded(),
        "folded_resources": [each.change.address for each in review.noise],
        "notes": review.notes(),
        "waiting": list(review.waiting),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _danger(each: Danger, review: Review) -> dict[str, Any]:
    return {
        "name": each.name,
        "kind": each.kind,
        "stack": each.stack,
        "address": each.address,
        "region": each.region,
        "resource": each.label,
        "what": each.what,
        "why": each.why,
        "approved": (review.approvals or {}).get(each.name),
    }


def _entry(entry: Entry) -> dict[str, Any]:
    change = entry.change
    return {
        "capability": naming.capability(change.kind),
        "region": change.region,
        "stack": change.stack,
        "address": change.address,
        "resource": change.label,
        "action": change.action,
        "with": list(entry.parts),
        "lines": list(entry.differences.lines),
        "folded": list(entry.differences.folded),
        "reason": change.reason or None,
        "origin": change.origin or None,
    }
