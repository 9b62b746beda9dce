"""Finds the datasets in their folders and reports everything that is wrong in any of them."""

import difflib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.config.problems import MISSING, ConfigurationError, Problem
from pipeline.config.reading import read_toml, validated
from pipeline.datasets.model import SUFFIXES, Dataset, DatasetFile
from pipeline.datasets.prefixes import overlap, prefix_problem
from pipeline.datasets.schema import field_problem, field_types, read_schema
from pipeline.datasets.timestamps import format_problem, timezone_problem

_FILES = ("schema.json", "dataset.toml")
_DATA = tuple(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_NOT_A_KEY = {"object", "array"}
_NOT_A_TIME = {"object", "array", "boolean", "null"}


def dataset_folders(project: Path) -> tuple[Path, ...]:
    """Return the folders that hold datasets: the project's ``datasets``, or ``DATASETS_PATH``.

    Parameters
    ----------
    project : Path
        The folder of ``main.py``. ``DATASETS_PATH`` is a list like PATH and stands in for it.
    """
    listed = os.environ.get("DATASETS_PATH", "").split(os.pathsep)
    return tuple(Path(folder) for folder in listed if folder) or (project / "datasets",)


def load_datasets(folders: Sequence[Path]) -> tuple[Dataset, ...]:
    """Return the datasets of all folders, sorted by name.

    A dataset is a folder with a ``schema.json`` or a ``dataset.toml``; other folders and files
    are left alone.

    Raises
    ------
    ConfigurationError
        With every problem of every dataset.
    """
    datasets: list[Dataset] = []
    problems: list[Problem] = []
    seen: dict[str, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            problems.append(Problem(str(folder), "", MISSING, "must be a folder with datasets"))
            continue
        for path in sorted(folder.iterdir(), key=lambda path: path.name):
            if not _is_dataset(path, problems):
                continue
            dataset, found = _load(path)
            if path.name in seen:
                other = seen[path.name]
                allowed = f"is the name of another dataset already, in {other.parent.name}/"
                found.append(Problem(_shown(path), "", MISSING, allowed))
            elif dataset and (overlapping := overlap(dataset, datasets)):
                toml = f"{_shown(path)}/dataset.toml"
                found.append(Problem(toml, "prefix", dataset.prefix, overlapping))
            seen.setdefault(path.name, path)
            problems += found
            datasets += [dataset] if dataset else []
    if not seen and not problems:
        shown = ", ".join(folder.name for folder in folders)
        problems.append(Problem(shown, "", MISSING, "has no dataset (<name>/schema.json)"))
    if problems:
        raise ConfigurationError(problems)
    return tuple(sorted(datasets, key=lambda dataset: dataset.name))


def _shown(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _is_dataset(path: Path, problems: list[Problem]) -> bool:
    """Return whether a path is a dataset; a misspelt file name is a problem, not a no."""
    if path.name.startswith((".", "__")) or not path.is_dir():
        return False
    names = [entry.name for entry in path.iterdir()]
    missing = [name for name in _FILES if name not in names]
    for name in sorted(set(names).difference(_FILES)):
        near = difflib.get_close_matches(name.lower(), missing, n=1, cutoff=0.85)
        if near and not (missing != list(_FILES) and name.endswith(_DATA)):
            file = f"{_shown(path)}/{name}"
            problems.append(Problem(file, "", MISSING, f"did you mean {near[0]}?"))
    return len(missing) < len(_FILES)


def _load(path: Path) -> tuple[Dataset | None, list[Problem]]:
    toml, schema_file = f"{_shown(path)}/dataset.toml", f"{_shown(path)}/schema.json"
    problems: list[Problem] = []
    if not _NAME.fullmatch(path.name):
        allowed = (
            "the name of a dataset's folder has 1 to 40 letters, digits, hyphens and underscores, "
            "and begins with a letter or a digit"
        )
        problems.append(Problem(_shown(path), "", MISSING, allowed))
    schema, found = read_schema(path / "schema.json", schema_file)
    usable = None if found else schema
    problems += found
    raw: dict[str, Any] = {}
    if (path / "dataset.toml").exists():
        try:
            raw = read_toml(path / "dataset.toml", toml)
        except ConfigurationError as error:
            return None, problems + list(error.problems)
    settings, found = validated(DatasetFile, raw, toml)
    problems += found
    if settings is None:
        return None, problems
    prefix = f"{path.name}/" if settings.prefix is None else settings.prefix
    sayings = [("prefix", prefix, prefix_problem(prefix)), *_record_problems(settings, usable)]
    problems += [Problem(toml, key, value, saying) for key, value, saying in sayings if saying]
    record = settings.record
    dataset = Dataset(
        name=path.name,
        folder=path,
        prefix=prefix,
        formats=tuple(settings.formats),
        schema=schema or {},
        id_fields=tuple(record.id) if record.id else None,
        timestamp=record.timestamp,
        timestamp_format=record.timestamp_format,
        timezone=record.timezone,
        retention_days=settings.retention.days,
    )
    return dataset, problems


_Saying = tuple[str, Any, str | None]


def _record_problems(settings: DatasetFile, schema: dict[str, Any] | None) -> Iterator[_Saying]:
    record = settings.record
    yield "record.timezone", record.timezone, timezone_problem(record.timezone)
    if record.timestamp_format is not None:
        pattern = record.timestamp_format
        yield "record.timestamp_format", pattern, format_problem(pattern)
        if record.timestamp is None:
            saying = "is of no use without record.timestamp, the field that has this format"
            yield "record.timestamp_format", pattern, saying
    if schema is None:
        return
    for field in record.id or ():
        yield "record.id", field, field_problem(schema, field)
        types = field_types(schema, field)
        if types and types <= _NOT_A_KEY:
            yield "record.id", field, f"is {_types(types)}; an id is a text, a number or a boolean"
    if record.timestamp is not None:
        yield "record.timestamp", record.timestamp, field_problem(schema, record.timestamp)
        types = field_types(schema, record.timestamp)
        if types and types <= _NOT_A_TIME:
            yield "record.timestamp", record.timestamp, f"is {_types(types)}; a time is a text"


def _types(types: set[str]) -> str:
    return " or ".join(sorted(types)) + " by schema.json"
