"""One execution environment: a child process with AWS's own runtime interface client.

The child takes its events from a Runtime API of its own on loopback. It is warm after its first
invocation and serves one at a time.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from embedded_aws.functions.runtime_api import RuntimeApi

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
INIT_SECONDS = 10.0  # Lambda Developer Guide, "Lambda execution environment lifecycle"


@dataclass(frozen=True)
class Outcome:
    """What one invocation ended with."""

    payload: bytes
    failed: bool
    alive: bool
    lines: list[str]
    milliseconds: float
    init_milliseconds: float | None
    memory: int


class Sandbox:
    """A child process that runs one function; `environment` is complete, nothing is inherited."""

    def __init__(self, handler: str, environment: dict[str, str], cwd: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sandbox-"))
        self.idle_since = time.monotonic()
        self.stream = environment.get("AWS_LAMBDA_LOG_STREAM_NAME", "")
        self._api = RuntimeApi()
        self._lines: list[str] = []
        self._rest = b""
        self._reading = threading.Lock()
        self._started = time.monotonic()
        self._init: float | None = None
        self._invoked = False
        try:
            self._process = self._begin(handler, environment, cwd)
        except OSError:
            self._api.close()
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        threading.Thread(target=self._watch, name="sandbox-output", daemon=True).start()

    def _begin(
        self, handler: str, environment: dict[str, str], cwd: Path
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-S", "-P", str(BOOTSTRAP), handler],
            cwd=cwd,
            env={
                **environment,
                "AWS_LAMBDA_RUNTIME_API": self._api.address,
                "TMPDIR": str(self.folder),
                "HOME": str(self.folder),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            bufsize=0,
        )

    @property
    def pid(self) -> int:
        """Process id of the child."""
        return self._process.pid

    def alive(self) -> bool:
        """Say whether the child still runs."""
        return self._process.poll() is None

    def invoke(
        self, request_id: str, event: bytes, timeout: float, headers: dict[str, str]
    ) -> Outcome:
        """Run one event; the sandbox is unusable when the outcome says that it is not alive.

        Parameters
        ----------
        request_id
            AWS request id of this invocation.
        event
            The event, a JSON document.
        timeout
            The function's timeout in seconds.
        headers
            More headers of the Runtime API's answer (function ARN, trace id).
        """
        if not self._invoked:
            self._await_init(max(INIT_SECONDS, timeout))
        first, self._invoked = not self._invoked, True
        begun = time.monotonic()
        if self._api.init_error is None and self.alive():
            deadline = str(int((time.time() + timeout) * 1000))
            self._api.hand_out(
                event,
                {
                    "Lambda-Runtime-Aws-Request-Id": request_id,
                    "Lambda-Runtime-Deadline-Ms": deadline,
                    **headers,
                },
            )
        answer = self._answer(timeout)
        spent = (time.monotonic() - begun) * 1000
        memory = _peak_memory(self.pid)
        payload, failed, alive = self._judge(answer, request_id, timeout)
        self._read()
        lines, self._lines = self._lines, []
        return Outcome(payload, failed, alive, lines, spent, self._init if first else None, memory)

    def kill(self) -> None:
        """End the child with everything that it started, and remove its folder."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._api.close()
        if self._process.stdin is not None:
            self._process.stdin.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _await_init(self, seconds: float) -> None:
        limit = time.monotonic() + seconds
        while not self._api.ready.wait(0.05):
            if not self.alive() or time.monotonic() > limit:
                break
        self._init = (time.monotonic() - self._started) * 1000

    def _answer(self, timeout: float) -> tuple[bool, bytes] | None:
        """Wait for the child's answer; None when it died or ran out of time."""
        if self._api.init_error is not None:
            return True, self._api.init_error
        limit = time.monotonic() + timeout
        while (left := limit - time.monotonic()) > 0:
            answer = self._api.answer(min(left, 0.1))
            if answer is not None:
                return answer
            if not self.alive():
                return self._api.answer(0.05)
        return None

    def _judge(
        self, answer: tuple[bool, bytes] | None, request_id: str, timeout: float
    ) -> tuple[bytes, bool, bool]:
        if answer is not None and self._api.init_error is not None:
            self.kill()
            return answer[1], True, False
        if answer is not None:
            return answer[1], answer[0], True
        if self.alive():
            self.kill()
            text = f"RequestId: {request_id} Error: Task timed out after {timeout:.2f} seconds"
            return _error("Sandbox.Timedout", text), True, False
        status = self._process.wait()
        self.kill()
        how = f"exit status {status}" if status >= 0 else f"signal: {_signal_name(-status)}"
        text = f"RequestId: {request_id} Error: Runtime exited with error: {how}"
        if status == 0:
            text = f"RequestId: {request_id} Error: Runtime exited without providing a reason"
        return _error("Runtime.ExitError", text), True, False

    def _watch(self) -> None:
        """Keep the output pipe empty while the function runs, or its writes would block."""
        assert self._process.stdout is not None  # noqa: S101 - opened in __init__
        descriptor = self._process.stdout.fileno()
        while True:
            select.select([descriptor], [], [])
            if not self._read():
                with self._reading:
                    self._process.stdout.close()
                return

    def _read(self) -> bool:
        """Take what the child has written so far; False at the end of its output."""
        stdout = self._process.stdout
        with self._reading:
            if stdout is None or stdout.closed:
                return False
            while select.select([stdout], [], [], 0)[0]:
                data = os.read(stdout.fileno(), 65536)
                *complete, self._rest = (self._rest + data).split(b"\n")
                self._lines += [line.decode("utf-8", "replace") for line in complete]
                if not data:
                    if self._rest:
                        self._lines.append(self._rest.decode("utf-8", "replace"))
                        self._rest = b""
                    return False
        return True


def _error(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()


def _signal_name(number: int) -> str:
    return signal.strsignal(number) or str(number)


def _peak_memory(pid: int) -> int:
    """Return the peak resident memory in MB where the host tells it, else 0."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    return 0
