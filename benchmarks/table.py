"""The results as a table for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

_NAMES = {
    "pipeline": "this pipeline, with validation",
    "naive": "json.loads, Table.put_item",
    "batch_writer": "json.loads, batch_writer",
    "awswrangler": "awswrangler put_items",
}


def show(results: dict[str, Any], console: Console) -> None:
    """Print the tables of a run."""
    console.print(_data_path(results["data_path"]))
    console.print(_others(results))
    if "api" in results:
        console.print(_api(results["api"]))


def name_of(peer: str) -> str:
    """Return what a person calls a peer."""
    return _NAMES[peer]


def _data_path(found: dict[str, dict[str, float]]) -> Table:
    made = Table("", "CPU µs/record", "records/s", "records/s at 5 ms", "peak MB", "$/million")
    for column in made.columns[1:]:
        column.justify = "right"
    own = found["pipeline"]
    for peer, row in found.items():
        ratio = row["cpu_us_per_record"] / own["cpu_us_per_record"]
        faster = own["records_per_s_5ms"] / row["records_per_s_5ms"]
        is_own = peer == "pipeline"
        made.add_row(
            name_of(peer),
            f"{row['cpu_us_per_record']:.1f}" + ("" if is_own else f"  ({ratio:.1f} x)"),
            f"{row['records_per_s_0ms']:,.0f}",
            f"{row['records_per_s_5ms']:,.0f}" + ("" if is_own else f"  (1/{faster:.0f})"),
            f"{row['peak_rss_mb']:.0f}",
            f"{row['dollars_per_million']:.2f}",
        )
    return made


def _api(found: dict[str, dict[str, float]]) -> Table:
    made = Table("API, on the embedded AWS", "p50 ms", "p99 ms", "requests/s")
    for column in made.columns[1:]:
        column.justify = "right"
    for verb, what in (("get", "GET /records/{id}"), ("post", "POST /process")):
        for peer, name in (("pipeline", "this pipeline"), ("flask", "bare Flask")):
            row = found[peer]
            made.add_row(
                f"{what}: {name}",
                f"{row[f'{verb}_p50_ms']:.1f}",
                f"{row[f'{verb}_p99_ms']:.1f}",
                f"{row[f'{verb}_per_s']:,.0f}",
            )
    return made


def _others(results: dict[str, Any]) -> Table:
    made = Table("", "", "", "ratio")
    for first, second, third, ratio in _rows(results):
        made.add_row(first, second, third, ratio)
    return made


def _rows(results: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    for form, rss in results["memory"].items():
        small, large = rss["rss_mb_10mb"], rss["rss_mb_1gb"]
        yield (
            f"peak memory, {form}",
            f"10 MB: {small:.0f} MB",
            f"1 GB: {large:.0f} MB",
            f"{large / small:.2f}",
        )
    scaling = results["scaling"]
    for records, rate in scaling.items():
        ratio = rate / scaling["10000"]
        yield f"{int(records):,} records", f"{rate:,.0f} records/s", "", f"{ratio:.2f}"
    cold = results["cold_start_ms"]
    yield (
        "cold start",
        f"pipeline: {cold['pipeline']:.0f} ms",
        f"usual: {cold['usual']:.0f} ms",
        f"{cold['pipeline'] / cold['usual']:.2f}",
    )
    synth = results["synth"]
    yield (
        "synth, CPU",
        f"this: {synth['fast_cpu_s']:.2f} s",
        f"stock import: {synth['stock_cpu_s']:.1f} s",
        f"{synth['fast_cpu_s'] / synth['stock_cpu_s']:.2f}",
    )
