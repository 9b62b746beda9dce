"""A schema must be JSON Schema 2020-12, complete in itself, and describe an object."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import Problem
from pipeline.datasets import load_datasets

AddDataset = Callable[..., Path]
Problems = Callable[[], tuple[Problem, ...]]

DRAFT_7 = "http://json-schema.org/draft-07/schema#"


@pytest.mark.parametrize(
    ("schema", "key", "allowed"),
    [
        ({"type": "strin"}, "/type", "not JSON Schema 2020-12"),
        ({"properties": {"a": {"minimum": "1"}}}, "/properties/a/minimum", "'number'"),
        ({"required": "a"}, "/required", "'array'"),
        ({"$schema": DRAFT_7}, "$schema", "2020-12"),
        ({"type": "array"}, "/type", 'must be "object"'),
        ({"type": ["array", "null"]}, "/type", 'must be "object"'),
        ({"allOf": [{"type": "string"}]}, "/type", 'must be "object"'),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "null"}}}, "/type", 'must be "object"'),
        ({"properties": {"a": {"$ref": "#/$defs/b"}}}, "/properties/a/$ref", "points to nothing"),
        ({"items": {"$ref": "#nowhere"}}, "/items/$ref", "points to nothing"),
        (
            {"properties": {"a/b": {"$ref": "https://127.0.0.1/a.json"}}},
            "/properties/a~1b/$ref",
            "nothing is loaded from elsewhere",
        ),
        ({"not": {"$ref": "other.json"}}, "/not/$ref", "inside the file"),
        ({"not": {"$ref": "#/$defs/ü"}, "$defs": {"ü": {}}}, "/not/$ref", "#/$defs/%C3%BC"),
        ({"type": "objct"}, "/type", "object, array, string"),
        ({"properties": {"a": {"pattern": "("}}}, "/properties/a/pattern", "regular expression"),
        ({"patternProperties": {"[": {}}}, "/patternProperties/[", "regular expression"),
    ],
)
def test_wrong_schema_is_named_by_json_pointer(
    add: AddDataset, problems: Problems, schema: Any, key: str, allowed: str
) -> None:
    """R-A5, R-F5."""
    add(schema=schema)

    (problem,) = problems()

    assert (problem.file, problem.key) == ("datasets/orders/schema.json", key)
    assert allowed in problem.allowed


@pytest.mark.parametrize(
    ("content", "allowed"),
    [
        (b"", "line 1"),
        (b'{"type": "object",\n}', "line 2, column 1"),
        (b"\xff{}", "must be UTF-8"),
        (b'{"maximum": 1e400}', "has the number 1e400"),
        (b'{"maximum": 1e99999999999999999999}', "has the number 1e9999"),
        (b'{"const": 0.1234567890123456789}', "has the number 0.1234567890123456789"),
        (b'{"title": "\\ud800"}', "half of a surrogate pair"),
        (b"[]", "must be a JSON object"),
        (b"true", "must be a JSON object"),
        (b'{"maximum": NaN}', "NaN is not JSON"),
        (b'{"type": "object", "type": "object"}', '"type" stands twice'),
    ],
)
def test_unreadable_schema_says_where(
    add: AddDataset, problems: Problems, content: bytes, allowed: str
) -> None:
    add(schema=content)

    (problem,) = problems()

    assert allowed in problem.allowed


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"},
        {"type": ["object", "null"]},
        {"anyOf": [{"type": "object"}, {"type": "string"}]},
        {"properties": {"$ref": {"type": "string"}}},
        {"properties": {"a": {"const": {"$ref": "https://127.0.0.1/"}}}},
        {"properties": {"a": {"$ref": "#thing"}}, "$defs": {"t": {"$anchor": "thing"}}},
        {"properties": {"next": {"$ref": "#"}}},
        {"properties": {"a": {"$ref": "#/$defs/%C3%BC%20b"}}, "$defs": {"ü b": {"minimum": 0.1}}},
    ],
)
def test_right_schema_is_accepted(folder: Path, add: AddDataset, schema: Any) -> None:
    add(schema=schema)

    assert load_datasets([folder])[0].schema == schema


def test_schema_with_a_byte_order_mark_is_read(folder: Path, add: AddDataset) -> None:
    add(schema=b'\xef\xbb\xbf{"type": "object"}')

    assert load_datasets([folder])[0].schema == {"type": "object"}


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"uuid": {}}},
        {"properties": {"other": {}}},
        {"patternProperties": {"^uu": {}}, "additionalProperties": False},
        {"$ref": "#/$defs/r", "$defs": {"r": {"properties": {"uuid": {"type": "string"}}}}},
        {"allOf": [{"properties": {"uuid": {}}}], "unevaluatedProperties": False},
    ],
)
def test_field_that_records_can_have_is_accepted(
    folder: Path, add: AddDataset, schema: Any
) -> None:
    add(schema=schema, toml='[record]\nid = ["uuid"]')

    assert load_datasets([folder])[0].id_fields == ("uuid",)


@pytest.mark.parametrize(
    ("schema", "allowed"),
    [
        ({"properties": {"uid": {}}}, "did you mean uid?"),
        ({"properties": {"x": {}}, "additionalProperties": False}, "it has x"),
        ({"additionalProperties": False}, "is no member"),
    ],
)
def test_field_that_records_do_not_have_is_refused(
    add: AddDataset, problems: Problems, schema: Any, allowed: str
) -> None:
    add(schema=schema, toml='[record]\nid = ["uuid"]')

    (problem,) = problems()

    assert problem.key == "record.id"
    assert allowed in problem.allowed
