"""The records of a request, judged as those of a file: by the same reader, from the same bytes."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from api.envelope import Envelope
from shared.datasets import Dataset, request_key
from shared.object_reader import read_items
from shared.objects import ObjectVersion
from shared.records import Rejection, StoredItem

_MOST_ERRORS = 1000
_MOST_BYTES = 1_000_000
"""Of the reasons that are told: Lambda's answers are bounded."""

_LONGEST_POINTER = 500
# The lengths are those of real ones, since they count in the size of an item: S3's version ids
# have 32 characters, an id has 32 digits.
_VERSION = "0" * 32
_ID = "0" * 32
_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
_SORTED = msgspec.json.Encoder(order="sorted").encode


class Error(Struct, frozen=True):
    """One reason why a record is not valid.

    Parameters
    ----------
    pointer : str
        JSON Pointer into the body.
    detail : str
        One sentence for a person.
    """

    pointer: str
    detail: str


class Judgement(Struct, frozen=True):
    """What the records are.

    Parameters
    ----------
    records, rejected : int
        How many they are, and how many of them are not valid.
    errors : list of Error
        All reasons; the last one tells when there are more than these.
    digest : str
        SHA-256 in hexadecimal of dataset, onInvalid and records; neither the order of members nor
        the way in which a number is written counts.
    """

    records: int
    rejected: int
    errors: list[Error]
    digest: str


def judge(dataset: Dataset, envelope: Envelope) -> Judgement:
    """Judge the records of a body."""
    digest = hashlib.sha256(_SORTED([dataset.name, envelope.on_invalid]))
    errors = _Errors()
    rejected = count = 0
    for outcome in _outcomes(dataset, envelope.content):
        if isinstance(outcome, Rejection):
            rejected += 1
            for reason in outcome.reasons:
                errors.add(envelope.pointer(count) + reason.pointer, reason.message)
            canonical = b"rejected" + (outcome.raw or b"")
        else:
            canonical = _SORTED(msgspec.json.decode(outcome.encoded)["data"])
        digest.update(b"%d:%b" % (len(canonical), canonical))
        count += 1
    return Judgement(count, rejected, errors.told, digest.hexdigest())


def _outcomes(dataset: Dataset, content: bytes) -> Iterator[StoredItem | Rejection]:
    version = ObjectVersion(
        dataset=dataset.name,
        bucket="",
        key=request_key(dataset.name, _ID),
        version_id=_VERSION,
        last_modified=_MOMENT,
        size=len(content),
    )
    return read_items(dataset, version, lambda offset: iter((content[offset:],)))


class _Errors:
    """Reasons, as many as can be told."""

    def __init__(self) -> None:
        self.told: list[Error] = []
        self._bytes = 0
        self._is_full = False

    def add(self, pointer: str, detail: str) -> None:
        if self._is_full:
            return
        error = Error(pointer[:_LONGEST_POINTER], detail)
        self._bytes += len(error.pointer.encode()) + len(detail.encode())
        if len(self.told) >= _MOST_ERRORS or self._bytes > _MOST_BYTES:
            self._is_full = True
            error = Error("", f"there are more than these {len(self.told)} reasons")
        self.told.append(error)
