"""``make bench``: measure, print a table, write ``build/bench.json`` and a chart."""

from __future__ import annotations

import argparse
import json
import sys
import time

from rich.console import Console

from benchmarks import ROOT
from benchmarks.chart import chart
from benchmarks.measurements import run
from benchmarks.running import BenchmarkError
from benchmarks.sizes import FULL, QUICK
from benchmarks.table import show
from operations import command_line
from operations.errors import OperationError

RESULTS = ROOT / "build" / "bench.json"


def main() -> int:
    """Run the benchmarks.

    Returns
    -------
    int
        0, or 1 after a message that says what went wrong.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer records, in less time")
    parser.add_argument("--chart", action="store_true", help="write the chart to docs/, too")
    arguments = parser.parse_args()
    began = time.monotonic()
    try:
        results = run(QUICK if arguments.quick else FULL)
    except BenchmarkError as error:
        raise OperationError(str(error)) from error
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    drawn = chart(results["data_path"])
    RESULTS.with_suffix(".svg").write_text(drawn)
    if arguments.chart:
        (ROOT / "docs" / "benchmarks.svg").write_text(drawn)
    show(results, Console())
    print(f"{time.monotonic() - began:.0f} s. Results: {RESULTS.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(command_line.run(main))
