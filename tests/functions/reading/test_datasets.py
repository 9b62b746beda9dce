"""R-A3: which dataset an object belongs to."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from shared.datasets import dataset_of, datasets, parse_datasets, request_key
from shared.object_reader import format_of

COMPILED = {
    "orders": {
        "prefix": "orders/",
        "formats": ["jsonl", "csv"],
        "record": {
            "id": ["uuid"],
            "timestamp": "Order Date",
            "timestamp_format": "%m/%d/%y",
            "timezone": "Europe/Berlin",
        },
        "retention_days": 365,
        "schema": {"minimum": 0.1},
    },
    "weather": {
        "prefix": "weather/",
        "formats": ["json"],
        "record": {"id": None, "timestamp": None, "timestamp_format": None, "timezone": "UTC"},
        "retention_days": None,
        "schema": True,
    },
}


def test_a_compiled_dataset_is_read_with_exact_numbers() -> None:
    orders, weather = parse_datasets(json.dumps(COMPILED).encode())

    assert (orders.name, orders.id_fields, orders.retention_days) == ("orders", ("uuid",), 365)
    assert (orders.timestamp_field, orders.timestamp_format) == ("Order Date", "%m/%d/%y")
    assert orders.schema == {"minimum": Decimal("0.1")}
    assert (weather.id_fields, weather.timestamp_field, weather.timezone) == (None, None, "UTC")


KEYS = {
    "orders/a.jsonl": "orders",
    "orders/2026/a b+c ä.csv.gz": "orders",
    "orders/a.json": None,
    "orders/a.JSONL": None,
    "weather/a.json": "weather",
    "weather/a.json.gz": "weather",
    "weather/a.jsonl": None,
    "other/a.json": None,
    "xorders/a.csv": None,
    "requests/orders/0123456789abcdef.json": "orders",  # although its files are no JSON
    "requests/weather/0123456789abcdef.json": "weather",
    "requests/other/a.json": None,
    "requests/orders/a.csv": None,
    "requests/orders/a/b.json": None,
    "requests/orders/.json": None,
    "requests/a.json": None,
}


@pytest.mark.parametrize("key", KEYS)
def test_prefix_and_suffix_decide(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "datasets.json").write_text(json.dumps(COMPILED))
    monkeypatch.delenv("DATASETS_FILE", raising=False)
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(tmp_path))
    datasets.cache_clear()

    found = dataset_of(key)
    datasets.cache_clear()

    assert (found.name if found else None) == KEYS[key]


def test_the_key_of_a_request_leads_back_to_its_dataset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-E4: the object of a request is read as one of the dataset that the request named."""
    (tmp_path / "datasets.json").write_text(json.dumps(COMPILED))
    monkeypatch.setenv("DATASETS_FILE", str(tmp_path / "datasets.json"))
    datasets.cache_clear()

    found = dataset_of(request_key("weather", "f" * 32))
    datasets.cache_clear()

    assert found is not None
    assert found.name == "weather"


def test_the_suffix_tells_the_format() -> None:
    assert [format_of(f"a/b.{s}") for s in ("json", "json.gz", "jsonl", "jsonl.gz", "csv.gz")] == [
        "json",
        "json",
        "jsonl",
        "jsonl",
        "csv",
    ]
