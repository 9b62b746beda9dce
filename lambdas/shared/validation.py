"""Validation of records by JSON Schema 2020-12: quick, and exact.

``jsonschema-rs`` validates. What it would judge otherwise than the reference validator
(``shared.reference_validation``) is taken from it: regular expressions and formats are
decided by the reference's own functions, and a schema with a keyword on which both are not known
to agree is validated by the reference. A test compares both over random schemas and records.
"""

import re
from collections.abc import Callable, Iterable, Iterator
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
        formats: dict[str, Callable[[str], bool]] = dict(FORMATS)
        rewritten = map_schemas(schema, lambda inner: _patterns_as_formats(inner, formats))
        self._validator = jsonschema_rs.Draft202012Validator(
            rewritten, formats=formats, validate_formats=True, offline=True
        )
        self.is_valid: Callable[[Any], bool] = self._validator.is_valid

    def reasons(self, record: Any) -> list[Reason]:
        return _limited(
            (error.instance_path, _message(error.message))
            for error in self._validator.iter_errors(record)
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
