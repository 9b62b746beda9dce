"""The datasets that a deployment knows, as compiled into the function's ``datasets.json``."""

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from shared.json_text import parse_json

SUFFIXES: dict[str, tuple[str, ...]] = {
    "jsonl": (".jsonl", ".jsonl.gz"),
    "json": (".json", ".json.gz"),
    "csv": (".csv", ".csv.gz"),
}
"""The suffixes of an object's key that stand for a format."""

REQUESTS = "requests/"
"""What the keys of requests' objects begin with: ``requests/<dataset>/<id>.json``. No dataset's
prefix overlaps it, so neither rules nor notifications nor the sweep see such an object: whoever
stored it starts the work on it."""


class Dataset(Struct, frozen=True, eq=False):
    """One kind of data: where its objects are, and what a record of it is.

    Parameters
    ----------
    name : str
        The folder's name under ``datasets/``.
    prefix : str
        Objects whose key begins with it belong to the dataset.
    formats : tuple of str
        Of ``jsonl``, ``json``, ``csv``.
    schema : dict or bool
        JSON Schema 2020-12 of one record; its numbers are `int` and `Decimal`.
    id_fields : tuple of str, or None
        The fields that identify a record; None: the hash of its content does.
    timestamp_field : str or None
        The field with the record's time; None: the object version's LastModified.
    timestamp_format : str or None
        strptime format of that field; None: RFC 3339.
    timezone : str
        IANA name of the zone of times that carry none.
    retention_days : int or None
        Days after the object's LastModified when the record's item expires; None: it is kept.
    """

    name: str
    prefix: str
    formats: tuple[str, ...]
    schema: dict[str, Any] | bool
    id_fields: tuple[str, ...] | None = None
    timestamp_field: str | None = None
    timestamp_format: str | None = None
    timezone: str = "UTC"
    retention_days: int | None = None

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The suffixes of the dataset's objects."""
        return tuple(suffix for name in self.formats for suffix in SUFFIXES[name])

    def owns(self, key: str) -> bool:
        """Whether an object's key belongs to the dataset."""
        return key.startswith(self.prefix) and key.endswith(self.suffixes)


def parse_datasets(text: bytes) -> tuple[Dataset, ...]:
    """Read the content of ``datasets.json``, which was validated when it was compiled."""
    return tuple(_dataset(name, entry) for name, entry in parse_json(text).items())


@lru_cache(maxsize=1)
def datasets() -> tuple[Dataset, ...]:
    """Return the datasets of this deployment, read once per process.

    The file is ``$DATASETS_FILE`` or else ``$LAMBDA_TASK_ROOT/datasets.json``.
    """
    file = os.environ.get("DATASETS_FILE")
    path = Path(file) if file else Path(os.environ.get("LAMBDA_TASK_ROOT", ".")) / "datasets.json"
    return parse_datasets(path.read_bytes())


def dataset_of(key: str) -> Dataset | None:
    """Return the dataset that an object's key belongs to, if any.

    By prefix and suffix; the key of a request's object names its dataset instead, and is JSON
    whatever the formats of the dataset's files are.
    """
    if key.startswith(REQUESTS):
        return _named(key)
    return next((dataset for dataset in datasets() if dataset.owns(key)), None)


def request_key(dataset: str, request_id: str) -> str:
    """Return the key of the object that holds a request's records."""
    return f"{REQUESTS}{dataset}/{request_id}.json"


def _named(key: str) -> Dataset | None:
    name, _, file = key.removeprefix(REQUESTS).partition("/")
    if "/" in file or not file.endswith(".json") or file == ".json":
        return None
    return next((dataset for dataset in datasets() if dataset.name == name), None)


def _dataset(name: str, entry: dict[str, Any]) -> Dataset:
    record = entry.get("record") or {}
    id_fields = record.get("id")
    return Dataset(
        name=name,
        prefix=entry["prefix"],
        formats=tuple(entry["formats"]),
        schema=entry["schema"],
        id_fields=tuple(id_fields) if id_fields else None,
        timestamp_field=record.get("timestamp"),
        timestamp_format=record.get("timestamp_format"),
        timezone=record.get("timezone") or "UTC",
        retention_days=entry.get("retention_days"),
    )
