"""``python -m benchmarks.peers PEER KEY TIMES``: process an object and print what that took.

The environment says where AWS is. The last line of the output is JSON.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.stub.running import ask

_WARM_UP = "events/200-64.jsonl"


def main() -> None:
    """Process the object so many times."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # an interrupt needs no traceback from here
    peer, key, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
    url = os.environ["AWS_ENDPOINT_URL"]
    results: list[dict[str, Any]] = []
    # Logs go to a sink, as in Lambda.
    with open(os.devnull, "w") as sink, contextlib.redirect_stdout(sink):  # noqa: PTH123
        module = importlib.import_module(f"benchmarks.peers.{peer}")
        module.process(_WARM_UP)
        for _ in range(times):
            ask(url, "reset")
            wall, cpu = time.perf_counter(), time.process_time()
            module.process(key)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            distinct = ask(url, "counts")["distinct"]
            results.append({"wall_s": wall, "cpu_s": cpu, "distinct": distinct})
    print(json.dumps({"runs": results, "rss_mb": peak_rss_mb()}))


def peak_rss_mb() -> float:
    """Return the most memory that this program had (proc(5): ``VmHWM``, in KiB).

    The system's `ru_maxrss` is no measure of it: a process inherits that of the one that started
    it, and keeps it over exec (getrusage(2)).
    """
    status = Path("/proc/self/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


main()
