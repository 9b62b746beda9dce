"""Items as their readers get them: JSON, numbers to the last digit."""

from typing import Any

import msgspec

from shared.records import WireItem

_ENCODE = msgspec.json.Encoder().encode
_TOLD = (
    *("recordId", "timestamp", "dataset", "status", "objectId", "position", "line", "expiresAt"),
    *("data", "reasons", "reasonCount", "quarantineKey", "quarantineLine"),
)
"""Attributes that are no one else's business are left out: keys of the index, ranks."""

MOST_BYTES = 5_500_000
"""Of a page: Lambda's answers end at 6 MiB ("Lambda quotas"), written as JSON in JSON."""


class Documents:
    """The items of a page, until it is full."""

    def __init__(self) -> None:
        self._items: list[msgspec.Raw] = []
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._items)

    def add(self, item: WireItem) -> bool:
        """Add an item; return whether there was room. There always is for the first."""
        document = _ENCODE(_document(item))
        size = _size_in_answer(document)
        if self._items and self._bytes + size > MOST_BYTES:
            return False
        self._items.append(msgspec.Raw(document))
        self._bytes += size
        return True

    def page(self, cursor: str | None) -> dict[str, Any]:
        """Return the page.

        Parameters
        ----------
        cursor : str or None
            Of the next page.
        """
        return {"items": self._items} | ({"nextCursor": cursor} if cursor else {})


def _document(item: WireItem) -> dict[str, Any]:
    return {name: _value(item[name]) for name in _TOLD if name in item}


def _value(wire: WireItem) -> Any:
    ((kind, content),) = wire.items()
    if kind == "N":
        return msgspec.Raw(content.encode())
    if kind == "M":
        return {name: _value(member) for name, member in content.items()}
    if kind == "L":
        return [_value(element) for element in content]
    return None if kind == "NULL" else content


def _size_in_answer(document: bytes) -> int:
    """Return the most bytes that a document takes as part of a JSON string.

    Quotation marks and backslashes are escaped. A letter beyond ASCII may be written as an escape:
    up to four bytes more for each byte that UTF-8 needs beyond one.
    """
    size = len(document) + document.count(b'"') + document.count(b"\\")
    return size if document.isascii() else size + 4 * (len(document) - len(document.decode()))
