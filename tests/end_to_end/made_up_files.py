"""Files as they arrive in the world, with what has to become of each of their records."""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PARCELS = """
formats = ["csv", "json", "jsonl"]

[record]
id = ["Sendung Nr."]
timestamp = "Datum"
timestamp_format = "%d.%m.%Y %H:%M"
timezone = "Europe/Berlin"
"""
_PARCEL_SCHEMA = {
    "type": "object",
    "properties": {
        "Sendung Nr.": {"type": "string", "minLength": 3},
        "Datum": {"type": "string"},
        "Größe (cm)": {"type": "number", "exclusiveMinimum": 0},
        "Bemerkung": {"type": "string"},
    },
    "required": ["Sendung Nr.", "Datum", "Größe (cm)"],
}
# The second dataset has a schema and nothing else: every default is in use.
_READING_SCHEMA = {"type": "object", "required": ["value"]}


@dataclass(frozen=True)
class MadeUpFile:
    """A file and what becomes of its records.

    Parameters
    ----------
    dataset, name
        Where it is.
    content
        Its bytes.
    stored, superseded, rejected
        Records that end so.
    why
        A part of each rejected record's reasons, in the order of the records.
    failure
        A part of the reason why the object cannot be read to its end; empty when it can.
    """

    dataset: str
    name: str
    content: bytes
    stored: int = 0
    superseded: int = 0
    rejected: int = 0
    why: Sequence[str] = ()
    failure: str = ""

    @property
    def counts(self) -> dict[str, int]:
        read = self.stored + self.superseded + self.rejected
        return {
            "read": read,
            "stored": self.stored,
            "superseded": self.superseded,
            "rejected": self.rejected,
        }


def write_input(folder: Path) -> Path:
    """Write the files with their datasets as a user would, and return the folder."""
    for name, schema in (("parcels", _PARCEL_SCHEMA), ("readings", _READING_SCHEMA)):
        (folder / name).mkdir(parents=True)
        (folder / name / "schema.json").write_text(json.dumps(schema))
    (folder / "parcels" / "dataset.toml").write_text(_PARCELS)
    for each in FILES:
        path = folder / each.dataset / each.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(each.content)
    # A suffix that no format has: no rule announces it, and nothing waits for it.
    (folder / "parcels" / "notes.txt").write_text("not data")
    return folder


def _parcel(number: str, **more: Any) -> dict[str, Any]:
    parcel = {"Sendung Nr.": number, "Datum": "24.12.2026 18:30", "Größe (cm)": 12.5}
    return {**parcel, **more}


def _lines(*records: Any) -> bytes:
    texts = (each if isinstance(each, str) else json.dumps(each) for each in records)
    return "".join(f"{text}\n" for text in texts).encode()


def _csv(*rows: str, end: str = "\n") -> bytes:
    return end.join(("Sendung Nr.,Datum,Größe (cm),Bemerkung", *rows, "")).encode()


def _parcels() -> Iterator[MadeUpFile]:
    def parcels(name: str, content: bytes, **expected: Any) -> MadeUpFile:
        return MadeUpFile("parcels", name, content, **expected)

    good = "A-1,31.10.2026 02:30,3.5,"
    yield parcels(
        "other dates.csv",
        _csv(good, "A-2,1.1.2027 0:00,7,", "A-3,12/31/2026,7,", "A-4,24.12.2026 18:30,wide,"),
        stored=2,
        rejected=2,
        why=['/Datum "12/31/2026"', '/Größe (cm) "wide"'],
    )
    yield parcels(
        "byte-order mark and CRLF.csv",
        b"\xef\xbb\xbf" + _csv('B-1,24.12.2026 18:30,1,"a ""b"",\r\nc"', end="\r\n"),
        stored=1,
    )
    yield parcels("header only.csv", _csv())
    yield parcels("empty.csv", b"")
    yield parcels("empty.json", b"")
    yield parcels("blank lines.jsonl", b"\n  \n\n")
    yield parcels(
        "too many cells.csv",
        _csv("C-1,24.12.2026 18:30,1,ok", "C-2,24.12.2026 18:30,1,a,b,c"),
        stored=1,
        rejected=1,
        why=["the row has 6 cells, the header 4"],
    )
    yield parcels(
        "größe+und länge/ein array.json",
        json.dumps([_parcel("D-1"), _parcel("D-2"), _parcel("D-3", Datum=5)]).encode(),
        stored=2,
        rejected=1,
        why=["/Datum 5 is not of type"],
    )
    yield parcels(
        "repeated.jsonl.gz",
        gzip.compress(_lines(_parcel("E-1"), _parcel("E-2"), _parcel("E-1", Bemerkung="later"))),
        stored=2,
        superseded=1,
    )
    yield parcels(
        "50%+1 & more.jsonl",
        _lines(_parcel("F-1"), _parcel("F-1"), "[]", "null"),
        stored=1,
        superseded=1,
        rejected=2,
        why=["is an array", "is null"],
    )
    yield parcels(
        "truncated.json",
        json.dumps([_parcel("G-1"), _parcel("G-2"), _parcel("G-3")]).encode()[:-20],
        stored=2,
        rejected=1,
        why=["the array is cut off"],
    )


def _readings() -> Iterator[MadeUpFile]:
    def readings(name: str, content: bytes, **expected: Any) -> MadeUpFile:
        return MadeUpFile("readings", name, content, **expected)

    yield readings(
        "duplicate keys.jsonl",
        _lines('{"value": 1, "value": 2}', '{"value": 3}', '{"value": 3}'),
        stored=1,
        superseded=1,
        rejected=1,
        why=['member "value" more than once'],
    )
    yield readings(
        "not numbers.jsonl",
        _lines('{"value": NaN}', '{"value": -Infinity}', '{"value": "NaN"}'),
        stored=1,
        rejected=2,
        why=["NaN is no JSON number", "-Infinity is no JSON number"],
    )
    yield readings(
        "huge numbers.jsonl",
        _lines(
            '{"value": ' + "9" * 38 + "}",
            '{"value": ' + "9" * 39 + "}",
            '{"value": 1e126}',
            '{"value": 1.5e125}',
        ),
        stored=2,
        rejected=2,
        why=["/value the number has 39", "/value the number is of magnitude 1E+126"],
    )
    yield readings(
        "over 400 KB.jsonl",
        _lines({"value": "x" * 300_000}, {"value": "y" * 450_000}, {"value": "z" * 2_000_000}),
        stored=1,
        rejected=2,
        why=["takes 450367 bytes; DynamoDB allows 409600", "takes 2000367 bytes"],
    )
    yield readings(
        "binary rubbish.jsonl",
        b"\x00\x01\xff\xfe\n\x89PNG\r\n" + _lines({"value": "good"}),
        stored=1,
        rejected=2,
        why=["not UTF-8: byte 0xff", "not UTF-8: byte 0x89"],
    )
    yield readings(
        "no gzip.jsonl.gz", b"plain text\n", rejected=1, why=["is no gzip"], failure="is no gzip"
    )
    yield readings(
        "cut.jsonl.gz",
        gzip.compress(_lines(*({"value": number} for number in range(3))))[:-12],
        stored=2,
        rejected=1,
        why=["gzip data is cut off"],
        failure="gzip data is cut off",
    )
    yield readings("empty key.jsonl", _lines('{"value": 1, "": 2}'), rejected=1, why=["empty name"])


FILES = (*_parcels(), *_readings())
