"""Validation of records by JSON Schema 2020-12: quick, and exact.

``jsonschema-rs`` validates. What it would judge otherwise than the reference validator
(``shared.reference_validation``) is taken from it: regular expressions and formats are
decided by the reference's own functions, and a schema with a keyword on which both are not known
to agree is validated by the reference. A test compares both over random schemas and records.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import islice
from typing import Any, Protocol

import jsonschema_rs

from shared.pointers import json_pointer
from shared.records import Reason
from shared.schema_formats import FORMATS
from shared.schema_places import Schema, keywords_of, map_schemas

_AGREED = frozenset(
    {
        *("$schema", "$defs", "$ref", "$comment", "title", "description", "default", "examples"),
        *("deprecated", "readOnly", "writeOnly", "type", "enum", "const", "format", "pattern"),
        *("allOf", "anyOf", "oneOf", "not", "if", "then", "else"),
        *("multipleOf", "maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum"),
        *("maxLength", "minLength", "maxItems", "minItems", "uniqueItems", "prefixItems"),
        *("items", "contains", "maxContains", "minContains", "maxProperties", "minProperties"),
        *("required", "properties", "additionalProperties", "propertyNames"),
        *("dependentRequired", "dependentSchemas"),
    }
)
"""Keywords on which both validators agree, given the same functions for `format` and `pattern`."""

_SURE = {
    "date": r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$",
    "date-time": r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"
    r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?Z$",
    "uuid": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
}
"""Of some formats, texts that surely have them: the first 28 days that every month has, and the
like. All engines read these expressions alike, and most records need no call of a function."""

_MOST_REASONS = 1000
_LONGEST_MESSAGE = 500
_PATTERN = "pattern: "


class RecordValidator(Protocol):
    """Decides whether a record is valid, and says why not."""

    def is_valid(self, record: Any) -> bool:
        """Tell whether a record is valid."""

    def reasons(self, record: Any) -> list[Reason]:
        """Return every reason why a record is not valid (at most 1,000); empty when it is."""


def record_validator(schema: Schema) -> RecordValidator:
    """Return the validator of a schema that is valid itself and whose numbers are exact."""
    if keywords_of(schema) <= _AGREED:
        return _QuickValidator(schema)
    return _ReferenceValidator(schema)


class _QuickValidator:
    def __init__(self, schema: Schema) -> None:
        self._formats: dict[str, Callable[[str], bool]] = dict(FORMATS)
        self._schema = map_schemas(schema, lambda inner: _patterns_as_formats(inner, self._formats))
        quick = self._compiled(map_schemas(self._schema, _with_sure_texts))
        self.is_valid: Callable[[Any], bool] = quick.is_valid

    def reasons(self, record: Any) -> list[Reason]:
        return _limited(
            (error.instance_path, _message(error.message))
            for error in self._explaining.iter_errors(record)
        )

    @cached_property
    def _explaining(self) -> jsonschema_rs.Draft202012Validator:
        """The schema as its author wrote it, but for patterns: it says what they would say."""
        return self._compiled(self._schema)

    def _compiled(self, schema: Schema) -> jsonschema_rs.Draft202012Validator:
        return jsonschema_rs.Draft202012Validator(
            schema, formats=self._formats, validate_formats=True, offline=True
        )


class _ReferenceValidator:
    def __init__(self, schema: Schema) -> None:
        from shared.reference_validation import reference_validator  # noqa: PLC0415 - slow import

        self._validator = reference_validator(schema)
        self.is_valid: Callable[[Any], bool] = self._validator.is_valid

    def reasons(self, record: Any) -> list[Reason]:
        return _limited(
            (error.absolute_path, error.message) for error in self._validator.iter_errors(record)
        )


def _patterns_as_formats(
    schema: dict[str, Any], formats: dict[str, Callable[[str], bool]]
) -> dict[str, Any]:
    """Let Python's regular expressions decide, as in the reference: their dialect differs."""
    known = {"format": schema["format"]} if schema.get("format") in FORMATS else {}
    rest = {name: value for name, value in schema.items() if name not in ("pattern", "format")}
    pattern = schema.get("pattern")
    if pattern is None:
        return rest | known
    name = f"{_PATTERN}{pattern}"
    search = re.compile(pattern).search
    formats[name] = lambda text: search(text) is not None
    return {**rest, **known, "allOf": [*rest.get("allOf", ()), {"format": name}]}


def _with_sure_texts(schema: dict[str, Any]) -> dict[str, Any]:
    """Let a format's function decide only where a text does not have the format surely."""
    sure = _SURE.get(schema.get("format", ""))
    if sure is None:
        return schema
    rest = {name: value for name, value in schema.items() if name != "format"}
    either = {"anyOf": [{"pattern": sure}, {"format": schema["format"]}]}
    return {**rest, "allOf": [*rest.get("allOf", ()), either]}


def _message(message: str) -> str:
    return message.replace(f'is not a "{_PATTERN}', 'does not match the pattern "')


def _limited(errors: Iterable[tuple[Iterable[str | int], str]]) -> list[Reason]:
    """Keep the reasons of a hopeless record from filling the memory."""
    found = iter(errors)
    reasons = [Reason(json_pointer(path), _shown(text)) for path, text in _first(found)]
    if next(found, None) is not None:
        reasons.append(Reason("", f"there are more than these {_MOST_REASONS} reasons"))
    return reasons


def _first(errors: Iterator[Any]) -> Iterator[Any]:
    return islice(errors, _MOST_REASONS)


def _shown(message: str) -> str:
    """Keep both ends of a long message: the value is at its beginning, the rule at its end."""
    if len(message) <= _LONGEST_MESSAGE:
        return message
    half = _LONGEST_MESSAGE // 2
    return f"{message[:half]} ... {message[-half:]}"
