"""What the intrinsic functions do, one by one.

Source: Step Functions Developer Guide, "Intrinsics for JSONPath states in Step Functions".
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_LIST = 1000
MAX_TEXT = 10_000
HASHES = {
    "MD5": "md5",
    "SHA-1": "sha1",
    "SHA-256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
}


class WrongArgumentsError(ValueError):
    """A function cannot do anything with what it got; the message says why."""


def text_of(value: Any) -> str:
    """Return a value as compact JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise WrongArgumentsError(f"{text_of(value)[:100]} is no array")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise WrongArgumentsError(f"{text_of(value)[:100]} is no string")
    return value


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongArgumentsError(f"{text_of(value)[:100]} is no number")
    return round(value)


def _format(template: Any, *values: Any) -> str:
    parts = re.split(r"(?<!\\)\{\}", _text(template))
    if len(parts) - 1 != len(values):
        raise WrongArgumentsError(f"{len(parts) - 1} places for {len(values)} values")
    found = parts[0]
    for value, part in zip(values, parts[1:], strict=True):
        found += (value if isinstance(value, str) else text_of(value)) + part
    return re.sub(r"\\([{}\\])", r"\1", found)


def _string_to_json(text: Any) -> Any:
    try:
        return json.loads(_text(text))
    except ValueError as wrong:
        raise WrongArgumentsError(f"the string is no JSON: {wrong}") from wrong


def _partition(values: Any, size: Any) -> list[list[Any]]:
    given, number = _list(values), _integer(size)
    if number < 1:
        raise WrongArgumentsError("the size of a chunk must be 1 or more")
    return [given[at : at + number] for at in range(0, len(given), number)]


def _same(left: Any, right: Any) -> bool:
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _contains(values: Any, value: Any) -> bool:
    return any(_same(each, value) for each in _list(values))


def _range(first: Any, last: Any, stride: Any) -> list[int]:
    begin, end, step = _integer(first), _integer(last), _integer(stride)
    if step == 0:
        raise WrongArgumentsError("the increment must not be 0")
    found = range(begin, end + (1 if step > 0 else -1), step)
    if len(found) > MAX_LIST:
        raise WrongArgumentsError(f"more than {MAX_LIST} elements")
    return list(found)


def _item(values: Any, index: Any) -> Any:
    given, at = _list(values), _integer(index)
    if not 0 <= at < len(given):
        raise WrongArgumentsError(f"there is no element {at}")
    return given[at]


def _unique(values: Any) -> list[Any]:
    found: list[Any] = []
    for each in _list(values):
        if not _contains(found, each):
            found.append(each)
    return found


def _short(text: Any) -> bytes:
    given = _text(text)
    if len(given) > MAX_TEXT:
        raise WrongArgumentsError(f"the string is longer than {MAX_TEXT} characters")
    return given.encode()


def _decode(text: Any) -> str:
    try:
        return base64.b64decode(_short(text), validate=True).decode()
    except ValueError as wrong:
        raise WrongArgumentsError("the string is no base64 of UTF-8") from wrong


def _hash(value: Any, algorithm: Any) -> str:
    if algorithm not in HASHES:
        raise WrongArgumentsError(f"the algorithm must be one of {', '.join(HASHES)}")
    text = value if isinstance(value, str) else text_of(value)
    return hashlib.new(HASHES[algorithm], _short(text), usedforsecurity=False).hexdigest()


def _merge(first: Any, second: Any, deep: Any) -> dict[str, Any]:
    if not isinstance(first, dict) or not isinstance(second, dict):
        raise WrongArgumentsError("only objects are merged")
    if deep is not False:
        raise WrongArgumentsError("only the shallow merge exists: the third argument is false")
    return {**first, **second}


def _random(first: Any, end: Any, *seed: Any) -> int:
    generator = random.Random(*(_integer(each) for each in seed))  # noqa: S311 - ASL's own
    begin, last = _integer(first), _integer(end)
    if last <= begin:
        raise WrongArgumentsError("the end must be above the beginning")
    return generator.randrange(begin, last)


def _split(text: Any, separators: Any) -> list[str]:
    parts = re.split("[" + re.escape(_text(separators)) + "]", _text(text))
    return [part for part in parts if part]


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "States.Array": lambda *values: list(values),
    "States.ArrayContains": _contains,
    "States.ArrayGetItem": _item,
    "States.ArrayLength": lambda values: len(_list(values)),
    "States.ArrayPartition": _partition,
    "States.ArrayRange": _range,
    "States.ArrayUnique": _unique,
    "States.Base64Decode": _decode,
    "States.Base64Encode": lambda text: base64.b64encode(_short(text)).decode(),
    "States.Format": _format,
    "States.Hash": _hash,
    "States.JsonMerge": _merge,
    "States.JsonToString": text_of,
    "States.MathAdd": lambda first, second: _integer(first) + _integer(second),
    "States.MathRandom": _random,
    "States.StringSplit": _split,
    "States.StringToJson": _string_to_json,
    "States.UUID": lambda: str(uuid.uuid4()),
}
