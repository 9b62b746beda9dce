"""What becomes of one record: an item, or a rejection with every reason."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from shared.datasets import Dataset
from shared.framing import Frame
from shared.identity import InvalidKeyError, record_id_of, timestamp_of
from shared.items import STATUS_SHARDS, ItemBuilder
from shared.json_text import repeated_names
from shared.numbers_exact import is_tame
from shared.objects import ObjectVersion
from shared.records import Reason, Rejection, StoredItem
from shared.validation import record_validator
from shared.wire import (
    LARGEST_ITEM,
    LARGEST_NAME,
    UnstorableError,
    item_size,
    unstorable_members,
    wire_map,
)


class RecordItems:
    """Makes items of the records of one object version.

    Parameters
    ----------
    dataset : Dataset
        What the records are.
    version : ObjectVersion
        Where they are.
    shards : int
        Shards of the status index.
    """

    def __init__(
        self, dataset: Dataset, version: ObjectVersion, shards: int = STATUS_SHARDS
    ) -> None:
        self._validator = record_validator(dataset.schema)
        self._is_valid = self._validator.is_valid
        self._record_id = record_id_of(dataset)
        self._timestamp = timestamp_of(dataset, version)
        self._stored_item = ItemBuilder(dataset, version, shards).stored_item

    def outcome(
        self, frame: Frame, record: dict[str, Any], *, names_in_text: bool = False
    ) -> StoredItem | Rejection:
        """Return the record's item, or its rejection.

        Parameters
        ----------
        frame : Frame
            The record's place and text.
        record : dict
            The record; its numbers are `int` and `Decimal`.
        names_in_text : bool
            Whether the text is JSON, in which a member name may be repeated.
        """
        position, line, raw = frame
        try:
            # First what DynamoDB can hold: it bounds the numbers and the depth for what follows.
            data, strings = wire_map(record)
            if not self._is_valid(record):
                return self._rejection(frame, record, names_in_text=names_in_text)
            item = self._stored_item(
                self._record_id(record, data), self._timestamp(record), position, line, data
            )
        except (UnstorableError, InvalidKeyError):
            return self._rejection(frame, record, names_in_text=names_in_text)
        # DynamoDB counts fewer bytes than the item's JSON has: where that is short, neither the
        # item nor a name in it is too large.
        size = item_size(item.item) if len(item.encoded) > LARGEST_NAME else 0
        is_too_large = size > LARGEST_ITEM or (size > 0 and any(unstorable_members(record)))
        if is_too_large or (names_in_text and repeated_names(raw, strings)):
            return self._rejection(frame, record, names_in_text=names_in_text, size=size)
        return item

    def _rejection(
        self, frame: Frame, record: dict[str, Any], *, names_in_text: bool, size: int = 0
    ) -> Rejection:
        """Ask again whatever could be wrong, this time for the reasons."""
        reasons = list(unstorable_members(record))
        is_measured = not reasons
        # Deep nesting and numbers like 1E+999999999 are stopped before they reach a validator.
        if is_measured or _is_harmless(record):
            reasons += self._validator.reasons(record)
            if names_in_text:
                reasons += _repetitions(frame.raw)
        reasons += self._key_reasons(record, is_measured=is_measured)
        if size > LARGEST_ITEM:
            message = f"the item takes {size} bytes; DynamoDB allows {LARGEST_ITEM}"
            reasons.append(Reason("", message))
        position, line, raw = frame
        return Rejection(position, line, len(raw), raw, tuple(dict.fromkeys(reasons)))

    def _key_reasons(self, record: dict[str, Any], *, is_measured: bool) -> Iterator[Reason]:
        try:
            self._record_id(record, wire_map(record)[0] if is_measured else {})
        except InvalidKeyError as error:
            yield error.reason
        try:
            self._timestamp(record)
        except InvalidKeyError as error:
            yield error.reason


def _repetitions(raw: bytes) -> Iterator[Reason]:
    for name in repeated_names(raw, -1):
        yield Reason("", f'one object has the member "{name[:100]}" more than once')


def _is_harmless(record: object) -> bool:
    """Tell whether the depth and all numbers are such that a validator can work with them."""
    level: list[object] = [record]
    for _ in range(64):
        if not level:
            return True
        level = [inner for value in level for inner in _inside(value)]
        if any(isinstance(value, Decimal) and not is_tame(value) for value in level):
            return False
    return False


def _inside(value: object) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
