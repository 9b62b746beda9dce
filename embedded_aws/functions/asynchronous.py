"""Asynchronous invocation: a queue in front of every function, retries, destinations.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html: a failed event
is tried again after one and after two minutes, a throttled one after 1 s up to 5 minutes, until
its age is over. Those waits are compressed by `RUN.time_scale`; ages are told in AWS's time.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from moto.awslambda.exceptions import UnknownFunctionException

from embedded_aws import faults
from embedded_aws.due import DueWork
from embedded_aws.functions import (
    destinations,
    event_invoke_configs,
    invocation,
    measures,
    pool,
)
from embedded_aws.state import RUN

RETRY_SECONDS = (60.0, 120.0)
MAX_AGE = 21_600  # seconds, AWS's default
REGION_CHECK_SECONDS = 0.2


@dataclass
class Event:
    """One queued event."""

    function_arn: str
    payload: str
    queued: float = field(default_factory=time.monotonic)
    skipped: float = 0.0  # seconds of AWS's waiting that were not waited here
    attempts: int = 0
    throttles: int = 0

    def age(self) -> float:
        """Return the seconds that the event would have waited on AWS."""
        return time.monotonic() - self.queued + self.skipped

    def wait(self, seconds: float) -> float:
        """Return how long to wait here for what takes `seconds` on AWS."""
        scaled = seconds * RUN.time_scale
        self.skipped += seconds - scaled
        return scaled


def _attempt(event: Event) -> float | None:
    """Try an event once; return after how many seconds to try again, or None when it is done."""
    region = event.function_arn.split(":")[3]
    if RUN.is_down(region):
        return REGION_CHECK_SECONDS
    try:
        function, arn = invocation.find(event.function_arn)
    except UnknownFunctionException:
        return None  # deleted meanwhile: AWS drops its events
    config = event_invoke_configs.config_of(arn)
    expired = event.age() > (config.get("MaximumEventAgeInSeconds") or MAX_AGE)
    if event.attempts and expired:
        _give_up(function, event, config, "EventAgeExceeded", None)
        return None
    if not (event.attempts or event.throttles):
        measures.count(function, arn, "AsyncEventsReceived")
    measures.count(function, arn, "AsyncEventAge", event.age() * 1000, "Milliseconds")
    try:
        done = invocation.run(function, event.payload.encode(), arn)
    except pool.ThrottledError:
        if expired:
            _give_up(function, event, config, "EventAgeExceeded", None)
            return None
        event.throttles += 1
        return max(event.wait(min(2.0**event.throttles, 300.0)), 0.05)
    event.attempts += 1
    return _after(function, event, config, done)


def _after(
    function: Any, event: Event, config: dict[str, Any], done: invocation.Invocation
) -> float | None:
    """Return after how many seconds to try again, or None when the event is done."""
    if not done.failed:
        target = _destination(config, "OnSuccess")
        if target:
            _send(function, event, target, "Success", done)
        return None
    retries = config.get("MaximumRetryAttempts")
    if event.attempts > (2 if retries is None else int(retries)):
        _give_up(function, event, config, "RetriesExhausted", done)
        return None
    return event.wait(RETRY_SECONDS[min(event.attempts, 2) - 1])


def _destination(config: dict[str, Any], kind: str) -> str:
    return str(((config.get("DestinationConfig") or {}).get(kind) or {}).get("Destination") or "")


def _give_up(
    function: Any,
    event: Event,
    config: dict[str, Any],
    condition: str,
    done: invocation.Invocation | None,
) -> None:
    measures.count(function, event.function_arn, "AsyncEventsDropped")
    target = _destination(config, "OnFailure")
    if target:
        _send(function, event, target, condition, done)
    queue = function.dead_letter_config.get("TargetArn")
    if queue:
        message = json.loads(done.payload).get("errorMessage", "") if done else condition
        request_id = done.request_id if done else ""
        destinations.dead_letter(function, queue, event.payload, request_id or "-", message)


def _send(
    function: Any, event: Event, target: str, condition: str, done: invocation.Invocation | None
) -> None:
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": destinations.timestamp(),
        "requestContext": {
            "requestId": done.request_id if done else "",
            "functionArn": f"{function.function_arn}:{function.version}"
            if function.function_arn.count(":") == 6
            else function.function_arn,
            "condition": condition,
            "approximateInvokeCount": event.attempts,
        },
        "requestPayload": json.loads(event.payload),
    }
    if done:
        record["responseContext"] = {"statusCode": 200, "executedVersion": done.version}
        if done.failed:
            record["responseContext"]["functionError"] = "Unhandled"
        record["responsePayload"] = json.loads(done.payload)
    kind = "Success" if condition == "Success" else "Failure"
    destinations.deliver(
        function,
        target,
        json.dumps(record),
        key_prefix=f"aws/lambda/async/{function.function_name}",
        detail_type=f"Lambda Function Invocation Result - {kind}",
    )


_queue: DueWork | None = None


def start() -> None:
    """Begin with an empty queue."""
    global _queue  # noqa: PLW0603 - one queue per run, and one run per process
    _queue = DueWork("asynchronous events", pool.machine_concurrency())


def submit(function_arn: str, payload: str) -> None:
    """Queue an event for a function, a version or an alias."""
    if _queue is not None:
        region, name = function_arn.split(":")[3], function_arn.split(":")[6]
        for after in faults.deliveries("lambda", name, region):
            _queue.add(partial(_attempt, Event(function_arn, payload)), after)


def close() -> None:
    """Stop serving; what is queued is lost with the run."""
    if _queue is not None:
        _queue.close()
