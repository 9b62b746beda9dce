"""What event source mappings of queues and of streams have in common."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.events.models import EventPattern

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from embedded_aws.functions.invocation import Invocation


def event_filter(mapping: Any) -> Callable[[dict[str, Any]], bool]:
    """Return whether a record passes the mapping's filter criteria (any pattern is enough).

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
    """
    texts = [entry["Pattern"] for entry in (mapping.filter_criteria or {}).get("Filters") or []]
    patterns = [EventPattern.load(text) for text in texts]
    if not patterns:
        return lambda _record: True
    return lambda record: any(pattern.matches_event(record) for pattern in patterns)


def failed_items(mapping: Any, done: Invocation, identifiers: Sequence[str]) -> set[str]:
    """Return which records of a batch failed.

    A function error, an answer that is no JSON object of the documented form, and an identifier
    that is not in the batch all mean: every one of them.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    everything = set(identifiers)
    if done.failed:
        return everything
    if "ReportBatchItemFailures" not in (mapping.function_response_types or []):
        return set()
    try:
        answer = json.loads(done.payload) or {}
        reported = {item["itemIdentifier"] for item in answer.get("batchItemFailures") or []}
    except (ValueError, TypeError, KeyError, AttributeError):
        return everything
    return reported if reported <= everything else everything
