"""Which files the demo takes, under which keys, and where to."""

from pathlib import Path

import pytest

from operations.demo.samples import collect, link_datasets, stray_files
from operations.errors import OperationError
from pipeline.datasets import load_datasets
from tests.project_copy import ROOT

REGIONS = ("us-east-1", "us-west-2")
SHIPPED = ROOT / "datasets"


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A folder with files for a shipped dataset and for one of its own."""
    (tmp_path / "in" / "orders" / "2026").mkdir(parents=True)
    (tmp_path / "in" / "orders" / "2026" / "a.csv").write_text("uuid\n")
    own = tmp_path / "in" / "parcels"
    (own / "samples").mkdir(parents=True)
    (own / "schema.json").write_text('{"type": "object"}')
    (own / "samples" / "b.jsonl").write_text("{}\n")
    (own / "notes.txt").write_text("")
    return tmp_path / "in"


def test_the_shipped_samples_alternate_between_the_regions() -> None:
    """R-A10: both regions get work."""
    samples = collect(load_datasets([SHIPPED]), REGIONS, None)

    assert [each.region for each in samples[:4]] == [*REGIONS, *REGIONS]
    assert {each.dataset.name for each in samples} == {"customers", "orders", "sensors"}
    assert all(each.routed for each in samples)


def test_the_inputs_datasets_are_its_own_and_the_shipped_ones_it_names(
    given: Path, tmp_path: Path
) -> None:
    """R-F5: a folder with a schema is a dataset; a name of a shipped one means that one."""
    link_datasets(given, SHIPPED, tmp_path / "datasets")

    samples = collect(load_datasets([tmp_path / "datasets"]), REGIONS, given)

    assert {sample.key: sample.routed for sample in samples} == {
        "orders/2026/a.csv": True,
        "parcels/b.jsonl": True,
        "parcels/notes.txt": False,
    }


def test_what_an_earlier_input_left_is_not_used_again(given: Path, tmp_path: Path) -> None:
    """R-F5: exactly the datasets of this input."""
    target = tmp_path / "datasets"
    link_datasets(given, SHIPPED, target)
    (given / "orders" / "2026" / "a.csv").unlink()
    (given / "orders" / "2026").rmdir()
    (given / "orders").rmdir()

    link_datasets(given, SHIPPED, target)

    assert [path.name for path in target.iterdir()] == ["parcels"]


def test_a_folder_for_no_dataset_is_named(given: Path, tmp_path: Path) -> None:
    """R-F5: what there is, and both ways out."""
    (given / "ordres").mkdir()

    with pytest.raises(OperationError, match="ordres, which does not exist") as refused:
        link_datasets(given, SHIPPED, tmp_path / "datasets")

    assert "customers, orders, sensors" in str(refused.value)
    assert "schema.json" in str(refused.value)


def test_input_of_which_no_file_would_be_processed_is_refused(given: Path, tmp_path: Path) -> None:
    """R-F5: a demo that reads nothing does not claim that everything balances."""
    (given / "orders" / "2026" / "a.csv").rename(given / "orders" / "2026" / "a.xlsx")
    (given / "parcels" / "samples" / "b.jsonl").unlink()
    link_datasets(given, SHIPPED, tmp_path / "datasets")

    with pytest.raises(OperationError, match=r"a\.xlsx, for example, has none of .*\.csv\.gz"):
        collect(load_datasets([tmp_path / "datasets"]), REGIONS, given)


def test_files_outside_the_datasets_folders_are_named(given: Path) -> None:
    (given / "orders.csv").write_text("uuid\n")

    assert stray_files(given) == ["orders.csv"]
