"""From the bytes of one object version to items and rejections, streaming, in bounded memory."""

from collections.abc import Iterator
from typing import Any

from shared.csv_records import csv_records
from shared.csv_rows import csv_rows, csv_rows_from
from shared.datasets import SUFFIXES, Dataset
from shared.framing import RECORD_LIMIT, Frame, unreadable_object
from shared.items import STATUS_SHARDS
from shared.json_documents import json_documents
from shared.json_text import NotJsonError, has_more_parts, parse_json
from shared.object_text import ObjectText, OpenAt
from shared.objects import ObjectVersion
from shared.record_items import RecordItems
from shared.records import Place, Reason, Rejection, StoredItem, UnreadableObject
from shared.text_lines import json_lines
from shared.wire import LARGEST_ITEM, MOST_PARTS


def read_items(
    dataset: Dataset,
    version: ObjectVersion,
    open_at: OpenAt,
    *,
    begin: Place | None = None,
    end: int | None = None,
    record_limit: int = RECORD_LIMIT,
    status_shards: int = STATUS_SHARDS,
) -> Iterator[StoredItem | Rejection]:
    """Read an object version.

    Every record is yielded once, in the order of the object; the result does not depend on how
    the bytes are cut into chunks. At most a few times ``record_limit`` is in memory. Reading can
    stop in front of any record that is not `Rejection.is_last`, and go on with exactly the rest.

    Parameters
    ----------
    dataset : Dataset
        What the object belongs to.
    version : ObjectVersion
        The object; its key's suffix tells the format.
    open_at : callable
        Yields its bytes from an offset on, as S3 has them (compressed or not); 1 MB each is a good
        size. An error that it raises passes through. It is called for offset 0 first, and for
        others only with ``begin``. What it returned may be dropped before its end.
    begin : Place, optional
        Where a record begins: only it and what follows it is yielded. What names the members (the
        header of a CSV) is read again; gzip is decompressed again up to there.
    end : int, optional
        Byte offset; only for JSON Lines without gzip. Only the lines that begin before it are
        yielded, and nothing behind the last of them is read. The lines of adjacent ranges are
        those of the object; if all of it is unreadable, the range that begins with it says so.
    record_limit : int
        Bytes of one record that are kept at most; a longer one is rejected by its place alone.
    status_shards : int
        Shards of the status index.

    Raises
    ------
    ValueError
        There is an ``end``, but the object is no JSON Lines, or gzip.
    UnreadableObject
        After the last record: the rest of the object cannot be read. A rejection that stands for
        the rest was yielded before.
    """
    form = format_of(version.key)
    text = ObjectText(open_at, version.key)
    if end is not None and (form != "jsonl" or text.is_gzip):
        raise ValueError(f"{version.key}: only JSON Lines, uncompressed, can be read up to an end")
    if text.is_foreign:
        if begin is None or not begin.position:
            yield unreadable_object(text, record_limit)
    else:
        records = RecordItems(dataset, version, status_shards)
        if form == "csv":
            yield from _csv_outcomes(text, dataset, records, record_limit, begin)
        else:
            if form == "json":
                frames = json_documents(text, record_limit, begin)
            else:
                if begin is not None:
                    text.go_to(begin)
                frames = json_lines(text, record_limit, end)
            yield from _json_outcomes(frames, records)
    if text.failure is not None:
        raise UnreadableObject(text.failure)


def _csv_outcomes(
    text: ObjectText, dataset: Dataset, records: RecordItems, limit: int, begin: Place | None
) -> Iterator[StoredItem | Rejection]:
    if begin is None:
        rows = csv_records(csv_rows(text, limit), dataset.schema)
    else:
        rows = csv_records(csv_rows_from(text, limit, begin), dataset.schema, begin.position)
    for row in rows:
        if isinstance(row, Rejection):
            yield row
        else:
            frame, record = row
            yield records.outcome(frame, record)


def _json_outcomes(
    frames: Iterator[Frame | Rejection], records: RecordItems
) -> Iterator[StoredItem | Rejection]:
    for frame in frames:
        if isinstance(frame, Rejection):
            yield frame
        else:
            yield _json_outcome(records, frame)


def format_of(key: str) -> str:
    """Return the format that an object's key tells by its suffix."""
    for name, suffixes in SUFFIXES.items():
        if key.endswith(suffixes):
            return name
    raise ValueError(f"{key} has no suffix of {', '.join(SUFFIXES)}")


def _json_outcome(records: RecordItems, frame: Frame) -> StoredItem | Rejection:
    if len(frame[2]) > MOST_PARTS and has_more_parts(frame[2], MOST_PARTS):
        message = f"the record has more than {MOST_PARTS} members and elements; "
        return _rejected(frame, f"{message}DynamoDB allows items of {LARGEST_ITEM} bytes")
    try:
        record = parse_json(frame[2])
    except NotJsonError as error:
        return _rejected(frame, f"the record {error.message}")
    if type(record) is not dict:
        return _rejected(frame, f"the record is {_kind(record)}, not an object")
    return records.outcome(frame, record, names_in_text=True)


def _rejected(frame: Frame, message: str) -> Rejection:
    position, line, raw = frame
    return Rejection(position, line, len(raw), raw, (Reason("", message),))


def _kind(value: Any) -> str:
    names = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
