"""Files that nobody prepared for this pipeline, record by record."""

from typing import Any

import pytest

from operations.demo.processing import LedgerEntry
from tests.end_to_end.deployed.conftest import PRIMARY, SECONDARY, Deployment
from tests.end_to_end.made_up_files import FILES, MadeUpFile

Entries = dict[tuple[str, str], LedgerEntry]


@pytest.fixture(scope="module")
def entries(deployed: Deployment) -> Entries:
    """What the ledger says of each file; they land in both regions in turn."""
    samples = [
        deployed.sample(
            file.dataset,
            deployed.made_up / file.dataset / file.name,
            (PRIMARY, SECONDARY)[number % 2],
            file.name,
        )
        for number, file in enumerate(FILES)
    ]
    found = deployed.wait(deployed.upload(samples))
    return {
        (file.dataset, file.name): found[sample.key]
        for file, sample in zip(FILES, samples, strict=True)
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_record_of_it_is_accounted_for(
    deployed: Deployment, entries: Entries, file: MadeUpFile
) -> None:
    """R-F3 R-F5 R-A5: counts in the ledger; each rejected record, whole, with its reasons."""
    entry = entries[file.dataset, file.name]

    assert entry.counts == file.counts
    assert entry.status == ("FAILED" if file.failure else "COMPLETED")
    assert file.failure in entry.reason
    lines = deployed.quarantined(entry) if file.rejected else []
    assert len(lines) == file.rejected
    for line, why in zip(lines, file.why, strict=True):
        assert why in _reasons(line)
        assert line["object"] == entry.upload.sample.key
        assert line["record"]


def _reasons(line: dict[str, Any]) -> str:
    return "; ".join(f"{each['pointer']} {each['message']}" for each in line["reasons"])


def test_their_local_times_are_stored_in_utc(deployed: Deployment, entries: Entries) -> None:
    """R-A5: Berlin's 24 December, 18:30, is 17:30 in UTC, in either region's table."""
    assert entries["parcels", "other dates.csv"].counts["stored"] == 2
    for region in (PRIMARY, SECONDARY):
        times = {
            item["recordId"]["S"]: item["timestamp"]["S"]
            for item in deployed.items(deployed.names.table("processed-data"), region)
        }
        assert times["parcels#D-1"] == "2026-12-24T17:30:00.000000Z"
        assert times["parcels#A-2"] == "2026-12-31T23:00:00.000000Z"
