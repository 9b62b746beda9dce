"""Runs a peer in a process of its own, against a stub of its own, and checks what it did."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import BUILD, ROOT
from benchmarks.content import Content
from benchmarks.peers import CREDENTIALS, REGION, TABLE, Peer
from benchmarks.stub import Stub
from benchmarks.zip_layout import unpacked_function, unpacked_layer

PACKAGES = ROOT / "build" / "bench-packages"
"""Where awswrangler is installed: pandas and pyarrow are no business of the project itself."""

_ERROR_LINES = 15


class BenchmarkError(Exception):
    """A measurement that means nothing; the message says why."""


@dataclass(frozen=True)
class Measured:
    """What the processing of one object took.

    Parameters
    ----------
    records : int
        In the object, and in the table afterwards.
    cpu_s, wall_s : float
        Medians of the runs: the process's CPU time and the time that passed.
    rss_mb : float
        Most memory that the process had.
    """

    records: int
    cpu_s: float
    wall_s: float
    rss_mb: float

    @property
    def cpu_us_per_record(self) -> float:
        """Microseconds of CPU time."""
        return self.cpu_s / self.records * 1e6

    @property
    def records_per_s(self) -> float:
        """Records per second that passed."""
        return self.records / self.wall_s


def measure(peer: Peer, content: Content, *, latency: float = 0.0, times: int = 1) -> Measured:
    """Let a peer process an object.

    Parameters
    ----------
    peer : str
        Which one.
    content : Content
        The object.
    latency : float
        Seconds that each answer of the stub waits.
    times : int
        Runs in the same process, after a short one that warms up.

    Raises
    ------
    BenchmarkError
        When the peer failed, or not every record arrived exactly at the table.
    """
    with Stub(max(content.records, 200), latency) as stub:
        command = [sys.executable, "-m", "benchmarks.peers", peer, content.key, str(times)]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=_environment(peer, stub.url),
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        shown = "\n  ".join(done.stderr.strip().splitlines()[-_ERROR_LINES:])
        raise BenchmarkError(f"{peer} failed on {content.key}:\n  {shown}")
    found = json.loads(done.stdout.splitlines()[-1])
    for run in found["runs"]:
        if run["distinct"] != content.records:
            raise BenchmarkError(
                f"{peer} put {run['distinct']:,} of the {content.records:,} records of "
                f"{content.key}: its figures are void"
            )
    return Measured(
        content.records,
        median(run["cpu_s"] for run in found["runs"]),
        median(run["wall_s"] for run in found["runs"]),
        found["rss_mb"],
    )


def _environment(peer: Peer, url: str) -> dict[str, str]:
    """Return the environment of a peer: the runtime's, and the pipeline's own settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    variables = {**kept, **CREDENTIALS, "AWS_ENDPOINT_URL": url, "AWS_CONFIG_FILE": os.devnull}
    if peer == "pipeline":
        return {**variables, **function_environment()}
    folders = [str(PACKAGES)] if peer == "awswrangler" else []
    return {**variables, "PYTHONPATH": os.pathsep.join(folders)}


def function_environment(
    function: Path | None = None, layer: Path | None = None
) -> Mapping[str, str]:
    """Return what Lambda would tell the processor, and where its code is."""
    function, layer = function or unpacked_function(), layer or unpacked_layer()
    account = "111122223333"
    queue = f"https://sqs.{REGION}.amazonaws.com/{account}/serverless-data-processing-bench"
    return {
        "PYTHONPATH": os.pathsep.join([str(function), str(layer)]),
        "TMPDIR": str(_temporary()),
        "LAMBDA_TASK_ROOT": str(function),
        "AWS_LAMBDA_FUNCTION_NAME": "serverless-data-processor-bench",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        "ENVIRONMENT": "bench",
        "TABLE_NAME": TABLE,
        "LEDGER_TABLE_NAME": "serverless-object-ledger-bench",
        "INVOCATION_LOG_TABLE_NAME": "serverless-invocation-log-bench",
        "INVOCATION_LOG_TTL_DAYS": "30",
        "QUARANTINE_BUCKET": f"serverless-data-quarantine-bench-{account}-{REGION}",
        "QUEUE_URL": queue,
        "DEAD_LETTER_QUEUE_URL": f"{queue}-dlq",
        "STATUS_SHARDS": "8",
        # Large objects in one process: their parts would be the work of several functions.
        "SPLIT_MB": "0",
        "LOG_LEVEL": "INFO",
        "POWERTOOLS_SERVICE_NAME": "serverless-data-processor-bench",
        "POWERTOOLS_METRICS_NAMESPACE": "serverless-bench",
    }


def _temporary() -> Path:
    folder = BUILD / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
