"""The sandboxes of all functions: warm ones are used again, and never too many run at once."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
import uuid
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psutil
from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import lambda_backends

from embedded_aws.functions import environment, measures
from embedded_aws.functions.sandbox import Outcome, Sandbox
from embedded_aws.state import RUN, EmbeddedAwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

IDLE_SECONDS = 300.0


class ThrottledError(EmbeddedAwsError):
    """The function's reserved concurrency is used up, or no sandbox can be started.

    Lambda tries an asynchronous event again for up to 6 hours after either ("How Lambda handles
    errors and retries with asynchronous invocation").
    """


def machine_concurrency() -> int:
    """Return how many invocations run at once on this machine; more of them wait."""
    return 2 * (os.cpu_count() or 1)


class Pool:
    """Sandboxes by function, version, code and configuration."""

    def __init__(self, concurrency: int) -> None:
        self.concurrency = concurrency
        self._slots = threading.Semaphore(concurrency)
        self._lock = threading.Lock()
        self._idle: dict[str, list[Sandbox]] = defaultdict(list)
        self._all: set[Sandbox] = set()
        self._running: Counter[str] = Counter()
        self._closed = False

    def run(
        self,
        function: Any,
        event: bytes,
        invoked_arn: str,
        request_id: str,
        *,
        nested: bool,
        began: Callable[[], object] | None = None,
    ) -> tuple[Outcome, str]:
        """Run one event and return what came of it with the log stream's name.

        Parameters
        ----------
        function
            moto's `LambdaFunction` (a version or the latest).
        event
            The event, a JSON document.
        invoked_arn
            The ARN in the handler's context.
        request_id
            AWS request id of this invocation.
        nested
            A function that waits for this invocation holds a slot already; asking for a second
            one could block all.

        Raises
        ------
        ThrottledError
            Reserved concurrency is used up.
        EmbeddedAwsError
            The function's package cannot be used.
        """
        with self._reserved(function) as (of_function, of_region), self._slot(nested=nested):
            measures.running(function, of_function, of_region)
            if began is not None:
                began()
            key = _key(function)
            sandbox = self._take(key) or self._start(function)
            headers = {
                "Lambda-Runtime-Invoked-Function-Arn": invoked_arn,
                "Lambda-Runtime-Trace-Id": _trace_id(),
            }
            alive = False
            try:
                outcome = sandbox.invoke(request_id, event, float(function.timeout), headers)
                alive = outcome.alive
            finally:
                self._give_back(key, sandbox, alive=alive)
            return outcome, sandbox.stream

    def forget(self, function_arn: str) -> None:
        """End the idle sandboxes of a function that was deleted."""
        with self._lock:
            keys = [key for key in self._idle if key.startswith(f"{function_arn}|")]
            doomed = [sandbox for key in keys for sandbox in self._idle.pop(key)]
            self._all.difference_update(doomed)
        for sandbox in doomed:
            sandbox.kill()

    def close(self) -> None:
        """End every sandbox, also the busy ones."""
        with self._lock:
            self._closed = True
            doomed, self._all = list(self._all), set()
            self._idle.clear()
        if doomed:
            with ThreadPoolExecutor(max_workers=8) as threads:
                list(threads.map(Sandbox.kill, doomed))

    def processes(self) -> list[int]:
        """Return the process ids of all sandboxes."""
        with self._lock:
            return [sandbox.pid for sandbox in self._all]

    def kill_client(self, port: int) -> None:
        """Kill the sandbox whose connection comes from a port of this machine."""
        for pid in self.processes():
            with suppress(psutil.Error, ProcessLookupError):
                held = psutil.Process(pid).net_connections(kind="tcp")
                if any(each.laddr and each.laddr.port == port for each in held):
                    os.kill(pid, signal.SIGKILL)

    @contextmanager
    def _slot(self, *, nested: bool) -> Iterator[None]:
        if nested:
            yield
            return
        with self._slots:
            yield

    @contextmanager
    def _reserved(self, function: Any) -> Iterator[tuple[int, int]]:
        """Count an invocation; give how many there are of the function, and in its region."""
        name = f"{function.region}/{function.function_name}"
        limit = _reserved_concurrency(function)
        with self._lock:
            if limit is not None and self._running[name] >= int(limit):
                raise ThrottledError("Rate Exceeded.")
            self._running[name] += 1
            of_region = sum(
                number
                for key, number in self._running.items()
                if key.startswith(f"{function.region}/")
            )
            running = self._running[name], of_region
        try:
            yield running
        finally:
            with self._lock:
                self._running[name] -= 1

    def _take(self, key: str) -> Sandbox | None:
        while True:
            with self._lock:
                if not self._idle[key]:
                    return None
                sandbox = self._idle[key].pop()
            if sandbox.alive():
                return sandbox
            self._discard(sandbox)

    def _start(self, function: Any) -> Sandbox:
        self._make_room()
        try:
            prepared = environment.prepare(function)
            sandbox = Sandbox(prepared.handler, prepared.variables, prepared.task_root)
        except OSError as problem:  # no process, no file or no memory left on this machine
            RUN.notice(f"{function.function_name}: no sandbox can be started: {problem}")
            raise ThrottledError(f"no sandbox can be started: {problem}") from problem
        with self._lock:
            closed = self._closed
            if not closed:
                self._all.add(sandbox)
        if closed:
            sandbox.kill()
            raise EmbeddedAwsError("the embedded AWS is stopping")
        return sandbox

    def _make_room(self) -> None:
        """End idle sandboxes that are old, or too many together with the one to come."""
        now = time.monotonic()
        with self._lock:
            idle = sorted(
                ((sandbox, key) for key, held in self._idle.items() for sandbox in held),
                key=lambda pair: pair[0].idle_since,
            )
            excess = len(self._all) + 1 - 3 * self.concurrency
            doomed = [
                (sandbox, key)
                for at, (sandbox, key) in enumerate(idle)
                if at < excess or now - sandbox.idle_since > IDLE_SECONDS
            ]
            for sandbox, key in doomed:
                self._idle[key].remove(sandbox)
        for sandbox, _key_of_it in doomed:
            self._discard(sandbox)

    def _give_back(self, key: str, sandbox: Sandbox, *, alive: bool) -> None:
        sandbox.idle_since = time.monotonic()
        with self._lock:
            if alive and not self._closed:
                self._idle[key].append(sandbox)
                return
        self._discard(sandbox)

    def _discard(self, sandbox: Sandbox) -> None:
        with self._lock:
            self._all.discard(sandbox)
        sandbox.kill()


def _reserved_concurrency(function: Any) -> int | None:
    """Return what is reserved for a function: versions and aliases share it with the latest."""
    backend = lambda_backends[RUN.account][function.region]
    try:
        latest = backend.get_function(function.function_name)
    except UnknownFunctionException:  # deleted while its last events run
        return None
    return getattr(latest, "reserved_concurrency", None)


def _key(function: Any) -> str:
    layers = [layer["Arn"] for layer in function.layers]
    parts = [
        function.function_name,
        function.code_sha_256,
        function.handler,
        function.role,
        function.environment_vars,
        layers,
        function.memory_size,
        function.timeout,
        getattr(function, "logging_config", None),
        RUN.endpoint,
    ]
    return f"{function.function_arn}|{json.dumps(parts, sort_keys=True)}"


def _trace_id() -> str:
    random = uuid.uuid4().hex
    return f"Root=1-{int(time.time()):08x}-{random[:24]};Parent={random[16:]};Sampled=0"


_pool: Pool | None = None


def start() -> None:
    """Begin with no sandboxes."""
    global _pool  # noqa: PLW0603 - one pool per run, and one run per process
    _pool = Pool(machine_concurrency())


def current() -> Pool:
    """Return the pool of the run."""
    if _pool is None:
        raise EmbeddedAwsError("the embedded AWS is not running")
    return _pool


def close() -> None:
    """End every sandbox."""
    if _pool is not None:
        _pool.close()
