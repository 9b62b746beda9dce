"""Items as they are in a stream record, as plain JSON with exact numbers."""

import re
from typing import Any

import msgspec

_JSON_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")


def plain_item(image: dict[str, Any]) -> dict[str, Any]:
    """Return an item's attributes as plain JSON values.

    Numbers keep every digit (DynamoDB has 38, a float has 15), sets become arrays, binary values
    stay in base64 as the event carries them. What is in no form that DynamoDB documents is kept as
    it is: the trail drops nothing.

    Parameters
    ----------
    image : dict
        ``{"attribute": {"S": "..."}, ...}``

    Examples
    --------
    >>> msgspec.json.encode(plain_item({"n": {"N": "1.10"}, "s": {"SS": ["a"]}}))
    b'{"n":1.10,"s":["a"]}'
    """
    return {name: _plain(value) for name, value in image.items()}


def _plain(value: Any) -> Any:
    is_attribute_value = isinstance(value, dict) and len(value) == 1
    plain = value
    match value if is_attribute_value else None:
        case {"N": str(number)}:
            plain = _number(number)
        case {"NS": list(numbers)}:
            plain = [_number(number) for number in numbers]
        case {"M": dict(members)}:
            plain = plain_item(members)
        case {"L": list(elements)}:
            plain = [_plain(element) for element in elements]
        case {"S": str(content)} | {"B": str(content)} | {"BOOL": bool(content)}:
            plain = content
        case {"SS": list(content)} | {"BS": list(content)}:
            plain = content
        case {"NULL": True}:
            plain = None
    return plain


def _number(text: Any) -> Any:
    is_json = isinstance(text, str) and _JSON_NUMBER.fullmatch(text)
    return msgspec.Raw(text.encode()) if is_json else text
