"""Reads ``schema.json`` and says everything that keeps it from describing a record."""

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jsonschema import Draft202012Validator

from pipeline.config.problems import MISSING, Problem, did_you_mean
from pipeline.datasets.subschemas import escaped, of_same_instance, resolve, walk

_TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
_URI_MARKS = "#/?!$&'()*+,;=:@~-._%"
_URI_FRAGMENT = re.compile(r"#(?:[A-Za-z0-9/?!$&'()*+,;=:@~._-]|%[0-9A-Fa-f]{2})*")  # RFC 3986

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _InexactNumberError(ValueError):
    """A number that would not be the same in ``datasets.json``."""


def read_schema(path: Path, file: str) -> tuple[dict[str, Any] | None, list[Problem]]:
    """Return a schema and what is wrong with it.

    Parameters
    ----------
    path : Path
        ``schema.json``.
    file : str
        The file as the user knows it.
    """
    if not path.is_file():
        return None, [Problem(file, "", MISSING, "is missing: a JSON Schema of one record")]
    try:
        schema = _parsed(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        allowed = f"cannot be read ({error.strerror})"
    except UnicodeDecodeError as error:
        allowed = f"must be UTF-8; byte {error.start} is not"
    except ValueError as error:
        allowed = str(error)
    else:
        if isinstance(schema, dict):
            return schema, list(_problems(schema, file))
        allowed = "must be a JSON object"
    return None, [Problem(file, "", MISSING, allowed)]


def _parsed(text: str) -> Any:
    """Parse JSON; the message of its ValueError is the end of a sentence about the file."""
    try:
        schema = json.loads(
            text, object_pairs_hook=_members, parse_constant=_no_constant, parse_float=_exact
        )
        json.dumps(schema, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"is not valid JSON: {error.msg} ({place})") from None
    except _InexactNumberError as error:
        message = f"has the number {error}: at most 17 digits, and at most 1e308, are exact"
        raise ValueError(message) from None
    except UnicodeEncodeError:
        message = "is not valid JSON text: a \\u escape is half of a surrogate pair"
        raise ValueError(message) from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"is not valid JSON: {error}") from None
    return schema


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f'the member "{twice}" stands twice in one object')
    return members


def _no_constant(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _exact(text: str) -> float:
    """Read a number that comes out as it went in; the functions read it again, exactly."""
    number = float(text)
    try:
        exact = Decimal(text) == Decimal(repr(number))
    except InvalidOperation:
        exact = False
    if not exact:
        shown = text if len(text) <= 40 else f"{text[:37]}..."
        raise _InexactNumberError(shown)
    return number


def _problems(schema: dict[str, Any], file: str) -> Iterator[Problem]:
    dialect = schema.get("$schema", DIALECT)
    if not isinstance(dialect, str) or dialect.rstrip("#") != DIALECT:
        # What another dialect means by the other keywords is not judged.
        yield Problem(file, "$schema", dialect, f'must be "{DIALECT}"')
        return
    invalid = False
    validator = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    for error in validator.iter_errors(schema):
        invalid = True
        pointer = "".join(f"/{escaped(str(part))}" for part in error.absolute_path)
        allowed = f"is not JSON Schema 2020-12: {error.message}"
        if error.validator == "anyOf" and pointer.endswith("/type"):
            allowed = (
                f"is not JSON Schema 2020-12: a type is {', '.join(_TYPES)}, or a list of some"
            )
        yield Problem(file, pointer, error.instance, allowed)
    if invalid:
        return
    yield from _references(schema, file)
    yield from _expressions(schema, file)
    yield from _not_an_object(schema, file)


def _references(schema: dict[str, Any], file: str) -> Iterator[Problem]:
    for pointer, subschema in walk(schema):
        for keyword in ("$ref", "$dynamicRef"):
            reference = subschema.get(keyword)
            if not isinstance(reference, str):
                continue
            if not reference.startswith("#"):
                yield Problem(
                    file,
                    f"{pointer}/{keyword}",
                    reference,
                    "must be a reference inside the file (#/$defs/...): nothing is loaded "
                    "from elsewhere",
                )
                continue
            if not _URI_FRAGMENT.fullmatch(reference):
                encoded = quote(reference, safe=_URI_MARKS)
                yield Problem(
                    file,
                    f"{pointer}/{keyword}",
                    reference,
                    f'is no URI reference; what stands for it is "{encoded}"',
                )
                continue
            try:
                resolve(schema, reference)
            except LookupError:
                yield Problem(file, f"{pointer}/{keyword}", reference, "points to nothing")


def _expressions(schema: dict[str, Any], file: str) -> Iterator[Problem]:
    for pointer, subschema in walk(schema):
        expressions = {f"{pointer}/pattern": subschema.get("pattern")}
        for expression in subschema.get("patternProperties", {}):
            expressions[f"{pointer}/patternProperties/{escaped(expression)}"] = expression
        for key, expression in expressions.items():
            try:
                re.compile(expression or "")
            except re.error as error:
                yield Problem(file, key, expression, f"is not a regular expression: {error}")


def _not_an_object(schema: dict[str, Any], file: str) -> Iterator[Problem]:
    for subschema in of_same_instance(schema, unconditional=True):
        types = subschema.get("type", "object")
        if "object" not in (types if isinstance(types, list) else [types]):
            yield Problem(
                file, "/type", types, 'must be "object": a record is one, whatever its format'
            )
            return


def field_problem(schema: Mapping[str, Any], field: str) -> str | None:
    """Return why a field cannot be one of the schema's records', or nothing.

    A field that the schema does not mention is fine where it allows other members, unless it
    looks like a misspelling of one that it mentions.
    """
    same = of_same_instance(schema)
    known = [name for subschema in same for name in subschema.get("properties", {})]
    if field in known:
        return None
    expressions = [name for subschema in same for name in subschema.get("patternProperties", {})]
    if any(re.search(expression, field) for expression in expressions):
        return None
    hint = did_you_mean(field, known)
    closed = any(
        subschema.get(keyword) is False
        for subschema in same
        for keyword in ("additionalProperties", "unevaluatedProperties")
    )
    if closed:
        listed = f"; it has {', '.join(known)}" if known else ""
        return f"is no member of a record by schema.json{hint or listed}"
    return f"is not in schema.json{hint}" if hint else None


def field_types(schema: Mapping[str, Any], field: str) -> set[str]:
    """Return the types that the schema allows a field; empty when it does not say."""
    types: set[str] = set()
    for subschema in of_same_instance(schema):
        member = subschema.get("properties", {}).get(field)
        if not isinstance(member, dict):
            continue
        for described in of_same_instance(schema, member):
            declared = described.get("type", [])
            types |= set(declared if isinstance(declared, list) else [declared])
    return types
