"""A dataset as ``dataset.toml`` and ``schema.json`` describe it, and as the stacks see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Format = Literal["jsonl", "json", "csv"]

SUFFIXES: dict[Format, tuple[str, ...]] = {
    "jsonl": (".jsonl", ".jsonl.gz"),
    "json": (".json", ".json.gz"),
    "csv": (".csv", ".csv.gz"),
}
"""The suffixes of an object's key that stand for a format."""


@dataclass(frozen=True)
class Dataset:
    """One kind of data.

    Parameters
    ----------
    name : str
        The name of its folder.
    folder : Path
        Where it was found.
    prefix : str
        Objects whose keys begin with it belong to the dataset.
    formats : tuple of {"jsonl", "json", "csv"}
        The formats that are accepted, each also compressed with gzip.
    schema : mapping
        JSON Schema 2020-12 of one record.
    id_fields : tuple of str or None
        The fields that identify a record; None: the hash of its content does.
    timestamp, timestamp_format : str or None
        The field with the record's time and its format (None: the object version's LastModified;
        RFC 3339).
    timezone : str
        IANA name of the zone of times without one.
    retention_days : int or None
        Days after which an item expires; None: never.
    """

    name: str
    folder: Path
    prefix: str
    formats: tuple[Format, ...]
    schema: Mapping[str, Any]
    id_fields: tuple[str, ...] | None = None
    timestamp: str | None = None
    timestamp_format: str | None = None
    timezone: str = "UTC"
    retention_days: int | None = None

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Return the suffixes of the dataset's objects."""
        return tuple(suffix for name in self.formats for suffix in SUFFIXES[name])


def _distinct(values: list[Any]) -> list[Any]:
    if len(set(values)) < len(values):
        raise ValueError("must not name anything twice")
    return values


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


_Text = Annotated[str, Field(min_length=1)]
_Fields = Annotated[list[_Text], Field(min_length=1, max_length=10), AfterValidator(_distinct)]
_Formats = Annotated[list[Format], Field(min_length=1), AfterValidator(_distinct)]


class RecordSection(_Section):
    """``[record]``: what identifies a record and when it happened."""

    id: _Fields | None = None
    timestamp: _Text | None = None
    timestamp_format: _Text | None = None
    timezone: _Text = "UTC"


class RetentionSection(_Section):
    """``[retention]``: how long items are kept."""

    days: Annotated[int, Field(ge=1, le=36_500)] | None = None


class DatasetFile(_Section):
    """The content of ``dataset.toml``; everything has a default."""

    prefix: Annotated[str, Field(min_length=1, max_length=512)] | None = None
    formats: _Formats = ["jsonl", "json", "csv"]
    record: RecordSection = RecordSection()
    retention: RetentionSection = RetentionSection()
