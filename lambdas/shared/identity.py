"""The key of a record: its id and its time."""

import hashlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from shared.datasets import Dataset
from shared.numbers_exact import number_text
from shared.objects import ObjectVersion
from shared.pointers import field_path, json_pointer, member_at
from shared.records import Reason, WireItem
from shared.timestamps import TimestampError, timestamp_reader
from shared.wire import text_size

LARGEST_PARTITION_KEY = 2048
"""Bytes of a partition key's value ("Quotas in Amazon DynamoDB")."""

_SORTED = msgspec.json.Encoder(order="sorted")


class InvalidKeyError(Exception):
    """A record whose key cannot be formed.

    Parameters
    ----------
    reason : Reason
        Where and why.
    """

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(message)
        self.reason = Reason(pointer, message)


def record_id_of(dataset: Dataset) -> Callable[[dict[str, Any], WireItem], str]:
    """Return the function from a record (and its wire form) to its record id.

    The id is ``<dataset>#<id>``. With one id field the id is the field's text. With several, they
    are joined with "#", and a "#" or "%" inside one of them is written ``%23`` or ``%25``, so
    that different fields never give the same id. Numbers have their canonical text (``1.0`` is
    ``1``), booleans are ``true`` and ``false``. Without id fields the id is the SHA-256 of the
    content: of the members in wire form, sorted by name, numbers canonical; neither the order of
    the members nor the way a number was written counts.

    Raises
    ------
    InvalidKeyError
        By the returned function: an id field is missing, null, empty, an object or an array, or
        the record id is longer than DynamoDB's 2048 bytes.
    """
    prefix = f"{dataset.name}#"
    if dataset.id_fields is None:
        return lambda _, wire: f"{prefix}{hashlib.sha256(_SORTED.encode(wire)).hexdigest()}"
    paths = [field_path(field) for field in dataset.id_fields]
    if len(paths) == 1:
        (only,) = paths
        return lambda record, _: _limited(f"{prefix}{_id_text(record, only)}", only)
    return lambda record, _: _limited(
        prefix + "#".join([_escaped(_id_text(record, path)) for path in paths]), paths[0]
    )


def timestamp_of(dataset: Dataset, version: ObjectVersion) -> Callable[[dict[str, Any]], str]:
    """Return the function from a record to its timestamp in UTC.

    Raises
    ------
    InvalidKeyError
        By the returned function: the field is missing or is no time in the dataset's format.
    """
    if dataset.timestamp_field is None:
        modified = version.modified_text
        return lambda _: modified
    path = field_path(dataset.timestamp_field)
    pointer = json_pointer(path)
    read = timestamp_reader(dataset.timestamp_format, dataset.timezone)

    def timestamp(record: dict[str, Any]) -> str:
        value = record.get(path[0]) if len(path) == 1 else member_at(record, path)
        if type(value) is str:
            try:
                return read(value)
            except TimestampError as error:
                raise InvalidKeyError(pointer, str(error)) from None
        if value is None:
            raise InvalidKeyError(pointer, "the record's time is missing or null")
        if isinstance(value, int | Decimal) and dataset.timestamp_format is not None:
            return _numeric_time(read, value, pointer)
        raise InvalidKeyError(pointer, "the record's time must be a string")

    return timestamp


def _numeric_time(read: Callable[[str], str], value: int | Decimal, pointer: str) -> str:
    """Read a time such as 20260131 that stands in a record as number."""
    text = None if isinstance(value, bool) else number_text(value)
    if text is None:
        raise InvalidKeyError(pointer, "the record's time must be a string")
    try:
        return read(text)
    except TimestampError as error:
        raise InvalidKeyError(pointer, str(error)) from None


def _id_text(record: dict[str, Any], path: tuple[str, ...]) -> str:
    value = record.get(path[0]) if len(path) == 1 else member_at(record, path)
    if type(value) is str and value:
        return value
    if value is None or value == "":
        kind = "empty" if value == "" else "missing or null"
        raise InvalidKeyError(json_pointer(path), f"an id field may not be {kind}")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        text = number_text(value)
        if text is not None:
            return text
    raise InvalidKeyError(json_pointer(path), "an id field must be a string, a number or a boolean")


def _escaped(part: str) -> str:
    if "#" in part or "%" in part:
        return part.replace("%", "%25").replace("#", "%23")
    return part


def _limited(record_id: str, path: tuple[str, ...]) -> str:
    too_long = len(record_id) * 4 > LARGEST_PARTITION_KEY and (
        text_size(record_id) > LARGEST_PARTITION_KEY
    )
    if too_long:
        raise InvalidKeyError(
            json_pointer(path),
            f"the record id takes {text_size(record_id)} bytes; "
            f"DynamoDB allows {LARGEST_PARTITION_KEY}",
        )
    return record_id
