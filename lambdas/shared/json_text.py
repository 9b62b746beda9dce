"""Strict JSON (RFC 8259, RFC 7493): numbers stay exact, a repeated member name is no JSON."""

import json
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_DEEPEST = 200
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
# The closing quote may be missing: otherwise a text of quotes would be tried from each of them.
_BRACKETS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{]|[\]}]', re.DOTALL)
_PARTS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{,]', re.DOTALL)
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")


class NotJsonError(Exception):
    """The text is not JSON as this project reads it.

    Parameters
    ----------
    message : str
        Why, in one sentence.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def parse_json(text: bytes) -> Any:
    """Parse one JSON value; numbers become `int` or, with a point or exponent, `Decimal`.

    Raises
    ------
    NotJsonError
        The text is no JSON, is not UTF-8, nests too deep, or has a number that no `Decimal` can
        hold. A repeated member name is not found here: see `repeated_names`.
    """
    try:
        return _DECODER.decode(text)
    except (
        msgspec.DecodeError,
        UnicodeDecodeError,
        InvalidOperation,
        RecursionError,
    ) as error:
        raise NotJsonError(_explain(text, error)) from None


def has_more_parts(text: bytes, most: int) -> bool:
    """Tell whether a JSON text has more members, elements, objects and arrays than a number.

    A few megabytes of brackets become hundreds of megabytes when they are parsed; this takes none.
    Commas and opening brackets outside strings are counted.
    """
    if text.count(b",") + text.count(b"[") + text.count(b"{") <= most:
        return False
    count = 0
    for token in _PARTS.finditer(text):
        count += token[0][:1] != b'"'
        if count > most:
            return True
    return False


def repeated_names(text: bytes, strings: int) -> list[str]:
    """Return the member names that one object of a JSON text has more than once (RFC 7493, 2.3).

    Parameters
    ----------
    text : bytes
        A text that `parse_json` accepts.
    strings : int
        Number of strings, names of members among them, at all levels of what it made of the text.
        A member that was lost to another of its name was one string more at least.
    """
    if b"\\" in text:
        if len(_STRING.findall(text)) == strings:
            return []
    elif text.count(b'"') == 2 * strings:
        return []
    found: dict[str, None] = {}

    def note(pairs: list[tuple[str, Any]]) -> None:
        names: set[str] = set()
        for name, _ in pairs:
            if name in names:
                found[name] = None
            names.add(name)

    json.loads(text, object_pairs_hook=note, parse_int=str, parse_float=str)
    return list(found)


def _explain(text: bytes, error: Exception) -> str:
    if isinstance(error, RecursionError) or _depth(text) > _DEEPEST:
        return "is nested too deeply; DynamoDB takes 32 levels"
    if not text.strip():
        return "is empty"
    try:
        decoded = text.decode()
    except UnicodeDecodeError as wrong:
        byte = text[wrong.start]
        return f"is not UTF-8: byte 0x{byte:02x} at byte {wrong.start} of the record"
    if isinstance(error, InvalidOperation):
        return "has a number with an exponent that is out of range"
    return _explain_syntax(decoded, error)


def _explain_syntax(text: str, error: Exception) -> str:
    constants: list[str] = []
    try:
        value = json.loads(
            text, parse_constant=constants.append, parse_int=str, parse_float=str, strict=True
        )
    except ValueError as wrong:
        if "\0" in text:
            return "is not JSON: it contains NUL bytes"
        return f"is not JSON: {str(wrong)[:1].lower()}{str(wrong)[1:]}"
    if constants:
        return f"is not JSON: {constants[0]} is no JSON number"
    if _has_lone_surrogate(value):
        return "is not JSON text: a \\u escape is half of a surrogate pair"
    if "out of range" in str(error):
        return "has an integer with thousands of digits; DynamoDB holds 38"
    return f"is not JSON: {error}"


def _has_lone_surrogate(value: object) -> bool:
    return any(_LONE_SURROGATE.search(text) for text in _strings(value))


def _strings(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from _strings(member)
    elif isinstance(value, list):
        for element in value:
            yield from _strings(element)


def _depth(text: bytes) -> int:
    depth = deepest = 0
    for token in _BRACKETS.finditer(text):
        byte = token[0][:1]
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest
