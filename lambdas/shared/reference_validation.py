"""The reference: ``jsonschema``'s validator for JSON Schema 2020-12, with exact numbers.

It defines which records are valid. It takes fifty times as long as the quick validator, so it
validates only by schemas for which that one is not known to agree; it is imported only then.
"""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from shared.schema_formats import FORMATS


def reference_validator(schema: dict[str, Any] | bool) -> Validator:
    """Return the reference validator of a schema whose numbers are `int` and `Decimal`."""
    validator: Validator = _Exact(schema, format_checker=_format_checker())
    return validator


def _format_checker() -> FormatChecker:
    checker = FormatChecker(formats=())
    for name, check in FORMATS.items():
        checker.checks(name)(_for_strings(check))
    return checker


def _for_strings(check: Any) -> Any:
    return lambda value: not isinstance(value, str) or check(value)


def _is_integer(_: object, value: object) -> bool:
    if isinstance(value, Decimal):
        return value == value.to_integral_value()
    return isinstance(value, int) and not isinstance(value, bool)


def _multiple_of(
    validator: Validator, divisor: int | Decimal, value: Any, _: object
) -> Iterator[ValidationError]:
    """Divide exactly, where the original divides floats."""
    if (
        validator.is_type(value, "number")
        and (Fraction(value) / Fraction(divisor)).denominator != 1
    ):
        yield ValidationError(f"{value} is not a multiple of {divisor}")


def _unique_items(
    validator: Validator, wanted: bool, value: Any, _: object
) -> Iterator[ValidationError]:
    """Compare all elements, where the original compares neighbours of a sorted list."""
    if wanted and validator.is_type(value, "array"):
        seen: set[object] = set()
        for element in value:
            key = _comparable(element)
            if key in seen:
                yield ValidationError("the array has non-unique elements")
                return
            seen.add(key)


def _comparable(value: Any) -> object:
    """Return something hashable that is equal for equal JSON values only."""
    if isinstance(value, dict):
        return "object", frozenset((name, _comparable(member)) for name, member in value.items())
    if isinstance(value, list):
        return "array", tuple(_comparable(element) for element in value)
    if isinstance(value, bool):
        return "boolean", value
    return value


_Exact: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {"multipleOf": _multiple_of, "uniqueItems": _unique_items},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)
