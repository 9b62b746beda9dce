"""A wrong dataset.toml is refused with file, key, value, and what is allowed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.config import Problem
from pipeline.datasets import load_datasets

AddDataset = Callable[..., Path]
Problems = Callable[[], tuple[Problem, ...]]


def record(*lines: str) -> str:
    return "\n".join(("[record]", *lines))


@pytest.mark.parametrize(
    ("toml", "key", "value", "allowed"),
    [
        ('prefx = "a/"', "prefx", "a/", "did you mean prefix?"),
        ('prefix = ""', "prefix", "", "must not be empty"),
        ('prefix = "/a"', "prefix", "/a", 'must not begin with "/"'),
        ('prefix = "a\\n"', "prefix", "a\n", "control characters"),
        ('prefix = "quarantine/a/"', "prefix", "quarantine/a/", "keeps for itself"),
        ('prefix = "requests/"', "prefix", "requests/", "keeps for itself"),
        ('prefix = "requests/orders/a"', "prefix", "requests/orders/a", "keeps for itself"),
        ('prefix = "req"', "prefix", "req", 'collides with "requests/"'),
        ('prefix = "q"', "prefix", "q", 'collides with "quarantine/"'),
        ("formats = []", "formats", [], "at least 1"),
        ('formats = ["csv", "csv"]', "formats", ["csv", "csv"], "twice"),
        ('formats = ["parquet"]', "formats.0", "parquet", "'jsonl', 'json' or 'csv'"),
        ('formats = "csv"', "formats", "csv", "must be a list"),
        (record('id = "uuid"'), "record.id", "uuid", "must be a list"),
        (record("id = []"), "record.id", [], "at least 1"),
        (record('id = ["uuid", 1]'), "record.id.1", 1, "a text in quotes"),
        (record('id = ["uid"]'), "record.id", "uid", "did you mean uuid?"),
        (record('id = ["lines"]'), "record.id", "lines", "is array by schema.json"),
        (record('id = ["total"]'), "record.id", "total", "is object by schema.json"),
        (record('timestamp = "order date"'), "record.timestamp", "order date", "Order Date?"),
        (record('timestamp = "total"'), "record.timestamp", "total", "a time is a text"),
        (record('timezone = "Europe/Berln"'), "record.timezone", "Europe/Berln", "Europe/Berlin?"),
        (record('timezone = "localtime"'), "record.timezone", "localtime", "IANA"),
        (record('timezone = "posix/UTC"'), "record.timezone", "posix/UTC", "IANA"),
        (record('timezone = "../x"'), "record.timezone", "../x", "IANA"),
        (record('zone = "UTC"'), "record.zone", "UTC", "not a known key"),
        ("[retention]\ndays = 0", "retention.days", 0, "at least 1"),
        ("[retention]\ndays = 1.5", "retention.days", 1.5, "whole number"),
    ],
)
def test_wrong_setting_is_named(
    add: AddDataset, problems: Problems, toml: str, key: str, value: object, allowed: str
) -> None:
    add(toml=toml)

    (problem,) = problems()

    assert (problem.file, problem.key) == ("datasets/orders/dataset.toml", key)
    assert problem.value == value
    assert allowed in problem.allowed


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [
        ("day one", "must have directives"),
        ("%Y-%Q", "%Q, which is not allowed"),
        ("%c", "locale"),
        ("%Y-%m-%d %Z", "use %z"),
        ("%Y-%m-%dT%T", "write %H:%M:%S"),
        ("%s", "Python does not read it"),
        ("%m/%d", "has no year"),
        ("%Y-%m-%d %I:%M", "%I without %p"),
        ("%Y %Y", "cannot be read back"),
        ("%G-%m", "cannot be read back"),
        ("%Y-%m-%d%", "which is not allowed"),
    ],
)
def test_format_that_does_not_give_a_time_is_refused(
    add: AddDataset, problems: Problems, pattern: str, allowed: str
) -> None:
    add(toml=record('timestamp = "Order Date"', f'timestamp_format = "{pattern}"'))

    (problem,) = problems()

    assert (problem.key, problem.value) == ("record.timestamp_format", pattern)
    assert allowed in problem.allowed


@pytest.mark.parametrize(
    "pattern",
    [
        "%m/%d/%y",
        "%Y-%m-%d",
        "%d.%m.%Y %H:%M",
        "%b %d %Y %I:%M %p",
        "%Y%j",
        "%G-W%V-%u",
        "%Y-%m-%dT%H:%M:%S.%f%z",
        "%A, %d %B %Y",
        "%Y 100%%",
    ],
)
def test_usual_formats_are_accepted(folder: Path, add: AddDataset, pattern: str) -> None:
    add(toml=record('timestamp = "Order Date"', f'timestamp_format = "{pattern}"'))

    assert load_datasets([folder])[0].timestamp_format == pattern


def test_format_without_a_field_is_refused(add: AddDataset, problems: Problems) -> None:
    add(toml=record('timestamp_format = "%Y"'))

    (problem,) = problems()

    assert "without record.timestamp" in problem.allowed


@pytest.mark.parametrize("name", ["a b", "-a", "é", "a.b", "d" * 41, "a#b"])
def test_name_that_cannot_be_part_of_other_names_is_refused(
    add: AddDataset, problems: Problems, name: str
) -> None:
    add(name)

    (problem,) = problems()

    assert problem.file == f"datasets/{name}"
    assert "1 to 40 letters" in problem.allowed


@pytest.mark.parametrize(
    ("first", "second"), [("a/", "a/"), ("a/", "a/b/"), ("a/b/", "a/"), ("a", "ab/")]
)
def test_prefixes_may_not_overlap(
    add: AddDataset, problems: Problems, first: str, second: str
) -> None:
    """R-A3: no overlapping filters."""
    add("one", toml=f'prefix = "{first}"')
    add("two", toml=f'prefix = "{second}"')

    (problem,) = problems()

    assert (problem.file, problem.value) == ("datasets/two/dataset.toml", second)
    assert "of the dataset one" in problem.allowed


def test_prefixes_that_only_look_alike_are_accepted(folder: Path, add: AddDataset) -> None:
    add("one", toml='prefix = "orders/"')
    add("two", toml='prefix = "orders-old/"')

    assert len(load_datasets([folder])) == 2


@pytest.mark.parametrize(
    ("toml", "allowed"),
    [(b"prefix = \n", "line 1"), (b'prefix = "\xff"', "must be UTF-8; byte 10")],
)
def test_unreadable_settings_say_where(
    add: AddDataset, problems: Problems, toml: bytes, allowed: str
) -> None:
    add(toml=toml)

    (problem,) = problems()

    assert allowed in problem.allowed
