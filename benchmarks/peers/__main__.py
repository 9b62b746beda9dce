"""``python -m benchmarks.peers PEER KEY TIMES``: process an object and print what that took.

The environment says where AWS is. The last line of the output is JSON.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import resource
import signal
import sys
import time
from typing import Any

from benchmarks.stub.running import ask

_WARM_UP = "events/200-64.jsonl"
# Linux counts in KiB, macOS in bytes.
_RSS_UNIT = 1024 * 1024 if sys.platform == "darwin" else 1024


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
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _RSS_UNIT
    print(json.dumps({"runs": results, "rss_mb": rss}))


main()
