"""The body of ``POST /process``: what is asked, and the records as they were written.

The records' text is kept byte for byte: it is stored and judged as the content of a file would be.
So the members of the body are found by a scanner that is more lenient than JSON: a NaN is the fault
of its record, not of the body.
"""

import json
import re
from json.decoder import JSONDecodeError
from typing import Any

from msgspec import Struct

from api.problems import wrong_body
from shared.json_text import NotJsonError, parse_json
from shared.notices import LONGEST, wrong_members
from shared.pointers import json_pointer

MOST_RECORDS = 25_000
"""Of one request: they are processed within one invocation."""

_MEMBERS = ("dataset", "record", "records", "onInvalid", "notify")
_DATASET = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", re.ASCII)
_ON_INVALID = ("reject", "quarantine")
_BLANKS = re.compile(r"[ \t\r\n]*")

# The scanner of the standard library, with numbers left as text: none is too long for it.
_DECODER: Any = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
_SCAN = _DECODER.scan_once


class Envelope(Struct, frozen=True):
    """What a body asks for.

    Parameters
    ----------
    dataset : str
        What the records are.
    content : bytes
        The record or the array of records, as it stands in the body.
    is_array : bool
        Whether it is an array.
    on_invalid : str
        "reject" or "quarantine".
    notify : dict or None
        What is to be told, and to whom.
    """

    dataset: str
    content: bytes
    is_array: bool
    on_invalid: str
    notify: dict[str, str] | None

    def pointer(self, number: int) -> str:
        """Return the JSON Pointer to a record of the body, counted from 0."""
        return f"/records/{number}" if self.is_array else "/record"


def read_envelope(body: bytes) -> Envelope:
    """Read a body.

    Raises
    ------
    Problem
        400: it is not JSON, or not such a request; names every member that is wrong.
    """
    members = _members(_text(body))
    errors: list[tuple[str, str]] = []
    found: dict[str, tuple[Any, str]] = {}
    for name, value, raw in members:
        if name not in _MEMBERS:
            allowed = ", ".join(_MEMBERS)
            errors.append((_pointer(name), f"is not one of: {allowed}"))
        elif name in found:
            errors.append((f"/{name}", "is there more than once"))
        else:
            found[name] = (value, raw)
    errors += _dataset_errors(found) + _record_errors(found)
    on_invalid = found["onInvalid"][0] if "onInvalid" in found else _ON_INVALID[0]
    if on_invalid not in _ON_INVALID:
        errors.append(("/onInvalid", f"must be one of: {', '.join(_ON_INVALID)}"))
    notify, wrong = _notification(found["notify"][1]) if "notify" in found else (None, [])
    errors += wrong
    if errors:
        raise wrong_body(*errors)
    is_array = "records" in found
    raw = found["records" if is_array else "record"][1]
    return Envelope(found["dataset"][0], raw.encode(), is_array, on_invalid, notify)


def _text(body: bytes) -> str:
    if not body.strip():
        raise wrong_body(("", "is empty"))
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise wrong_body(("", f"is not UTF-8: byte {error.start} is none of it")) from None


def _members(text: str) -> list[tuple[str, Any, str]]:
    """Return the members of an object: name, value, and the text of the value."""
    try:
        return _scan_members(text)
    except (JSONDecodeError, StopIteration) as error:
        where = error.pos if isinstance(error, JSONDecodeError) else error.value
        why = error.msg if isinstance(error, JSONDecodeError) else "Expecting value"
        raise wrong_body(("", f"is not JSON: {why} at character {where}")) from None
    except RecursionError:
        raise wrong_body(("", "is nested too deeply; DynamoDB takes 32 levels")) from None


def _scan_members(text: str) -> list[tuple[str, Any, str]]:
    at = _skip(text, 0)
    if not text.startswith("{", at):
        _SCAN(text, at)  # raises where it is no JSON either
        raise wrong_body(("", "must be an object"))
    members: list[tuple[str, Any, str]] = []
    at = _skip(text, at + 1)
    if text.startswith("}", at):
        return _ended(text, at + 1, members)
    while True:
        if not text.startswith('"', at):
            raise JSONDecodeError("Expecting property name enclosed in double quotes", text, at)
        name, at = _SCAN(text, at)
        at = _skip(text, at)
        if not text.startswith(":", at):
            raise JSONDecodeError("Expecting ':' delimiter", text, at)
        begin = _skip(text, at + 1)
        value, end = _SCAN(text, begin)
        members.append((name, value, text[begin:end]))
        at = _skip(text, end)
        if text.startswith("}", at):
            return _ended(text, at + 1, members)
        if not text.startswith(",", at):
            raise JSONDecodeError("Expecting ',' delimiter", text, at)
        at = _skip(text, at + 1)


def _ended(text: str, at: int, members: list[tuple[str, Any, str]]) -> list[tuple[str, Any, str]]:
    at = _skip(text, at)
    if at != len(text):
        raise JSONDecodeError("Extra data", text, at)
    return members


def _skip(text: str, at: int) -> int:
    match = _BLANKS.match(text, at)
    return match.end() if match else at


def _dataset_errors(found: dict[str, tuple[Any, str]]) -> list[tuple[str, str]]:
    if "dataset" not in found:
        return [("/dataset", "is missing")]
    value, raw = found["dataset"]
    if not raw.startswith('"') or not _DATASET.fullmatch(value):
        return [("/dataset", "must be the name of a dataset")]
    return []


def _record_errors(found: dict[str, tuple[Any, str]]) -> list[tuple[str, str]]:
    if ("record" in found) == ("records" in found):
        return [("", "must have either record or records")]
    if "record" in found:
        value = found["record"][0]
        return [] if isinstance(value, dict) else [("/record", "must be an object")]
    values = found["records"][0]
    if not isinstance(values, list):
        return [("/records", "must be an array")]
    if not 1 <= len(values) <= MOST_RECORDS:
        return [("/records", f"must have 1 to {MOST_RECORDS} records; it has {len(values)}")]
    wrong = [number for number, value in enumerate(values) if not isinstance(value, dict)]
    return [(f"/records/{number}", "must be an object") for number in wrong[:100]]


def _notification(raw: str) -> tuple[dict[str, str] | None, list[tuple[str, str]]]:
    try:
        value = parse_json(raw.encode())
    except (NotJsonError, UnicodeEncodeError):
        value = None
    if not isinstance(value, dict):
        return None, [("/notify", f"must be an object with {', '.join(LONGEST)}")]
    return value, [(_pointer("notify", name), why) for name, why in wrong_members(value).items()]


def _pointer(*path: str) -> str:
    """Return a JSON Pointer that can be told, also where a name is half of a surrogate pair."""
    return json_pointer(path)[:500].encode(errors="replace").decode()
