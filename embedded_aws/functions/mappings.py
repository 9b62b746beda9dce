"""Event source mappings: what creates, changes and ends the pollers.

Stands in for the pushing of moto (`Queue.add_message`, `StreamShard.add`), which invokes functions
in the writer's own request. Kinesis is not supported and refused.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from moto.awslambda.models import LambdaBackend
from moto.core.exceptions import JsonRESTError
from moto.dynamodb.models import dynamodb_backends
from moto.sqs.models import sqs_backends

from embedded_aws.functions.sqs_source import SqsSource
from embedded_aws.functions.stream_source import StreamSource, backlog
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from embedded_aws.functions.source import Source

_create = LambdaBackend.create_event_source_mapping
_update = LambdaBackend.update_event_source_mapping
_remove = LambdaBackend.delete_event_source_mapping
_lock = threading.Lock()
_sources: dict[str, Source] = {}


class _InvalidParameterValueError(JsonRESTError):  # type: ignore[misc]
    code = 400

    def __init__(self, message: str) -> None:
        super().__init__("InvalidParameterValueException", message)


def _create_mapping(self: Any, spec: dict[str, Any]) -> Any:
    if ":kinesis:" in spec.get("EventSourceArn", ""):
        raise _InvalidParameterValueError(
            "the embedded AWS has no event source mappings of Kinesis"
        )
    mapping = _create(self, spec)
    mapping.function_arn = _function_arn(self, spec["FunctionName"])
    _stop_pushing(mapping)
    if (mapping.parallelization_factor or 1) > 1:
        RUN.notice("event source mappings: ParallelizationFactor has no effect here")
    if mapping.tumbling_window:
        RUN.notice("event source mappings: TumblingWindowInSeconds has no effect here")
    _begin(mapping)
    return mapping


def _function_arn(backend: Any, name: str) -> str:
    """Return the ARN with its qualifier: moto takes the version that an alias has at this time."""
    parts = name.split(":")
    own = 7 if name.startswith("arn:") else 1
    latest = backend.get_function(":".join(parts[:own]))
    return ":".join([latest.function_arn, *parts[own:]])


def _queue(mapping: Any) -> Any:
    _, _, _, region, account, name = mapping.event_source_arn.split(":", 5)
    return sqs_backends[account][region].queues.get(name)


def _stop_pushing(mapping: Any) -> None:
    _, _, service, region, account, name = mapping.event_source_arn.split(":", 5)
    if service == "sqs":
        _queue(mapping).lambda_event_source_mappings.clear()
    else:
        table = dynamodb_backends[account][region].tables[name.split("/")[1]]
        table.lambda_event_source_mappings.clear()


def _begin(mapping: Any) -> None:
    if not mapping.enabled:
        return
    is_queue = ":sqs:" in mapping.event_source_arn
    source = SqsSource(mapping) if is_queue else StreamSource(mapping)
    with _lock:
        _sources[mapping.uuid] = source
    source.start()


def _end(uuid: str) -> None:
    with _lock:
        source = _sources.pop(uuid, None)
    if source is not None:
        source.stop()


def _update_mapping(self: Any, uuid: str, spec: dict[str, Any]) -> Any:
    mapping = _update(self, uuid, spec)
    if mapping is not None:
        if spec.get("FunctionName"):
            mapping.function_arn = _function_arn(self, spec["FunctionName"])
        _end(uuid)
        _begin(mapping)
    return mapping


def _delete_mapping(self: Any, uuid: str) -> Any:
    _end(uuid)
    return _remove(self, uuid)


def _backlog() -> int:
    """Return how many messages and changes wait for a mapping that is enabled."""
    with _lock:
        sources = list(_sources.values())
    total = 0
    for source in sources:
        if isinstance(source, StreamSource):
            total += backlog(source.mapping)
        else:
            queue = _queue(source.mapping)
            total += len(queue._messages) if queue is not None else 0
    return total


def install() -> None:
    """Let mappings pull."""
    LambdaBackend.create_event_source_mapping = _create_mapping
    LambdaBackend.update_event_source_mapping = _update_mapping
    LambdaBackend.delete_event_source_mapping = _delete_mapping
    RUN.gauge("mapping backlog", _backlog)


def close() -> None:
    """Stop all pollers."""
    with _lock:
        sources = list(_sources.values())
        _sources.clear()
    for source in sources:
        source.stop()
