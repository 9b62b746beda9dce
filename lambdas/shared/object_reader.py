"""From the bytes of one object version to items and rejections, streaming, in bounded memory."""

from collections.abc import Iterable, Iterator
from typing import Any

from shared.csv_records import csv_records
from shared.csv_rows import csv_rows
from shared.datasets import SUFFIXES, Dataset
from shared.framing import RECORD_LIMIT, Frame, unreadable_object
from shared.items import STATUS_SHARDS
from shared.json_documents import json_documents
from shared.json_text import NotJsonError, has_more_parts, parse_json
from shared.object_text import ObjectText
from shared.objects import ObjectVersion
from shared.record_items import RecordItems
from shared.records import Reason, Rejection, StoredItem, UnreadableObject
from shared.text_lines import json_lines
from shared.wire import LARGEST_ITEM, MOST_PARTS


def read_items(
    dataset: Dataset,
    version: ObjectVersion,
    chunks: Iterable[bytes],
    *,
    record_limit: int = RECORD_LIMIT,
    status_shards: int = STATUS_SHARDS,
) -> Iterator[StoredItem | Rejection]:
    """Read an object version.

    Every record is yielded once, in the order of the object; the result does not depend on how
    the bytes are cut into chunks. At most a few times ``record_limit`` is in memory.

    Parameters
    ----------
    dataset : Dataset
        What the object belongs to.
    version : ObjectVersion
        The object; its key's suffix tells the format.
    chunks : iterable of bytes
        Its bytes, as S3 has them (compressed or not); 1 MB each is a good size. An error that it
        raises passes through.
    record_limit : int
        Bytes of one record that are kept at most; a longer one is rejected by its place alone.
    status_shards : int
        Shards of the status index.

    Raises
    ------
    UnreadableObject
        After the last record: the rest of the object cannot be read. A rejection that stands for
        the rest was yielded before.
    """
    text = ObjectText(chunks, version.key)
    if text.is_foreign:
        yield unreadable_object(text, record_limit)
    else:
        records = RecordItems(dataset, version, status_shards)
        yield from _outcomes(dataset, version, text, records, record_limit)
    if text.failure is not None:
        raise UnreadableObject(text.failure)


def _outcomes(
    dataset: Dataset, version: ObjectVersion, text: ObjectText, records: RecordItems, limit: int
) -> Iterator[StoredItem | Rejection]:
    form = format_of(version.key)
    if form == "csv":
        for row in csv_records(csv_rows(text, limit), dataset.schema):
            yield row if isinstance(row, Rejection) else records.outcome(row.frame, row.record)
        return
    for frame in (json_lines if form == "jsonl" else json_documents)(text, limit):
        yield frame if isinstance(frame, Rejection) else _json_outcome(records, frame)


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
