"""The user's kinds of data: folders in, what rules, filters and functions need out."""

from pipeline.datasets.compiled import compiled
from pipeline.datasets.load import dataset_folders, load_datasets
from pipeline.datasets.model import SUFFIXES, Dataset
from pipeline.datasets.triggers import (
    check_triggers,
    event_pattern_text,
    key_wildcards,
    notification_filters,
)

__all__ = [
    "SUFFIXES",
    "Dataset",
    "check_triggers",
    "compiled",
    "dataset_folders",
    "event_pattern_text",
    "key_wildcards",
    "load_datasets",
    "notification_filters",
]
