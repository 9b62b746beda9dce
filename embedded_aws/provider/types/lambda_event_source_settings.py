"""The changeable settings of an event source mapping, for queues and for streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedded_aws.provider.attributes import block, changed
from embedded_aws.provider.types.unset import unless_default

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from embedded_aws.provider.resource_type import State

# Attribute -> (argument, default of a queue, default of a stream); None: not for that source.
_NUMBERS: Mapping[str, tuple[str, Any, Any]] = {
    "batch_size": ("BatchSize", 10, 100),
    "bisect_batch_on_function_error": ("BisectBatchOnFunctionError", None, False),
    "maximum_batching_window_in_seconds": ("MaximumBatchingWindowInSeconds", 0, 0),
    "maximum_record_age_in_seconds": ("MaximumRecordAgeInSeconds", None, -1),
    "maximum_retry_attempts": ("MaximumRetryAttempts", None, -1),
    "parallelization_factor": ("ParallelizationFactor", None, 1),
    "tumbling_window_in_seconds": ("TumblingWindowInSeconds", None, 0),
}
_COMPUTED = frozenset(
    {"maximum_record_age_in_seconds", "maximum_retry_attempts", "parallelization_factor"}
)


def _filters(mapping: State) -> Any:
    patterns = [one["pattern"] for one in block(mapping, "filter_criteria").get("filter") or []]
    return {"Filters": [{"Pattern": pattern} for pattern in sorted(patterns)]} if patterns else {}


def _destinations(mapping: State) -> Any:
    failure = block(block(mapping, "destination_config"), "on_failure")
    target = failure.get("destination_arn")
    return {"OnFailure": {"Destination": target}} if target else {}


def _scaling(mapping: State) -> Any:
    maximum = block(mapping, "scaling_config").get("maximum_concurrency")
    return {"MaximumConcurrency": int(maximum)} if maximum else {}


def _pollers(mapping: State) -> Any:
    pollers = block(mapping, "provisioned_poller_config")
    arguments = {
        "MinimumPollers": pollers.get("minimum_pollers"),
        "MaximumPollers": pollers.get("maximum_pollers"),
    }
    return {argument: value for argument, value in arguments.items() if value is not None}


def _metrics(mapping: State) -> Any:
    return {"Metrics": sorted(block(mapping, "metrics_config").get("metrics") or [])}


_BLOCKS: Mapping[str, tuple[str, Callable[[State], Any]]] = {
    "filter_criteria": ("FilterCriteria", _filters),
    "destination_config": ("DestinationConfig", _destinations),
    "scaling_config": ("ScalingConfig", _scaling),
    "provisioned_poller_config": ("ProvisionedPollerConfig", _pollers),
    "metrics_config": ("MetricsConfig", _metrics),
    "function_response_types": (
        "FunctionResponseTypes",
        lambda mapping: sorted(mapping["function_response_types"] or []),
    ),
    "kms_key_arn": ("KMSKeyArn", lambda mapping: mapping["kms_key_arn"] or ""),
}

SETTINGS = frozenset({*_NUMBERS, *_BLOCKS})
"""Attributes and blocks that can change in place."""


def _is_queue(event_source_arn: str | None) -> bool:
    return (event_source_arn or "").split(":")[2:3] == ["sqs"]


def creation(mapping: State) -> dict[str, Any]:
    """Return the settings of a new mapping; what is not configured is left to AWS."""
    numbers = {
        argument: mapping[attribute]
        for attribute, (argument, _, _) in _NUMBERS.items()
        if mapping[attribute] is not None
    }
    blocks = {
        argument: value(mapping)
        for attribute, (argument, value) in _BLOCKS.items()
        if mapping[attribute]
    }
    return {**numbers, **blocks}


def changes(prior: State, planned: State) -> dict[str, Any]:
    """Return the arguments of ``UpdateEventSourceMapping`` for the settings that differ."""
    queue = _is_queue(prior["event_source_arn"])
    arguments: dict[str, Any] = {}
    for attribute, (argument, of_queue, of_stream) in _NUMBERS.items():
        default = of_queue if queue else of_stream
        value = planned[attribute]
        if changed(prior, planned, attribute) and (value is not None or default is not None):
            arguments[argument] = default if value is None else value
    for attribute, (argument, convert) in _BLOCKS.items():
        if changed(prior, planned, attribute):
            arguments[argument] = convert(planned)
    return arguments


def _read_numbers(mapping: dict[str, Any], state: State) -> State:
    queue = _is_queue(mapping.get("EventSourceArn"))
    found: State = {}
    for attribute, (argument, of_queue, of_stream) in _NUMBERS.items():
        default = of_queue if queue else of_stream
        value = mapping.get(argument)
        if attribute in _COMPUTED:
            found[attribute] = (default or 0) if value is None else value
        else:
            found[attribute] = unless_default(state, attribute, value, default)
    return found


def read(mapping: dict[str, Any], state: State) -> State:
    """Return the settings of a mapping as attributes."""
    filters = (mapping.get("FilterCriteria") or {}).get("Filters")
    failure = ((mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
    scaling = (mapping.get("ScalingConfig") or {}).get("MaximumConcurrency")
    pollers = mapping.get("ProvisionedPollerConfig") or {}
    metrics = (mapping.get("MetricsConfig") or {}).get("Metrics")
    return {
        **_read_numbers(mapping, state),
        "filter_criteria": (
            [{"filter": [{"pattern": one["Pattern"]} for one in filters]}] if filters else []
        ),
        "destination_config": ([{"on_failure": [{"destination_arn": failure}]}] if failure else []),
        "scaling_config": [{"maximum_concurrency": scaling}] if scaling else [],
        "provisioned_poller_config": (
            [
                {
                    "minimum_pollers": pollers.get("MinimumPollers"),
                    "maximum_pollers": pollers.get("MaximumPollers"),
                }
            ]
            if pollers
            else []
        ),
        "metrics_config": [{"metrics": metrics}] if metrics else [],
        "function_response_types": mapping.get("FunctionResponseTypes") or None,
        "kms_key_arn": unless_default(state, "kms_key_arn", mapping.get("KMSKeyArn"), ""),
    }
