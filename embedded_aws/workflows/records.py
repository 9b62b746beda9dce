"""What Step Functions tells of executions: metrics, events, and the log in the background.

Sources: Step Functions Developer Guide, "Using CloudWatch Logs to log execution history in Step
Functions", "Monitoring Step Functions metrics using Amazon CloudWatch", "Automating Step Functions
event delivery with EventBridge".
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
import uuid
from collections import defaultdict
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import ServiceException
from moto.logs.models import logs_backends

from embedded_aws.metrics.store import put
from embedded_aws.services.deliveries import deliver_later
from embedded_aws.services.eventbridge_rules import publish
from embedded_aws.state import RUN
from embedded_aws.workflows.history import details_key, without_data

if TYPE_CHECKING:
    from embedded_aws.metrics.store import Dimensions
    from embedded_aws.workflows.execution import Execution, Snapshot
    from embedded_aws.workflows.history import Event

NAMESPACE = "AWS/States"
COLLECT_SECONDS = 0.1
_PARTS = 5000
_LARGEST_EVENT = 248 * 1024  # bytes of input and output; larger ones are left out
FATAL = frozenset({"ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"})
ERROR = FATAL | {
    "FailStateEntered",
    *("LambdaFunctionFailed", "LambdaFunctionTimedOut", "TaskFailed", "TaskTimedOut"),
    *("MapIterationAborted", "MapIterationFailed", "MapStateAborted", "MapStateFailed"),
    *("ParallelStateAborted", "ParallelStateFailed", "TaskStateAborted", "WaitStateAborted"),
}
"""The events of each level, as in "Log levels for execution events"."""
_ENDS = ("ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted")


class _Writer:
    """Collects for a moment, and writes together what belongs together."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._lines: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="execution-records", daemon=True)
        self._thread.start()

    def log(self, stream: tuple[str, str, str], milliseconds: int, text: str) -> None:
        with self._condition:
            if not self._lines:
                RUN.begin("execution records")
            self._lines[stream].append({"timestamp": milliseconds, "message": text})
            self._condition.notify()

    def close(self) -> None:
        with self._condition:
            self._closed = True
            self._condition.notify()
        self._thread.join(timeout=5.0)

    def _run(self) -> None:
        while True:
            with self._condition:
                while not (self._lines or self._closed):
                    self._condition.wait()
                if self._closed:
                    return
            time.sleep(COLLECT_SECONDS)
            with self._condition:
                lines, self._lines = self._lines, defaultdict(list)
            try:
                for stream, events in lines.items():
                    _write(*stream, events)
            except Exception as error:  # noqa: BLE001 - the next records must still be written
                if not RUN.closing.is_set():
                    RUN.error(f"execution records: {error!r}")
            finally:
                RUN.end("execution records")


def _write(region: str, group: str, stream: str, events: list[dict[str, Any]]) -> None:
    logs = logs_backends[RUN.account][region]
    if group not in logs.groups:
        RUN.notice(f"logs of executions are lost: there is no log group {group} in {region}")
        return
    try:
        if stream not in logs.groups[group].streams:
            logs.create_log_stream(group, stream)
        for first in range(0, len(events), _PARTS):
            logs.put_log_events(group, stream, events[first : first + _PARTS])
    except ServiceException as refused:
        RUN.notice(f"logs of executions for {group} are lost: {refused}")


_writer: _Writer | None = None


def start() -> None:
    """Begin to write."""
    global _writer  # noqa: PLW0603 - one per run
    if _writer is None:
        _writer = _Writer()


def close() -> None:
    """Stop writing."""
    global _writer  # noqa: PLW0603 - one per run
    if _writer is not None:
        _writer.close()
        _writer = None


def log_group(logging: dict[str, Any]) -> str | None:
    """Return the name of the log group of a logging configuration."""
    destinations = logging.get("destinations") or [{}]
    arn = (destinations[0].get("cloudWatchLogsLogGroup") or {}).get("logGroupArn") or ""
    return arn.partition(":log-group:")[2].removesuffix(":*") or None


def log(execution: Execution, event: Event) -> None:
    """Write an event to the log of its state machine, if the level asks for it."""
    logging = execution.machine.logging
    level = logging.get("level", "OFF")
    wanted = {"ALL": None, "ERROR": ERROR, "FATAL": FATAL}.get(level, frozenset())
    group = log_group(logging)
    if _writer is None or group is None or (wanted is not None and event["type"] not in wanted):
        return
    shown = event if logging.get("includeExecutionData") else without_data(event)
    milliseconds = int(event["timestamp"].timestamp() * 1000)
    line = {
        "id": str(event["id"]),
        "type": event["type"],
        "details": shown.get(details_key(event["type"]), {}),
        "previous_event_id": str(event["previousEventId"]),
        "event_timestamp": str(milliseconds),
        "execution_arn": execution.arn,
        "redrive_count": str(execution.redrive_count),
    }
    machine = execution.machine.arn
    minute = event["timestamp"].strftime("%Y-%m-%d-%H-%M")
    mark = hashlib.sha256(machine.encode()).hexdigest()[:8]
    stream = (execution.region, group, f"states/{machine.split(':')[6]}/{minute}/{mark}")
    _writer.log(stream, milliseconds, json.dumps(line, separators=(",", ":"), ensure_ascii=False))


def count(execution: Execution, metric: str) -> None:
    """Count what happened to an execution; at its end, also how long it took."""
    values = [(metric, "Count", 1.0)]
    if metric in _ENDS and execution.stop_date is not None:
        began = execution.redrive_date or execution.start_date
        taken = (execution.stop_date - began).total_seconds() * 1000
        values.append(("ExecutionTime", "Milliseconds", taken))
    put(execution.region, NAMESPACE, _dimension_sets(execution.machine), values)


def _dimension_sets(machine: Snapshot) -> list[Dimensions]:
    """Every execution counts for its state machine; one by alias or version for that, too.

    Source: AWS Step Functions Developer Guide, "Monitoring Step Functions metrics using Amazon
    CloudWatch".
    """
    named = ("StateMachineArn", machine.arn)
    if machine.alias_arn is not None:
        return [(named,), (named, ("Alias", machine.alias_arn.rpartition(":")[2]))]
    if machine.version_arn is not None:
        return [(named,), (named, ("Version", machine.version_arn.rpartition(":")[2]))]
    return [(named,)]


def announce(execution: Execution) -> None:
    """Put the status of an execution of a standard workflow on the default bus of EventBridge."""
    if execution.machine.express:
        return
    data = {"input": execution.input, "output": execution.output}
    fits = sum(len(text.encode()) for text in data.values() if text) < _LARGEST_EVENT
    stopped = execution.stop_date
    detail = {
        "executionArn": execution.arn,
        "stateMachineArn": execution.machine.arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": int(execution.start_date.timestamp() * 1000),
        "stopDate": int(stopped.timestamp() * 1000) if stopped is not None else None,
        **(data if fits else dict.fromkeys(data)),
        "inputDetails": {"included": fits},
        "outputDetails": {"included": fits} if execution.output is not None else None,
        "error": execution.error,
        "cause": execution.cause,
        "redriveCount": execution.redrive_count,
    }
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Step Functions Execution Status Change",
        "source": "aws.states",
        "account": RUN.account,
        "time": (stopped or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": execution.region,
        "resources": [execution.arn],
        "detail": detail,
    }
    deliver_later(partial(publish, RUN.account, execution.region, event))
