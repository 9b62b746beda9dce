"""One execution of a state machine, from its start to its end and beyond, by redrives.

Source: AWS Step Functions API Reference, "DescribeExecution", "RedriveExecution".
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from embedded_aws.state import RUN
from embedded_aws.workflows import records, states
from embedded_aws.workflows.errors import RUNTIME, TIMEOUT, StateError, StoppedError
from embedded_aws.workflows.history import History
from embedded_aws.workflows.line import Line

if TYPE_CHECKING:
    from embedded_aws.workflows.history import Event

STANDARD_SECONDS = 31_536_000.0  # "Service quotas": one year
EXPRESS_SECONDS = 300.0
REDRIVABLE = frozenset({"FAILED", "ABORTED", "TIMED_OUT"})
_running: set[Execution] = set()
_running_lock = threading.Lock()


@dataclass(frozen=True)
class Snapshot:
    """What an execution takes from its state machine when it starts.

    Parameters
    ----------
    arn
        The state machine, without version or alias.
    definition, text
        What runs: parsed, and as it was given.
    role_arn
        The role of the calls.
    express
        Whether it is an express workflow.
    logging, tracing
        The configurations of both.
    updated
        When the state machine got these.
    version_arn, alias_arn
        What was asked for.
    """

    arn: str
    definition: dict[str, Any]
    text: str
    role_arn: str
    express: bool
    logging: dict[str, Any]
    tracing: dict[str, Any]
    updated: datetime
    version_arn: str | None = None
    alias_arn: str | None = None


class Execution:
    """An execution and the thread that runs it.

    Parameters
    ----------
    machine
        What it runs.
    arn, name
        The execution's own.
    text
        Its input, as it was given.
    value
        Its input.
    """

    def __init__(self, machine: Snapshot, arn: str, name: str, text: str, value: Any) -> None:
        self.machine, self.arn, self.name, self.input = machine, arn, name, text
        self.execution_arn, self.machine_arn, self.role_arn = arn, machine.arn, machine.role_arn
        self.region = machine.arn.split(":")[3]
        self.changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None
        self.redriving = threading.Lock()
        self.status = "RUNNING"
        self.output: str | None = None
        self.error: str | None = None
        self.cause: str | None = None
        self.start_date = datetime.now(UTC)
        self.stop_date: datetime | None = None
        self.redrive_count = 0
        self.redrive_date: datetime | None = None
        self.redrive_token: str | None = None
        self.history = History(self._log)
        self.began = time.monotonic()
        limit = EXPRESS_SECONDS if machine.express else STANDARD_SECONDS
        self.timeout = min(float(machine.definition.get("TimeoutSeconds", limit)), limit)
        self._value = value
        self._line = Line(self, machine.definition, value)

    @property
    def is_over(self) -> bool:
        """Whether it runs no longer."""
        return self.status != "RUNNING" or self._closed

    def start(self) -> None:
        """Begin to run."""
        self.history.add(
            "ExecutionStarted", 0, {"input": self.input, "roleArn": self.machine.role_arn}
        )
        records.count(self, "ExecutionsStarted")
        records.announce(self)
        self._begin()

    def redrive(self) -> None:
        """Go on with the state that failed or was stopped, with the same input.

        Whoever calls holds `redriving`.
        """
        if self._thread is not None:
            self._thread.join()  # it may not have seen yet that it was stopped
        with self.changed:
            self.redrive_count += 1
            self.redrive_date = datetime.now(UTC)
            self.status, self.stop_date = "RUNNING", None
            self.output = self.error = self.cause = None
            self.began = time.monotonic()
            self._line.skipped = 0.0
            self._line.resume()
        self._line.last_event = self.history.add(
            "ExecutionRedriven", self._line.last_event, {"redriveCount": self.redrive_count}
        )
        records.count(self, "ExecutionsRedriven")
        records.announce(self)
        self._begin()

    def stop(self, error: str | None, cause: str | None) -> None:
        """End it from outside; what it has called goes on by itself."""
        self._end("ABORTED", self._line.last_event, error=error, cause=cause)

    def time_out(self, last_event: int) -> None:
        """End it because its time is over."""
        self._end("TIMED_OUT", last_event, error=TIMEOUT)

    def wait(self) -> None:
        """Wait until it is over."""
        with self.changed:
            self.changed.wait_for(lambda: self.is_over)

    def close(self) -> None:
        """Let its threads end with the run."""
        with self.changed:
            self._closed = True
            self.changed.notify_all()

    def context(self, line: Line) -> dict[str, Any]:
        """Return the context object of a line's current state."""
        execution = {
            "Id": self.arn,
            "Input": self._value,
            "Name": self.name,
            "RoleArn": self.machine.role_arn,
            "StartTime": _time(self.start_date),
            "RedriveCount": self.redrive_count,
        }
        if self.redrive_date is not None:
            execution["RedriveTime"] = _time(self.redrive_date)
        found = {
            "Execution": execution,
            "StateMachine": {"Id": self.machine.arn, "Name": self.machine.arn.split(":")[6]},
            "State": {
                "Name": line.state,
                "EnteredTime": line.entered_time,
                "RetryCount": line.retry_count,
            },
        }
        return found if line.item is None else {**found, "Map": {"Item": line.item}}

    def _begin(self) -> None:
        with _running_lock:
            _running.add(self)
        RUN.begin("executions")
        self._thread = threading.Thread(
            target=self._run, name=f"execution-{self.name}", daemon=True
        )
        self._thread.start()

    def _run(self) -> None:
        line = self._line
        try:
            states.run(line)
            self._end("SUCCEEDED", line.last_event, output=line.text)
        except StateError as failed:
            self._end("FAILED", line.last_event, error=failed.error, cause=failed.cause)
        except StoppedError:
            pass
        except Exception as bug:  # noqa: BLE001 - it must end, and the report must say why
            RUN.error(f"{self.arn}: {bug!r}")
            self._end("FAILED", line.last_event, error=RUNTIME, cause=repr(bug))
        finally:
            with _running_lock:
                _running.discard(self)
            RUN.end("executions")

    def _end(
        self,
        status: str,
        last_event: int,
        *,
        output: str | None = None,
        error: str | None = None,
        cause: str | None = None,
    ) -> None:
        with self.changed:
            if self.is_over:
                return
            kind = {"TIMED_OUT": "TimedOut"}.get(status, status.capitalize())
            given = {"output": output, "error": error, "cause": cause}
            told = {key: value for key, value in given.items() if value is not None}
            self.history.add(f"Execution{kind}", last_event, told)
            self.output, self.error, self.cause = output, error, cause
            self.stop_date = datetime.now(UTC)
            self.status = status
            self.changed.notify_all()
        records.count(self, f"Executions{kind}")
        records.announce(self)

    def _log(self, event: Event) -> None:
        records.log(self, event)


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def close_all() -> None:
    """End the threads of all executions that run."""
    with _running_lock:
        running = list(_running)
    for execution in running:
        execution.close()
