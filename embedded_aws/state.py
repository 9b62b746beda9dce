"""What one run of the embedded AWS knows about itself.

There is one run per process, so there is one `RUN`. Every hook writes what it saw here (refusals,
errors, notices) and asks here what holds (account, endpoint, regions that are down, faults).
"""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEFAULT_ACCOUNT = "123456789012"
ADMIN_ACCESS_KEY = "test"
ADMIN_SECRET_KEY = "test"  # noqa: S105 - no secret: every client of the embedded AWS may use it


class EmbeddedAwsError(Exception):
    """The embedded AWS cannot do what it was asked; the message says what to change."""


@dataclass(frozen=True)
class Denial:
    """One refusal by IAM: who wanted to do what to which resource, and why not."""

    principal: str
    action: str
    resource: str
    reason: str


@dataclass
class Fault:
    """One injected fault; an empty pattern matches everything.

    Parameters
    ----------
    kind
        `error`: an error is the answer. `reset`: the connection breaks. `kill`: the sandbox of the
        function that calls dies. `unprocessed`: a part of BatchWriteItem's items comes back as
        unprocessed. `delivery`: what a service delivers comes late, repeatedly or not at all.
    operation
        Glob over `<service>:<Operation>`, for example `dynamodb:BatchWriteItem` or `s3:*`. For
        deliveries: `sqs:<queue>`, and `events:`, `s3:` or `lambda:` with the name of the queue,
        topic or function that is delivered to.
    region
        Region name, or empty for all.
    principal
        Glob over the role name of the caller (`test` for the administrator); deliveries have none.
    skip
        How many matching requests are let through first.
    count
        How many matching requests are hit; None for no limit.
    probability
        Share of the matching requests that are hit, 0 to 1.
    when
        `before`: nothing was done. `after`: everything was done, but the caller does not learn it.
        `during`, for `reset`: everything was done, and half of the answer arrives.
    status, code, message
        The HTTP status and AWS error code of the answer; status 0 lets the request through
        (useful with `delay`).
    delay
        Seconds to wait before the answer; for deliveries the longest delay, at random.
    share
        Which part of the items stays unprocessed, each of them by chance, 0 to 1.
    times
        How often something is delivered; 0: it is lost.
    """

    kind: str = "error"
    operation: str = "*"
    region: str = ""
    principal: str = "*"
    skip: int = 0
    count: int | None = 1
    probability: float = 1.0
    when: str = "before"
    status: int = 503
    code: str = "ServiceUnavailable"
    message: str = "injected fault"
    delay: float = 0.0
    share: float = 0.5
    times: int = 2


class RunState:
    """The state of the run; safe to use from every thread."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.reset(DEFAULT_ACCOUNT)

    def reset(self, account: str) -> None:
        """Forget everything and begin a run for `account` (12 digits)."""
        with self.lock:
            self.account = account
            self.endpoint = ""
            self.port = 0
            self.cache = Path("build/embedded-aws")
            self.time_scale = 0.01
            self.faults: list[Fault] = []
            self.regions_down: dict[str, str] = {}
            self.denied: list[Denial] = []
            self.allowed: set[tuple[str, str, str]] = set()
            self.errors: list[str] = []
            self.notices: list[str] = []
            self.applied: Counter[str] = Counter()
            self.recorded_only: set[str] = set()
            self.in_flight: Counter[str] = Counter()
            self.gauges: dict[str, Callable[[], int]] = {}
            self.closing = threading.Event()

    def deny(self, principal: str, action: str, resource: str, reason: str) -> None:
        """Note a refusal by IAM; a repeated one is kept once."""
        denial = Denial(principal, action, resource, reason)
        with self.lock:
            if denial not in self.denied:
                self.denied.append(denial)

    def allow(self, principal: str, action: str, resource: str) -> None:
        """Note an action that IAM allowed (a set: each once)."""
        with self.lock:
            self.allowed.add((principal, action, resource))

    def error(self, text: str) -> None:
        """Note something that went wrong inside the embedded AWS itself; repeated ones once."""
        with self.lock:
            if text not in self.errors:
                self.errors.append(text)

    def notice(self, text: str) -> None:
        """Note a deviation from AWS that the user should know of; repeated ones once."""
        with self.lock:
            if text not in self.notices:
                self.notices.append(text)

    def record(self, terraform_type: str, *, applied: bool) -> None:
        """Count a resource that Terraform created; not applied means: in the state file only."""
        with self.lock:
            if applied:
                self.applied[terraform_type] += 1
            else:
                self.recorded_only.add(terraform_type)

    def is_down(self, region: str) -> bool:
        """Say whether the region is switched off."""
        return region in self.regions_down

    @contextmanager
    def work(self, kind: str) -> Iterator[None]:
        """Count work of a kind as in flight, so that the report can say when the run is idle."""
        self.begin(kind)
        try:
            yield
        finally:
            self.end(kind)

    def begin(self, kind: str) -> None:
        """Count one more piece of work of this kind; every `begin` needs its `end`."""
        with self.lock:
            self.in_flight[kind] += 1

    def end(self, kind: str) -> None:
        """Count one piece of work of this kind as done."""
        with self.lock:
            self.in_flight[kind] -= 1

    def gauge(self, kind: str, measure: Callable[[], int]) -> None:
        """Add work that is measured when asked for, for example the length of a backlog."""
        with self.lock:
            self.gauges[kind] = measure

    def pending(self) -> dict[str, int]:
        """Return what is still under way, by kind; empty when the run is idle.

        It is counted twice, the second time backwards: what moves on from one kind to another
        while it is counted would be seen in neither.
        """
        with self.lock:
            gauges = list(self.gauges.items())
        first, second = self._count(gauges), self._count(gauges[::-1])
        return {kind: n for kind, n in sorted((first | second).items()) if n}

    def _count(self, gauges: list[tuple[str, Callable[[], int]]]) -> Counter[str]:
        with self.lock:
            counts = Counter({kind: n for kind, n in self.in_flight.items() if n})
        for kind, measure in gauges:
            counts[kind] += measure()
        return counts

    def report(self) -> dict[str, Any]:
        """Return the run's report as plain data, without the resources that are left."""
        pending = self.pending()
        with self.lock:
            return {
                "applied": dict(sorted(self.applied.items())),
                "recorded_only": sorted(self.recorded_only),
                "denied": [asdict(denial) for denial in self.denied],
                "allowed": sorted(list(entry) for entry in self.allowed),
                "errors": list(self.errors),
                "notices": list(self.notices),
                "idle": not pending,
                "in_flight": pending,
            }


RUN = RunState()
