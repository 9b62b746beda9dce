"""What an apply brings into use by itself, where new versions of functions wait for a release."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from operations.review.changes import Change
from operations.review.values import parsed

# Resource type -> the attributes that all calls, executions or events meet as soon as they change.
_AT_ONCE = {
    "aws_api_gateway_rest_api": ("body", "policy"),
    "aws_cloudwatch_event_rule": ("event_pattern", "schedule_expression", "state"),
    "aws_cloudwatch_event_target": ("input", "input_path", "input_transformer"),
    "aws_lambda_event_source_mapping": (
        *("batch_size", "enabled", "filter_criteria", "function_response_types"),
        *("maximum_batching_window_in_seconds", "maximum_retry_attempts", "scaling_config"),
    ),
}


def changed_at_once(changes: Sequence[Change]) -> list[str]:
    """Return what no release brings into use step by step, in words and sorted."""
    return sorted(
        f"{change.label}, {change.region} ({', '.join(attributes)})"
        for change in changes
        if change.action in ("update", "replace") and (attributes := list(_changed(change)))
    )


def _changed(change: Change) -> Iterator[str]:
    for name in _AT_ONCE.get(change.kind, ()):
        before, after = change.before.get(name), change.after.get(name)
        if before != after and (parsed(before) is None or parsed(before) != parsed(after)):
            yield name
