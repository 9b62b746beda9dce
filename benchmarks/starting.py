"""What it costs to start a process: a function's cold start, and the synth of all stacks.

CPU time, not wall time: other processes of the machine do not show in it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks import BUILD, ROOT
from benchmarks.peers import CREDENTIALS
from benchmarks.running import BenchmarkError, function_environment

# Lambda's runtime imports the handler's module and then asks for events; nothing ends.
_START = "import {module}, os; os._exit(0)"
_STOCK_SYNTH = """
import gc, os, pathlib, sys
gc.disable()
sys.path.insert(0, "constructs")
from pipeline import synth
from pipeline.provider_import.node import use_node
synth.use_lazy_provider, synth.restore_node_options = use_node, lambda: None
synth.synthesize(pathlib.Path.cwd(), os.environ["TF_WORKSPACE"], os.environ["CDKTF_OUTDIR"])
"""


def cold_starts(times: int) -> dict[str, float]:
    """Return the milliseconds from bare Python to a function that is ready.

    Parameters
    ----------
    times : int
        Starts of each, in turn; medians count.

    Raises
    ------
    BenchmarkError
        When a function does not start.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    common = {**kept, **CREDENTIALS, "AWS_CONFIG_FILE": os.devnull}
    own = {**common, **function_environment()}
    # Lambda traces when a function is configured so; there is no daemon here to send traces to.
    usual = {**common, "POWERTOOLS_SERVICE_NAME": "usual", "POWERTOOLS_METRICS_NAMESPACE": "usual"}
    usual |= {"POWERTOOLS_TRACE_DISABLED": "true", "PYTHONPATH": str(ROOT)}
    ways = {
        "bare": ("os", common),
        "pipeline": ("processor.handler", own),
        "usual": ("benchmarks.usual_function", usual),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(times + 1):
        for name, (module, variables) in ways.items():
            command = [sys.executable, "-P", "-c", _START.format(module=module)]
            seconds = cpu_seconds(command, variables)
            if number:  # the first start fills the file system's cache
                found[name].append(seconds)
    bare = median(found["bare"])
    return {name: 1000 * (median(found[name]) - bare) for name in ("pipeline", "usual")}


def synths(times: int) -> dict[str, float]:
    """Return the CPU seconds of the synth of all stacks of prod, with Node.js.

    The fast one is what ``cdktf synth`` runs. The stock one is the same app with the provider
    imported as its documentation shows.

    Raises
    ------
    BenchmarkError
        When a synth fails.
    """
    fast = [sys.executable, "-O", "main.py"]
    stock = [sys.executable, "-O", "-c", _STOCK_SYNTH]
    BUILD.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=BUILD) as folder:
        variables = {**os.environ, "TF_WORKSPACE": "prod", "CDKTF_OUTDIR": folder}
        cpu_seconds(fast, variables)  # builds the packages and fills jsii's cache
        return {
            "fast_cpu_s": median(cpu_seconds(fast, variables) for _ in range(times)),
            "stock_cpu_s": median(cpu_seconds(stock, variables) for _ in range(max(times - 1, 1))),
        }


def cpu_seconds(command: Sequence[str], variables: Mapping[str, str]) -> float:
    """Run a command to its end; return the CPU time of it and of what it started.

    Raises
    ------
    BenchmarkError
        When it fails.
    """
    process = subprocess.Popen(
        command, cwd=ROOT, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    try:
        said = process.stderr.read().decode(errors="replace")
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        process.stderr.close()
    if process.returncode != 0:
        shown = "\n  ".join(said.strip().splitlines()[-5:])
        raise BenchmarkError(f"{' '.join(command[:3])} failed:\n  {shown}")
    return used.ru_utime + used.ru_stime
