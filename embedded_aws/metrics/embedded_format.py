"""Metrics in log events: what is written in embedded metric format becomes metrics.

Stands in for `LogsBackend.put_log_events`, behind which CloudWatch Logs extracts them; an event
that is not valid is a line of the log like any other.

Source: CloudWatch User Guide, "Specification: Embedded metric format".
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from moto.logs.models import LogsBackend

from embedded_aws.metrics.store import put
from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from embedded_aws.metrics.store import Dimensions

    Extracted = tuple[str, list[Dimensions], list[tuple[str, str, float]]]

MOST_DIMENSIONS = 30
MOST_METRICS = 100
MOST_VALUES = 100
MOST_CHARACTERS = 255


class _InvalidError(Exception):
    """The document is none of this format."""


def extract(region: str, messages: Iterable[str]) -> None:
    """Put the metrics of those log events that hold some.

    Parameters
    ----------
    region
        Region of the log group.
    messages
        Log events. Lambda may have put a time and a request id before the document.
    """
    for message in messages:
        if '"_aws"' not in message:
            continue
        try:
            document = json.loads(message[message.index("{") :])
            found = list(_directives(document))
        except (ValueError, _InvalidError):
            continue
        for namespace, dimensions, values in found:
            put(region, namespace, dimensions, values, document["_aws"]["Timestamp"] / 1000)


def _directives(document: dict[str, Any]) -> Iterable[Extracted]:
    metadata: Any = document.get("_aws")
    _require(isinstance(metadata, dict))
    timestamp, directives = metadata.get("Timestamp"), metadata.get("CloudWatchMetrics")
    _require(_is_number(timestamp) and isinstance(directives, list))
    for directive in directives:
        _require(isinstance(directive, dict) and _is_name(directive.get("Namespace")))
        sets, metrics = directive.get("Dimensions"), directive.get("Metrics")
        _require(isinstance(sets, list) and isinstance(metrics, list))
        _require(len(metrics) <= MOST_METRICS)
        values = [value for metric in metrics for value in _values(document, metric)]
        yield directive["Namespace"], [_dimensions(document, names) for names in sets], values


def _dimensions(document: dict[str, Any], names: Any) -> Dimensions:
    _require(isinstance(names, list) and len(names) <= MOST_DIMENSIONS)
    for name in names:
        _require(_is_name(name) and isinstance(document.get(name), str))
    return tuple((name, document[name]) for name in names)


def _values(document: dict[str, Any], metric: Any) -> list[tuple[str, str, float]]:
    _require(isinstance(metric, dict) and _is_name(metric.get("Name")))
    name, unit = metric["Name"], metric.get("Unit") or "None"
    held = document.get(name)
    values: list[Any] = held if isinstance(held, list) else [held]
    _require(isinstance(unit, str) and len(values) <= MOST_VALUES)
    _require(all(_is_number(value) for value in values))
    return [(name, unit, float(value)) for value in values]


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= MOST_CHARACTERS


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _require(holds: bool) -> None:
    if not holds:
        raise _InvalidError


def _put_log_events(
    original: Callable[..., Any],
    backend: LogsBackend,
    log_group_name: str,
    log_stream_name: str,
    log_events: list[dict[str, Any]],
) -> Any:
    answered = original(backend, log_group_name, log_stream_name, log_events)
    extract(backend.region_name, (event["message"] for event in log_events))
    return answered


def install() -> None:
    """Extract metrics from what is put into log groups."""
    stand_in(LogsBackend, "put_log_events", _put_log_events)
