"""Circuit breakers: what fails again and again is left alone for a while.

A circuit is closed as long as calls succeed. After several failures in a row, over some seconds, it
opens: nothing is called, and whoever asks is told when to come again. Then it is half open: the
next call is the probe. A success closes it; a failure opens it for twice as long as before (M.
Nygard, "Release It!"; Azure Architecture Center, "Circuit Breaker pattern").

Why not a library: Powertools' circuit breaker keeps its state in a DynamoDB table, which is one of
the dependencies to guard and a permission more, imports boto3 for that (30 ms of a cold start),
probes at one fixed interval and does not tell when. pybreaker holds its lock during the call, which
would let one batch at a time through, and its interval is fixed, too. So this is per execution
environment: each learns of an outage by its own few calls, and asks nobody in order to know.
"""

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import TypeVar

FAILURES = 5
"""Failures in a row that open a circuit."""

FAILING_SECONDS = 10.0
"""Seconds that they span at least: a burst of throttled calls at the same moment is no outage."""

FIRST_WAIT = 15.0
"""Seconds until the first probe; each probe that fails doubles them."""

LONGEST_WAIT = 300.0
"""Seconds between probes at most."""

_Result = TypeVar("_Result")


class CircuitState(StrEnum):
    """Where a circuit stands."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half open"


class CircuitOpenError(Exception):
    """The call was not made: what it calls has just failed again and again.

    Parameters
    ----------
    dependency : str
        What fails.
    seconds : float
        Until the next probe.
    cause : str
        Its last failure.
    """

    def __init__(self, dependency: str, seconds: float, cause: str) -> None:
        super().__init__(
            f"the {dependency} is left alone for {seconds:.0f} s more; its last failure: {cause}"
        )
        self.dependency = dependency
        self.seconds = seconds


class Circuit:
    """The circuit of one dependency; any number of threads may use it.

    Parameters
    ----------
    dependency : str
        What it guards.
    on_change : callable, optional
        Called with the circuit after each change of its state.
    clock : callable
        Seconds since some moment. Not a monotonic clock: that may stand still while Lambda has
        frozen the execution environment.

    Attributes
    ----------
    state : CircuitState
        Where it stands.
    failures : int
        In a row.
    cause : str
        The last failure.
    wait : float
        Seconds from its opening to the probe; 0 while it is closed.
    """

    def __init__(
        self,
        dependency: str,
        on_change: "Callable[[Circuit], None] | None" = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.dependency = dependency
        self.state = CircuitState.CLOSED
        self.cause = ""
        self._on_change = on_change
        self._clock = clock
        self._lock = threading.Lock()
        self.failures = 0
        self._failing_since = 0.0
        self.wait = 0.0
        self._probe_at = 0.0

    def refusal(self) -> CircuitOpenError | None:
        """Return what a call would be refused with now; None when it would be made."""
        if self.state is not CircuitState.OPEN:
            return None
        left = self._probe_at - self._clock()
        # A clock that was set back must not keep it open for longer than was meant.
        if not 0 < left <= self.wait:
            return None
        return CircuitOpenError(self.dependency, left, self.cause)

    def call(
        self, function: Callable[[], _Result], is_failure: Callable[[Exception], bool | None]
    ) -> _Result:
        """Make a call, unless the circuit is open.

        Parameters
        ----------
        function : callable
            The call.
        is_failure : callable
            Says of an exception whether the dependency failed (True), answered (False), or has
            nothing to do with it (None).

        Raises
        ------
        CircuitOpenError
            The call was not made.
        """
        self.admit()
        try:
            result = function()
        except Exception as error:
            failed = is_failure(error)
            if failed:
                self.failed(f"{type(error).__name__}: {error}")
            elif failed is False:
                self.succeeded()
            raise
        self.succeeded()
        return result

    def admit(self) -> None:
        """Let a call through, or raise `CircuitOpenError`."""
        if self.state is not CircuitState.OPEN:
            return
        refusal = self.refusal()
        if refusal is not None:
            raise refusal
        with self._lock:
            changed = self.state is CircuitState.OPEN
            self.state = CircuitState.HALF_OPEN
        self._tell(changed=changed)

    def succeeded(self) -> None:
        """Note a call that succeeded; one that was begun before the circuit opened says nothing."""
        if not self.failures and self.state is CircuitState.CLOSED:
            return  # no lock on the way of every call
        with self._lock:
            if self.state is CircuitState.OPEN:
                return
            changed = self.state is not CircuitState.CLOSED
            self.state = CircuitState.CLOSED
            self.failures = 0
            self.wait = 0.0
        self._tell(changed=changed)

    def failed(self, cause: str) -> None:
        """Note a call that failed."""
        with self._lock:
            self.cause = cause
            now = self._clock()
            if self.failures == 0:
                self._failing_since = now
            self.failures += 1
            lasted = now - self._failing_since >= FAILING_SECONDS
            enough = self.failures >= FAILURES and lasted
            changed = self.state is CircuitState.HALF_OPEN or (
                self.state is CircuitState.CLOSED and enough
            )
            if changed:
                self._open(now)
        self._tell(changed=changed)

    def trip(self, cause: str) -> None:
        """Open the circuit at once: whoever calls has tried for long enough."""
        with self._lock:
            self.cause = cause
            changed = self.state is not CircuitState.OPEN
            if changed:
                self._open(self._clock())
        self._tell(changed=changed)

    def _open(self, now: float) -> None:
        self.state = CircuitState.OPEN
        self.failures = max(self.failures, 1)
        self.wait = min(LONGEST_WAIT, 2 * self.wait or FIRST_WAIT)
        # Not all execution environments together.
        self._probe_at = now + self.wait * random.uniform(0.75, 1)  # noqa: S311

    def _tell(self, *, changed: bool) -> None:
        if changed and self._on_change is not None:
            self._on_change(self)


class Circuits(Mapping[str, Circuit]):
    """The circuits of a function, by dependency.

    Parameters
    ----------
    dependencies : iterable of str
        What the function depends on.
    on_change, clock
        See `Circuit`.
    """

    def __init__(
        self,
        dependencies: Iterable[str],
        on_change: Callable[[Circuit], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._circuits = {name: Circuit(name, on_change, clock) for name in dependencies}

    def __getitem__(self, dependency: str) -> Circuit:
        return self._circuits[dependency]

    def __iter__(self) -> Iterator[str]:
        return iter(self._circuits)

    def __len__(self) -> int:
        return len(self._circuits)

    def refusal(self, needed: Iterable[str]) -> CircuitOpenError | None:
        """Return why nothing can be done that needs all of these, or None when it can be tried.

        When several circuits are open, it is the one whose probe is the latest.
        """
        found = [self._circuits[name].refusal() for name in needed]
        refused = [one for one in found if one is not None]
        return max(refused, key=lambda one: one.seconds, default=None)
