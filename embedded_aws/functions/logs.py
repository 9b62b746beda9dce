"""What functions write goes to CloudWatch Logs, with the permissions of the function's role.

Lines are collected for a moment and written together, off the path of the invocation. As on AWS, a
function whose role may not write logs, or whose log group is missing, runs on and loses its logs.
"""

from __future__ import annotations

import datetime
import json
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.awslambda.models import lambda_backends

from embedded_aws import credentials
from embedded_aws.functions.environment import log_group
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from embedded_aws.functions.sandbox import Outcome

COLLECT_SECONDS = 0.1
MAX_EVENTS = 10_000  # PutLogEvents: per request
MAX_BYTES = 1_000_000  # PutLogEvents: 1,048,576 with 26 bytes per event


@dataclass(frozen=True)
class _Target:
    region: str
    function: str
    role: str
    group: str
    stream: str


def framed(function: Any, request_id: str, outcome: Outcome) -> list[str]:
    """Return the log lines of an invocation with the platform's own START, END and REPORT."""
    billed = int(outcome.milliseconds) + 1
    init = outcome.init_milliseconds
    if (getattr(function, "logging_config", None) or {}).get("LogFormat") == "JSON":
        metrics: dict[str, float] = {
            "durationMs": round(outcome.milliseconds, 3),
            "billedDurationMs": billed,
            "memorySizeMB": function.memory_size,
            "maxMemoryUsedMB": outcome.memory,
        }
        if init is not None:
            metrics["initDurationMs"] = round(init, 3)
        status = "error" if outcome.failed else "success"
        version = str(function.version)
        return [
            _platform("platform.start", {"requestId": request_id, "version": version}),
            *outcome.lines,
            _platform(
                "platform.report", {"requestId": request_id, "metrics": metrics, "status": status}
            ),
        ]
    report = (
        f"REPORT RequestId: {request_id}\tDuration: {outcome.milliseconds:.2f} ms\t"
        f"Billed Duration: {billed} ms\tMemory Size: {function.memory_size} MB\t"
        f"Max Memory Used: {outcome.memory} MB\t"
    )
    if init is not None:
        report += f"Init Duration: {init:.2f} ms\t"
    problem = []
    if not outcome.alive:
        message = json.loads(outcome.payload).get("errorMessage", "")
        problem = [f"{_now()} {message.removeprefix('RequestId: ')}"]
    return [
        f"START RequestId: {request_id} Version: {function.version}",
        *(line.replace("\r", "\n") for line in outcome.lines),
        *problem,
        f"END RequestId: {request_id}",
        report,
    ]


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _platform(kind: str, record: dict[str, Any]) -> str:
    return json.dumps({"time": _now(), "type": kind, "record": record}, separators=(",", ":"))


class _Writer:
    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._pending: dict[_Target, list[dict[str, Any]]] = defaultdict(list)
        self._known: set[_Target] = set()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="logs", daemon=True)
        self._thread.start()

    def put(self, target: _Target, lines: list[str]) -> None:
        now = int(time.time() * 1000)
        with self._condition:
            if not self._pending[target]:
                RUN.begin("log lines")
            self._pending[target] += [{"timestamp": now, "message": x} for x in lines if x]
            self._condition.notify()

    def close(self) -> None:
        with self._condition:
            self._closed = True
            self._condition.notify()

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._pending and not self._closed:
                    self._condition.wait()
                if self._closed:
                    return
            time.sleep(COLLECT_SECONDS)
            with self._condition:
                batch, self._pending = self._pending, defaultdict(list)
            for target, events in batch.items():
                try:
                    self._write(target, events)
                except Exception as error:  # noqa: BLE001 - the lines of others must still go
                    RUN.error(f"logs of {target.function}: {error!r}")
                finally:
                    RUN.end("log lines")

    def _write(self, target: _Target, events: list[dict[str, Any]]) -> None:
        client = credentials.client("logs", target.region, target.role, target.function)
        try:
            if target not in self._known:
                _create_stream(client, target)
                self._known.add(target)
            for part in _parts(events):
                client.put_log_events(
                    logGroupName=target.group, logStreamName=target.stream, logEvents=part
                )
        except (ClientError, BotoCoreError) as error:
            if not RUN.closing.is_set() and _exists(target):
                RUN.notice(f"logs of {target.function} in {target.region} are lost: {error}")


def _create_stream(client: Any, target: _Target) -> None:
    """Create the stream; Lambda creates a missing group too, if the role may."""
    names = {"logGroupName": target.group, "logStreamName": target.stream}
    try:
        client.create_log_stream(**names)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException" or not _exists(target):
            raise
        client.create_log_group(logGroupName=target.group)
        client.create_log_stream(**names)


def _exists(target: _Target) -> bool:
    """Say whether the function is still there: the last lines of a deleted one are of no use."""
    functions = lambda_backends[RUN.account][target.region].list_functions()
    return any(function.function_name == target.function for function in functions)


def _parts(events: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    parts: list[list[dict[str, Any]]] = [[]]
    size = 0
    for event in events:
        length = len(event["message"].encode()) + 26
        if parts[-1] and (size + length > MAX_BYTES or len(parts[-1]) == MAX_EVENTS):
            parts.append([])
            size = 0
        parts[-1].append(event)
        size += length
    return parts


_writer: _Writer | None = None


def start() -> None:
    """Begin to write."""
    global _writer  # noqa: PLW0603 - one writer per run, and one run per process
    _writer = _Writer()


def write(function: Any, stream: str, lines: list[str]) -> None:
    """Send lines of a function to its log stream, soon."""
    if _writer is not None:
        target = _Target(
            function.region, function.function_name, function.role, log_group(function), stream
        )
        _writer.put(target, lines)


def close() -> None:
    """Stop writing."""
    if _writer is not None:
        _writer.close()
