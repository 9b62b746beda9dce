"""The main job: both regions deployed, files processed, accounts balanced, everything destroyed."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.end_to_end.conftest import DemoRun
from tests.end_to_end.made_up_files import FILES

REGIONS = ("us-east-1", "us-west-2")
COUNTS = {"objects", "read", "stored", "superseded", "rejected", "dead_lettered", "audited"}
# What moto 5.2.5 has no operations for, so that it stands in Terraform's state only.
NOT_IN_MOTO = {"aws_lambda_function_recursion_config"}

both = pytest.mark.parametrize("environment", ["dev", "prod"])


@both
def test_it_succeeds_and_shows_its_progress_all_the_way(
    demo: Callable[[str], DemoRun], environment: str
) -> None:
    """R-F1 R-D3: exit code 0, and a line for each part of the work."""
    run = demo(environment)

    assert run.result.code == 0, run.result.text
    parts = ("Synthesizing", "Deploying", "Uploading", "Processing", "Balancing", "Destroying")
    begun = [line for line in run.result.output.splitlines() if line.endswith(" ...")]
    assert [line.split()[0] for line in begun] == list(parts)
    assert "Everything balances" in run.result.output
    assert "PROBLEM" not in run.result.output


@both
def test_the_result_file_has_exactly_its_keys(
    demo: Callable[[str], DemoRun], environment: str
) -> None:
    """R-F1: a program can rely on the format of build/demo.json."""
    accounts = demo(environment).accounts

    assert set(accounts) == {
        *("environment", "regions", "replicated", "resources"),
        *("denied", "seconds", "left_after_destroy"),
    }
    assert accounts["environment"] == environment
    assert set(accounts["regions"]) == set(REGIONS)
    for counts in accounts["regions"].values():
        assert set(counts) == COUNTS
        assert all(type(count) is int for count in counts.values())
    assert set(accounts["replicated"]) == {"items", "missing"}
    assert set(accounts["resources"]) == {"applied", "recorded_only"}
    assert set(accounts["seconds"]) == {"synth", "deploy", "process", "destroy"}
    assert all(seconds > 0 for seconds in accounts["seconds"].values())


@both
def test_every_record_is_accounted_for_in_each_region(
    demo: Callable[[str], DemoRun], environment: str
) -> None:
    """R-F3 R-A5: read = stored + superseded + rejected, and the samples have some of each."""
    for counts in demo(environment).accounts["regions"].values():
        assert counts["read"] == counts["stored"] + counts["superseded"] + counts["rejected"]
        assert counts["dead_lettered"] == 0
        assert all(counts[name] > 0 for name in ("objects", "stored", "superseded", "rejected"))


@both
def test_the_global_table_is_the_same_in_both_regions(
    demo: Callable[[str], DemoRun], environment: str
) -> None:
    """R-A7: every item is replicated, none differs."""
    accounts = demo(environment).accounts

    assert accounts["replicated"]["missing"] == 0
    assert 0 < accounts["replicated"]["items"] <= _written(accounts)


@both
def test_each_regions_audit_trail_has_the_changes_of_the_whole_table(
    demo: Callable[[str], DemoRun], environment: str
) -> None:
    """R-A9: writes of both regions stand in each trail; a repeated put changes nothing."""
    accounts = demo(environment).accounts

    for counts in accounts["regions"].values():
        assert accounts["replicated"]["items"] <= counts["audited"] <= _written(accounts)


@both
def test_nothing_is_refused_and_nothing_is_left(
    demo: Callable[[str], DemoRun], environment: str
) -> None:
    """R-A11 R-D3 R-F2: no IAM refusal, an empty account after the destroy."""
    accounts = demo(environment).accounts

    assert accounts["denied"] == []
    assert accounts["left_after_destroy"] == []


@both
def test_only_what_moto_lacks_is_recorded_in_the_state_alone(
    demo: Callable[[str], DemoRun], environment: str
) -> None:
    """R-F1: everything else is made by API calls, and what is not is named."""
    run = demo(environment)

    assert set(run.accounts["resources"]["recorded_only"]) <= NOT_IN_MOTO
    assert run.accounts["resources"]["applied"] > 100
    for name in run.accounts["resources"]["recorded_only"]:
        assert name in run.result.output


def test_own_datasets_and_files_are_accounted_for_to_the_last_record(
    demo: Callable[[str], DemoRun],
) -> None:
    """R-F5 R-F3: `make demo INPUT=folder` with files that no sample is like."""
    run = demo("prod")
    counts = run.accounts["regions"].values()

    assert sum(each["objects"] for each in counts) == len(FILES)
    for name in ("read", "stored", "superseded", "rejected"):
        assert sum(each[name] for each in counts) == sum(file.counts[name] for file in FILES)
    assert "Not announced: parcels/notes.txt" in run.result.output
    for file in FILES:
        assert not file.failure or f"{file.dataset}/{file.name}" in run.result.output


def _written(accounts: dict[str, Any]) -> int:
    """Return how many writes the records caused: one for each that was read."""
    written: int = sum(counts["read"] for counts in accounts["regions"].values())
    return written
