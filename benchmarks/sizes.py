"""How much is measured: enough for steady figures in ten minutes, or less in two."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """The sizes of the measurements.

    Parameters
    ----------
    records : int
        Of the file that all peers process when answers come at once.
    late_records, late_puts : int
        Of the files when answers come late: in batches, and one by one, where the pace does not
        depend on how many there are.
    runs : int
        Of each peer without latency.
    large_note_bytes : int
        Length of the text in each record of the large files: larger records make fewer of them.
    scaling_runs : dict
        Records -> runs of the pipeline.
    starts : int
        Cold starts of each function.
    synths : int
        Of the app with its own import; the stock one takes one fewer.
    api_reads, api_writes : int
        Requests to the API, of each way; 0: it is not measured.
    side_by_side : bool
        Whether memory and synth are measured at the same time.
    """

    records: int
    late_records: int
    late_puts: int
    runs: int
    large_note_bytes: int
    scaling_runs: dict[int, int]
    starts: int
    synths: int
    api_reads: int
    api_writes: int
    side_by_side: bool


FULL = Sizes(
    records=10_000,
    late_records=20_000,
    late_puts=4_000,
    runs=3,
    large_note_bytes=2_000,
    scaling_runs={10_000: 7, 100_000: 3, 1_000_000: 1},
    starts=11,
    synths=3,
    api_reads=300,
    api_writes=100,
    side_by_side=False,
)
QUICK = Sizes(
    records=5_000,
    late_records=5_000,
    late_puts=1_000,
    runs=1,
    large_note_bytes=8_000,
    scaling_runs={10_000: 3, 100_000: 1},
    starts=5,
    synths=1,
    api_reads=0,
    api_writes=0,
    side_by_side=True,
)
SMALLER_MB, LARGER_MB = 10, 1000
