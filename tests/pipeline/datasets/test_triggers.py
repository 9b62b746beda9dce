"""Rules and filters follow from prefix and formats (R-A3, R-B4)."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.config import ConfigurationError
from pipeline.datasets import (
    Dataset,
    check_triggers,
    event_pattern_text,
    key_wildcards,
    load_datasets,
    notification_filters,
)

AddDataset = Callable[..., Path]


def dataset(prefix: str = "orders/", formats: tuple[str, ...] = ("csv",)) -> Dataset:
    return Dataset("orders", Path("datasets/orders"), prefix, formats, {})  # type: ignore[arg-type]


def test_rule_matches_prefix_and_suffix_together() -> None:
    """R-A3: the pattern is an AND of both, for every suffix of the dataset's formats."""
    pattern = json.loads(event_pattern_text(dataset(formats=("jsonl", "csv")), "ingestion"))

    assert pattern["source"] == ["aws.s3"]
    assert pattern["detail-type"] == ["Object Created"]
    assert pattern["detail"]["bucket"] == {"name": ["ingestion"]}
    assert pattern["detail"]["object"]["key"] == [
        {"wildcard": "orders/*.jsonl"},
        {"wildcard": "orders/*.jsonl.gz"},
        {"wildcard": "orders/*.csv"},
        {"wildcard": "orders/*.csv.gz"},
    ]


def test_wildcard_characters_of_a_prefix_are_literal() -> None:
    assert key_wildcards(dataset(prefix="a*b\\c/")) == (
        "a\\*b\\\\c/*.csv",
        "a\\*b\\\\c/*.csv.gz",
    )


def test_notification_filters_are_url_encoded_and_patterns_are_not() -> None:
    """R-D1: S3 wants + for a space and percent-encoding; EventBridge has raw keys."""
    special = dataset(prefix="my orders/ü+/")

    assert notification_filters(special)[0] == ("my+orders/%C3%BC%2B/", ".csv")
    assert key_wildcards(special)[0] == "my orders/ü+/*.csv"


def test_too_many_notifications_for_a_bucket_are_refused(folder: Path, add: AddDataset) -> None:
    """R-D1: S3 takes 100 notifications per bucket, EventBridge needs none."""
    for number in range(17):
        add(f"d{number:02}")
    datasets = load_datasets([folder])

    check_triggers(datasets, "eventbridge", "ingestion")
    check_triggers(datasets[:16], "s3", "ingestion")
    with pytest.raises(ConfigurationError, match="need 102 notifications"):
        check_triggers(datasets, "s3", "ingestion")


def test_too_long_event_pattern_is_refused() -> None:
    """R-B4: EventBridge takes patterns of 2,048 characters."""
    long = dataset(prefix="x" * 400, formats=("jsonl", "json", "csv"))

    check_triggers([long], "s3", "ingestion")
    with pytest.raises(ConfigurationError, match="EventBridge allows 2048"):
        check_triggers([long], "eventbridge", "ingestion")


def test_characters_beyond_ascii_count_once_in_an_event_pattern() -> None:
    """R-B4: the text that is measured is the one that EventBridge gets."""
    umlauts = dataset(prefix="ü" * 250, formats=("jsonl", "json", "csv"))

    assert "ü" * 250 in event_pattern_text(umlauts, "ingestion")
    check_triggers([umlauts], "eventbridge", "ingestion")
