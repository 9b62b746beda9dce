"""A folder of datasets that a test fills."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import ConfigurationError, Problem
from pipeline.datasets import load_datasets

SCHEMA = {
    "type": "object",
    "properties": {
        "uuid": {"type": "string"},
        "Order Date": {"type": "string"},
        "lines": {"type": "array"},
        "total": {"$ref": "#/$defs/amount"},
    },
    "$defs": {"amount": {"type": "object"}},
    "additionalProperties": False,
}

AddDataset = Callable[..., Path]
Problems = Callable[[], tuple[Problem, ...]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for datasets."""
    datasets = tmp_path / "datasets"
    datasets.mkdir()
    return datasets


@pytest.fixture
def add(folder: Path) -> AddDataset:
    """Adds a dataset, by default a right one."""

    def write(
        name: str = "orders", toml: str | bytes = "", schema: Any = SCHEMA, into: Path = folder
    ) -> Path:
        path = into / name
        path.mkdir(parents=True)
        (path / "dataset.toml").write_bytes(toml.encode() if isinstance(toml, str) else toml)
        raw = schema if isinstance(schema, bytes) else json.dumps(schema).encode()
        (path / "schema.json").write_bytes(raw)
        return path

    return write


@pytest.fixture
def problems(folder: Path) -> Problems:
    """What is wrong with the folder's datasets."""

    def load() -> tuple[Problem, ...]:
        with pytest.raises(ConfigurationError) as caught:
            load_datasets([folder])
        return caught.value.problems

    return load
