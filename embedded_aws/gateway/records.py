"""What is written about requests: access logs, execution logs and metrics; logs in the background.

Sources: API Gateway Developer Guide, "Set up CloudWatch logging for REST APIs in API Gateway",
"Amazon API Gateway dimensions and metrics" and "Set up an API Gateway canary release deployment".
Logs are written with the role in the account's settings, whose permissions are judged.
"""

from __future__ import annotations

import re
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.apigateway.models import apigateway_backends

from embedded_aws import credentials
from embedded_aws.gateway import usage
from embedded_aws.iam import may_assume
from embedded_aws.metrics.store import Dimensions, put
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from embedded_aws.gateway.context import Context

NAMESPACE = "AWS/ApiGateway"
COLLECT_SECONDS = 0.2
EXECUTION_EVENT = 1024  # bytes: "Amazon API Gateway important notes"
_VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_]+(?:\.[A-Za-z0-9_:-]+)*)")
_PARTS = 5000


@dataclass(frozen=True)
class _Stream:
    region: str
    group: str
    name: str
    creates_group: bool


class _Writer:
    """Collects for a moment, and writes together what belongs together."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._lines: dict[_Stream, list[dict[str, Any]]] = defaultdict(list)
        self._known: set[_Stream] = set()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="api-records", daemon=True)
        self._thread.start()

    def put(self, lines: list[tuple[_Stream, str]]) -> None:
        now = int(time.time() * 1000)
        with self._condition:
            if not self._lines:
                RUN.begin("API records")
            for stream, text in lines:
                self._lines[stream].append({"timestamp": now, "message": text})
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
                    self._write(stream, events)
            except Exception as error:  # noqa: BLE001 - the next records must still be written
                if not RUN.closing.is_set():
                    RUN.error(f"API records: {error!r}")
            finally:
                RUN.end("API records")

    def _write(self, stream: _Stream, events: list[dict[str, Any]]) -> None:
        role = apigateway_backends[RUN.account][stream.region].account.cloudwatch_role_arn
        if not role or not may_assume(role, "apigateway.amazonaws.com"):
            RUN.notice(f"logs of API Gateway in {stream.region} are lost: no role may write them")
            return
        client = credentials.client("logs", stream.region, role, "api-gateway")
        names = {"logGroupName": stream.group, "logStreamName": stream.name}
        try:
            if stream not in self._known:
                if stream.creates_group:
                    _existing(client.create_log_group, logGroupName=stream.group)
                _existing(client.create_log_stream, **names)
                self._known.add(stream)
            for first in range(0, len(events), _PARTS):
                client.put_log_events(**names, logEvents=events[first : first + _PARTS])
        except (ClientError, BotoCoreError) as error:
            if not RUN.closing.is_set():
                RUN.notice(f"logs of API Gateway for {stream.group} are lost: {error}")


def _existing(call: Any, **names: str) -> None:
    try:
        call(**names)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
            raise


_writer: _Writer | None = None
_starting = threading.Lock()


def write(context: Context) -> None:
    """Write what is to be written about a request that has its answer."""
    global _writer  # noqa: PLW0603 - one per run
    _put_metrics(context)
    lines = _log_lines(context)
    if not lines:
        return
    with _starting:
        if _writer is None and not RUN.closing.is_set():
            _writer = _Writer()
        writer = _writer
    if writer is not None:
        writer.put(lines)


def close() -> None:
    """Stop writing."""
    global _writer
    with _starting:
        writer, _writer = _writer, None
    if writer is not None:
        writer.close()


def _log_lines(context: Context) -> list[tuple[_Stream, str]]:
    region, found = context.place.region, []
    suffixes = ("", "/Canary") if context.canary else ("",)
    name = f"{context.deployed.api_id}-{context.place.stage}"
    access = context.stage.access_log_settings or {}
    if access.get("destinationArn") and access.get("format"):
        group = access["destinationArn"].split(":log-group:")[-1].removesuffix(":*")
        line = access_line(access["format"], context)
        found += [(_Stream(region, group + end, name, end != ""), line) for end in suffixes]
    level = _level(context)
    if level != "OFF":
        group = f"API-Gateway-Execution-Logs_{context.deployed.api_id}/{context.place.stage}"
        lines = [each.encode()[:EXECUTION_EVENT].decode(errors="ignore") for each in _told(context)]
        found += [
            (_Stream(region, group + end, name, True), line) for end in suffixes for line in lines
        ]
    return found


def access_line(template: str, context: Context) -> str:
    """Return a line of the access log; what is not known is a dash."""

    def value(found: re.Match[str]) -> str:
        known = context.look_up(found[1])
        return "-" if known is None or known == "" else str(known)

    return _VARIABLE.sub(value, template)


def _level(context: Context) -> str:
    route = context.route
    settings = context.stage.method_settings
    found = usage.settings_of(settings, route) if route else settings.get("*/*") or {}
    return str(found.get("loggingLevel") or "OFF")


def _told(context: Context) -> list[str]:
    """Return the lines of the execution log: failures alone, or the course of the request."""
    begin = f"({context.variables['requestId']}) "
    failures = [begin + each for each in context.execution]
    if _level(context) == "ERROR":
        return failures
    status = context.variables["status"]
    return [
        f"{begin}HTTP Method: {context.incoming.verb}, Resource Path: "
        f"{context.incoming.decoded_path}",
        *failures,
        f"{begin}Method completed with status: {status}",
    ]


def _put_metrics(context: Context) -> None:
    """Count one request; what a canary answers is counted for `<stage>/Canary`, too."""
    variables, route = context.variables, context.route
    status = int(variables["status"])
    values = [
        ("Count", "Count", 1.0),
        ("4XXError", "Count", float(400 <= status < 500)),
        ("5XXError", "Count", float(500 <= status < 600)),
        ("Latency", "Milliseconds", float(variables["responseLatency"])),
    ]
    if "integrationLatency" in variables:
        latency = float(variables["integrationLatency"])
        values.append(("IntegrationLatency", "Milliseconds", latency))
    name, stage = ("ApiName", context.deployed.name), context.place.stage
    dimensions: list[Dimensions] = [(name,), (name, ("Stage", stage))]
    if context.canary:
        dimensions.append((name, ("Stage", f"{stage}/Canary")))
    if route and usage.settings_of(context.stage.method_settings, route).get("metricsEnabled"):
        method = (("Method", route.verb), ("Resource", route.path))
        dimensions.append((name, ("Stage", stage), *method))
    put(context.place.region, NAMESPACE, dimensions, values)
