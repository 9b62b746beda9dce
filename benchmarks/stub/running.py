"""Starts the stub in a process of its own, and asks it what it saw."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from benchmarks import ROOT
from benchmarks.stub.services import CONTROL


@dataclass(frozen=True)
class StubCounts:
    """What arrived since the last reset.

    Parameters
    ----------
    distinct : int
        Different records among the items that were put.
    writes : int
        Calls that put items.
    requests : int
        All calls.
    """

    distinct: int
    writes: int
    requests: int


class Stub:
    """A running stub; use it as a context manager.

    Parameters
    ----------
    records : int
        Numbers of records that may be put, from 0.
    latency : float
        Seconds that each answer waits.
    """

    def __init__(self, records: int, latency: float = 0.0) -> None:
        command = [sys.executable, "-m", "benchmarks.stub", str(records), str(latency)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.url = ""

    def __enter__(self) -> Self:
        assert self._process.stdout is not None
        port = self._process.stdout.readline().strip()
        if not port:
            raise RuntimeError("the stub server did not start; its error stands above")
        self.url = f"http://127.0.0.1:{port}"
        return self

    def counts(self) -> StubCounts:
        """Return what arrived."""
        return StubCounts(**ask(self.url, "counts"))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def ask(url: str, command: str) -> dict[str, Any]:
    """Ask a stub: ``counts``, ``reset``, or the next ``message`` that was sent to the queue."""
    with urllib.request.urlopen(f"{url}{CONTROL}{command}") as response:  # noqa: S310 - loopback
        found: dict[str, Any] = json.load(response)
    return found
