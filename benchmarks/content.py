"""The objects of the benchmarks: any size, never stored, the same bytes at every reading.

A record is a function of its number, and a hundred records always take the same number of bytes, so
that any range of an object can be made without what comes before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Format = Literal["jsonl", "json", "csv"]

_BLOCK = 100  # records; the fields that differ in width repeat with this period
_KINDS = ("purchase", "checkout", "register", "pageview")
_COLORS = ("red", "green", "blue", "black", "white")
_WORDS = b"sent by the shop in two parcels because the customer had asked for it "
_CSV_HEADER = b"id,time,source,eventType,customerId,amount,quantity,active,note,attributes\n"

# The three that differ from block to block: id, time of day and customer, of fixed width.
_JSON = (
    b'{"id":"evt-%%08d","time":"2026-11-20T%%02d:%%02d:%%02dZ","source":"shop-eu-%d",'
    b'"eventType":"%s","customerId":"customer-%%05d","amount":%d.%02d,"quantity":%d,'
    b'"active":%s,"note":"%s","attributes":{"color":"%s","score":0.%02d}}'
)
_CSV = (
    b"evt-%%08d,2026-11-20T%%02d:%%02d:%%02dZ,shop-eu-%d,"
    b"%s,customer-%%05d,%d.%02d,%d,"
    b'%s,%s,"{""color"":""%s"",""score"":0.%02d}"'
)


@dataclass(frozen=True)
class Content:
    """The content of one object.

    Parameters
    ----------
    format : {"jsonl", "json", "csv"}
        JSON Lines, one JSON array, or CSV with a header.
    records : int
        How many; a multiple of 100.
    note_bytes : int
        Length of the text in each record: what makes records large.
    """

    format: Format
    records: int
    note_bytes: int = 64

    @property
    def key(self) -> str:
        """The object's key, which tells all there is to know: see ``of``."""
        return f"events/{self.records}-{self.note_bytes}.{self.format}"

    @classmethod
    def of(cls, key: str) -> Content:
        """Return the content of the object with a key."""
        name, _, suffix = key.removeprefix("events/").rpartition(".")
        records, _, note_bytes = name.partition("-")
        if suffix not in ("jsonl", "json", "csv"):
            raise ValueError(f"{key} has no suffix of jsonl, json, csv")
        return cls(suffix, int(records), int(note_bytes))  # type: ignore[arg-type]

    @classmethod
    def of_size(cls, form: Format, size: int, note_bytes: int) -> Content:
        """Return the smallest content that has at least so many bytes."""
        block = len(cls(form, _BLOCK, note_bytes)._block(0))
        return cls(form, -(-size // block) * _BLOCK, note_bytes)

    @property
    def size(self) -> int:
        """Bytes."""
        blocks = self.records // _BLOCK
        return len(self._head) + blocks * len(self._block(0)) + len(self._foot)

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes from one offset to (not including) another, in pieces."""
        head, foot = self._head, self._foot
        if start < len(head):
            yield head[start:end]
            start = len(head)
        inside, last = len(self._block(0)), self.size - len(foot)
        first_block = (start - len(head)) // inside
        skipped = (start - len(head)) % inside
        position = start
        for number in range(first_block, self.records // _BLOCK):
            if position >= end:
                return
            piece = self._block(number)[skipped : skipped + end - position]
            skipped = 0
            position += len(piece)
            yield piece
        if position < end:
            yield foot[position - last : end - last]

    @property
    def _head(self) -> bytes:
        return {"jsonl": b"", "json": b"[\n", "csv": _CSV_HEADER}[self.format]

    @property
    def _foot(self) -> bytes:
        return b"]\n" if self.format == "json" else b""

    def _block(self, number: int) -> bytes:
        template = _template(self.format, self.note_bytes)
        values: list[int] = []
        for index in range(number * _BLOCK, (number + 1) * _BLOCK):
            seconds = index % 86_400
            values += (index, seconds // 3600, seconds // 60 % 60, seconds % 60, index * 7 % 99_991)
        made = template % tuple(values)
        is_last = self.format == "json" and number == self.records // _BLOCK - 1
        return made[:-2] + b" \n" if is_last else made  # no comma behind the last element


def _template(form: Format, note_bytes: int, _made: dict[tuple[str, int], bytes] = {}) -> bytes:  # noqa: B006
    made = _made.get((form, note_bytes))
    if made is None:
        line = _CSV if form == "csv" else _JSON
        end = b",\n" if form == "json" else b"\n"
        made = b"".join(line % _fields(index, note_bytes) + end for index in range(_BLOCK))
        _made[form, note_bytes] = made
    return made


def _fields(index: int, note_bytes: int) -> tuple[object, ...]:
    """Return the fields that repeat every hundred records."""
    turned = index % len(_WORDS)
    note = ((_WORDS[turned:] + _WORDS[:turned]) * (note_bytes // len(_WORDS) + 1))[:note_bytes]
    return (
        index % 7,
        _KINDS[index % 4].encode(),
        index * 37 % 1900 + 1,
        index * 13 % 100,
        index % 12 + 1,
        b"true" if index % 3 else b"false",
        note.strip().ljust(note_bytes, b"."),
        _COLORS[index % 5].encode(),
        index * 29 % 100,
    )
