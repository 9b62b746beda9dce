"""A folder with a schema is all that a user adds (R-F5)."""

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from pipeline.config import ConfigurationError, Problem
from pipeline.datasets import compiled, dataset_folders, load_datasets

AddDataset = Callable[..., Path]
Problems = Callable[[], tuple[Problem, ...]]
PROJECT = Path(__file__).resolve().parents[3]


def test_everything_but_the_schema_has_a_default(folder: Path, add: AddDataset) -> None:
    """R-F5: prefix <name>/, all formats, hash as id, LastModified as time, kept for ever."""
    (add("orders") / "dataset.toml").unlink()

    (dataset,) = load_datasets([folder])

    assert (dataset.name, dataset.prefix) == ("orders", "orders/")
    assert dataset.formats == ("jsonl", "json", "csv")
    assert (dataset.id_fields, dataset.timestamp, dataset.retention_days) == (None, None, None)
    assert dataset.timezone == "UTC"


def test_settings_of_the_file_are_taken(folder: Path, add: AddDataset) -> None:
    """R-A3, R-F5: prefix, formats, id, timestamp with format and zone, retention."""
    add(
        toml="""
        prefix = "shop/orders-"
        formats = ["csv"]
        [record]
        id = ["uuid", "Order Date"]
        timestamp = "Order Date"
        timestamp_format = "%m/%d/%y"
        timezone = "Europe/Berlin"
        [retention]
        days = 365
        """
    )

    (dataset,) = load_datasets([folder])

    assert (dataset.prefix, dataset.suffixes) == ("shop/orders-", (".csv", ".csv.gz"))
    assert dataset.id_fields == ("uuid", "Order Date")
    assert (dataset.timestamp, dataset.timestamp_format) == ("Order Date", "%m/%d/%y")
    assert (dataset.timezone, dataset.retention_days) == ("Europe/Berlin", 365)


def test_files_and_folders_that_are_no_dataset_are_left_alone(
    folder: Path, add: AddDataset
) -> None:
    samples = add() / "samples"
    samples.mkdir()
    (samples / "schema.jsonl").write_text("{}", "utf-8")
    (folder / "README.md").write_text("about", "utf-8")
    (folder / "raw").mkdir()
    (folder / "raw" / "orders.csv").write_text("a,b", "utf-8")
    (folder / ".git").mkdir()

    assert [dataset.name for dataset in load_datasets([folder])] == ["orders"]


def test_misspelt_schema_file_is_not_silently_no_dataset(
    folder: Path, add: AddDataset, problems: Problems
) -> None:
    add("good")
    (folder / "orders").mkdir()
    (folder / "orders" / "Schema.json").write_text("{}", "utf-8")

    (problem,) = problems()

    assert problem.file == "datasets/orders/Schema.json"
    assert problem.allowed == "did you mean schema.json?"


@pytest.mark.parametrize("name", ["datasets.toml", "dataset.tml", "Dataset.toml"])
def test_misspelt_settings_are_not_silently_defaults(
    add: AddDataset, problems: Problems, name: str
) -> None:
    folder = add()
    (folder / "dataset.toml").unlink(missing_ok=True)
    (folder / name).write_text('prefix = "o/"', "utf-8")

    (problem,) = problems()

    assert problem.file == f"datasets/orders/{name}"
    assert problem.allowed == "did you mean dataset.toml?"


def test_data_whose_name_is_like_that_of_the_schema_are_data(folder: Path, add: AddDataset) -> None:
    (add() / "schema.jsonl").write_text("{}", "utf-8")

    assert [dataset.name for dataset in load_datasets([folder])] == ["orders"]


def test_settings_without_a_schema_are_refused(add: AddDataset, problems: Problems) -> None:
    (add() / "schema.json").unlink()

    (problem,) = problems()

    assert problem.file == "datasets/orders/schema.json"
    assert "is missing" in problem.allowed


def test_folder_without_datasets_is_refused(problems: Problems) -> None:
    (problem,) = problems()

    assert "has no dataset" in problem.allowed


def test_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere: must be a folder"):
        load_datasets([tmp_path / "nowhere"])


def test_datasets_path_stands_in_for_the_projects_folder(
    folder: Path, add: AddDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-F5: a user's datasets need not be in the project's folder, nor deployed beside its own."""
    add("orders")
    add("visits", into=tmp_path / "mine")
    add("parts", into=tmp_path / "more")
    paths = [str(tmp_path / "mine"), str(tmp_path / "more"), ""]
    monkeypatch.setenv("DATASETS_PATH", os.pathsep.join(paths))

    found = load_datasets(dataset_folders(tmp_path))

    assert [dataset.name for dataset in found] == ["parts", "visits"]


def test_same_name_in_two_folders_is_refused(folder: Path, add: AddDataset, tmp_path: Path) -> None:
    add("orders")
    add("orders", toml='prefix = "x/"', into=tmp_path / "mine")

    with pytest.raises(ConfigurationError, match="mine/orders: is the name of another dataset"):
        load_datasets([folder, tmp_path / "mine"])


def test_all_problems_of_all_datasets_come_at_once(add: AddDataset, problems: Problems) -> None:
    add("orders", toml='prefix = "/x"\n[record]\nid = ["uid"]\ntimezone = "Mars"')
    add("visits", toml='formats = ["xml"]', schema={"type": "text"})
    add("parts", toml="prefix = ")

    found = {(problem.file, problem.key) for problem in problems()}

    assert found == {
        ("datasets/orders/dataset.toml", "prefix"),
        ("datasets/orders/dataset.toml", "record.id"),
        ("datasets/orders/dataset.toml", "record.timezone"),
        ("datasets/visits/schema.json", "/type"),
        ("datasets/visits/dataset.toml", "formats.0"),
        ("datasets/parts/dataset.toml", ""),
    }


def test_compiled_datasets_are_what_the_functions_read(folder: Path, add: AddDataset) -> None:
    """The form is agreed on with the functions, which trust it."""
    path = add(toml='[record]\nid = ["uuid"]\n[retention]\ndays = 3')

    content = json.loads(compiled(load_datasets([folder])))

    assert content == {
        "orders": {
            "prefix": "orders/",
            "formats": ["jsonl", "json", "csv"],
            "record": {
                "id": ["uuid"],
                "timestamp": None,
                "timestamp_format": None,
                "timezone": "UTC",
            },
            "retention_days": 3,
            "schema": json.loads((path / "schema.json").read_bytes()),
        }
    }


def test_compiled_datasets_do_not_depend_on_the_folder(
    folder: Path, add: AddDataset, tmp_path: Path
) -> None:
    for into in (folder, tmp_path / "elsewhere" / "datasets"):
        for name in ("b", "a", "c"):
            add(name, into=into)

    first, second = load_datasets([folder]), load_datasets([tmp_path / "elsewhere" / "datasets"])

    assert compiled(first) == compiled(reversed(second))


def test_shipped_datasets_have_samples_of_every_format() -> None:
    """R-A3: three datasets, every format plain and compressed, names that need encoding."""
    datasets = load_datasets([PROJECT / "datasets"])
    samples = [
        path.name
        for dataset in datasets
        for path in (dataset.folder / "samples").rglob("*")
        if path.is_file()
    ]

    assert [dataset.name for dataset in datasets] == ["customers", "orders", "sensors"]
    for suffix in (".jsonl", ".jsonl.gz", ".json", ".json.gz", ".csv", ".csv.gz"):
        assert any(name.endswith(suffix) for name in samples)
    for special in (" ", "+", "ü"):
        assert any(special in name for name in samples)


@pytest.mark.parametrize(
    ("dataset", "sample"),
    [
        ("customers", "kunden größer.jsonl"),
        ("orders", "2026-10.jsonl"),
        ("orders", "2026-11.jsonl.gz"),
        ("sensors", "live/2026-11-20.jsonl"),
    ],
)
def test_shipped_samples_are_mostly_good_and_partly_bad(dataset: str, sample: str) -> None:
    """R-A5: a demo shows both what is stored and what is refused."""
    folder = PROJECT / "datasets" / dataset
    content = (folder / "samples" / sample).read_bytes()
    text = gzip.decompress(content) if sample.endswith(".gz") else content
    validator = Draft202012Validator(json.loads((folder / "schema.json").read_bytes()))

    def good(line: bytes) -> bool:
        try:
            return validator.is_valid(json.loads(line))
        except ValueError:
            return False

    lines = [line for line in text.splitlines() if line.strip()]
    right = sum(good(line) for line in lines)

    assert 0.9 * len(lines) < right < len(lines)
