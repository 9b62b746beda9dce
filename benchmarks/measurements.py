"""All measurements of a run, in their order, as they stand in ``build/bench.json``."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, get_args

from benchmarks.api import api
from benchmarks.content import Content, Format
from benchmarks.dollars import dollars_per_million
from benchmarks.packages import install_packages
from benchmarks.peers import PEERS
from benchmarks.running import measure
from benchmarks.sizes import LARGER_MB, SMALLER_MB, Sizes
from benchmarks.starting import cold_starts, synths
from operations.progress import Progress

LATENCY = 0.005
"""Seconds of an answer, as of DynamoDB in the same region."""

_ITEM_BYTES = 640  # of the items that all peers write, by DynamoDB's rules
_MEGABYTE = 1024 * 1024

Results = dict[str, Any]


def run(sizes: Sizes) -> Results:
    """Measure everything.

    Raises
    ------
    BenchmarkError
        When a measurement means nothing.
    """
    with _step("Installing what only the benchmarks need"):
        install_packages()
    return {
        "data_path": dict(_data_path(sizes)),
        **_memory_and_synth(sizes),
        "cold_start_ms": _cold_start(sizes),
        "scaling": dict(_scaling(sizes)),
        **({"api": api(sizes.api_reads, sizes.api_writes)} if sizes.api_reads else {}),
    }


def _data_path(sizes: Sizes) -> Iterator[tuple[str, dict[str, float]]]:
    content = Content("jsonl", sizes.records)
    for peer in PEERS:
        late_records = sizes.late_puts if peer == "naive" else sizes.late_records
        content_late = Content("jsonl", late_records)
        with _step(f"{peer}: {content.records:,} records, answers at once"):
            at_once = measure(peer, content, times=sizes.runs)
        with _step(f"{peer}: {content_late.records:,} records, answers after 5 ms"):
            late = measure(peer, content_late, latency=LATENCY)
        yield (
            peer,
            {
                "cpu_us_per_record": at_once.cpu_us_per_record,
                "records_per_s_0ms": at_once.records_per_s,
                "records_per_s_5ms": late.records_per_s,
                "peak_rss_mb": at_once.rss_mb,
                "dollars_per_million": dollars_per_million(late, _ITEM_BYTES),
            },
        )


def _memory_and_synth(sizes: Sizes) -> Results:
    """Measure both one after the other, or, where time is short, side by side.

    Side by side both figures are a little larger: a queue is fuller, a core's cache is shared.
    """
    if not sizes.side_by_side:
        return {"memory": dict(_memory(sizes)), "synth": _synth(sizes)}
    with ThreadPoolExecutor(1) as pool:
        memory = pool.submit(lambda: dict(_memory(sizes)))
        synth = _synth(sizes)
    return {"memory": memory.result(), "synth": synth}


def _memory(sizes: Sizes) -> Iterator[tuple[str, dict[str, float]]]:
    for form in get_args(Format):
        found = {}
        for name, megabytes in (("10mb", SMALLER_MB), ("1gb", LARGER_MB)):
            content = Content.of_size(form, megabytes * _MEGABYTE, sizes.large_note_bytes)
            with _step(f"pipeline: {megabytes} MB of {form}, {content.records:,} records"):
                found[f"rss_mb_{name}"] = measure("pipeline", content).rss_mb
        yield form, found


def _scaling(sizes: Sizes) -> Iterator[tuple[str, float]]:
    for records, times in sizes.scaling_runs.items():
        with _step(f"pipeline: {records:,} records"):
            measured = measure("pipeline", Content("jsonl", records), times=times)
        yield str(records), measured.records_per_s


def _cold_start(sizes: Sizes) -> dict[str, float]:
    with _step(f"cold starts: {sizes.starts} of each function"):
        return cold_starts(sizes.starts)


def _synth(sizes: Sizes) -> dict[str, float]:
    with _step("synth of all stacks, with the fast and the stock import"):
        return synths(sizes.synths)


@contextmanager
def _step(title: str) -> Iterator[None]:
    with Progress(title):
        yield
