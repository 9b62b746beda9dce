"""The keys of records that earlier legs or other parts have stored, kept in S3 until the end.

Only what takes more than one leg needs them: how many records were superseded is counted over all.
A lifecycle rule of the bucket removes them after some days.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from botocore.exceptions import ClientError

from processor.deadline import OutOfTimeError
from processor.work import Work
from shared.aws_clients import http_status
from shared.distinct_keys import TooManyKeysError, count_buckets
from shared.ledger_entries import Counts
from shared.quarantine import key_of

_MEMORY = 32 * 1024 * 1024
_MOST_COUNTS = 2
"""Whole invocations that may try to count, before the number is estimated."""

_SMALLEST_PIECE, _LARGEST_PIECE = 4 * 1024, 1024 * 1024


def keep_keys(work: Work, begin: int, keys: Iterable[bytes]) -> str:
    """Write the keys of the leg that began at an offset; return their name.

    It carries the claim's: what an invocation wrote that lost its claim is not used.
    """
    name = f"{begin}-{work.claim.claim_id[:8]}"
    to = work.to.quarantine
    with to.create(_key(work, name), content_type="application/octet-stream") as target:
        for piece in keys:
            target.add(piece)
        target.close()
    return name


class KeyCount(NamedTuple):
    """How many different keys there are; estimated where not all could be counted."""

    distinct: int
    is_estimated: bool = False

    def of(self, read: int, rejected: int) -> Counts:
        """Return the accounts of as many records."""
        superseded = read - rejected - self.distinct
        return Counts(read, self.distinct, superseded, rejected, is_estimated=self.is_estimated)


class NotCountedError(Exception):
    """The time does not suffice to count the keys.

    Parameters
    ----------
    estimate : KeyCount
        By the share of different ones among those that were counted; by none, all are different.
    """

    def __init__(self, estimate: KeyCount) -> None:
        super().__init__("the keys of all records could not be counted")
        self.estimate = estimate


def count_at_last(work: Work, names: Iterable[str], *, records: int) -> KeyCount:
    """Count kept keys in an invocation that does nothing else, or estimate them by the last one.

    Raises
    ------
    NotCountedError
        The time does not suffice, and another invocation may try.
    """
    is_last_try = work.invocation.deadline.is_whole and work.begun.stalls + 1 >= _MOST_COUNTS
    try:
        return count_keys(work, names, records=records)
    except NotCountedError as error:
        if not is_last_try:
            raise
        return error.estimate


def count_keys(
    work: Work,
    names: Iterable[str],
    *others: Iterator[bytes],
    records: int,
    spare: float = 0.0,
) -> KeyCount:
    """Count the different ones of kept keys, and of others that were exported.

    Memory is bounded: the more names there are, the smaller are the pieces in which each is read.

    Parameters
    ----------
    names : iterable of str
        What `keep_keys` returned.
    others : iterators of bytes
        Exported keys that were not kept.
    records : int
        How many keys there are.
    spare : float
        Seconds that are needed for something else.

    Raises
    ------
    NotCountedError
        The time does not suffice.
    botocore.exceptions.ClientError
        A fault of operations: it can be mended, and then the keys be counted.
    """
    keys = [_key(work, name) for name in names]
    piece = _MEMORY // max(len(keys), 1)
    piece = max(_SMALLEST_PIECE, min(piece, _LARGEST_PIECE))
    streams = [work.to.quarantine.read(key, piece) for key in keys]
    counted = distinct = 0
    timed = [_within_time(work, each, spare) for each in (*streams, *others)]
    try:
        for bucket in count_buckets(timed):
            counted += bucket.keys
            distinct += bucket.distinct
    except TooManyKeysError:
        return KeyCount(records, is_estimated=True)
    except ClientError as error:
        if http_status(error) != 404:
            raise
        return _estimated(records, counted, distinct)  # the bucket has forgotten them
    except OutOfTimeError as error:
        raise NotCountedError(_estimated(records, counted, distinct)) from error
    return KeyCount(distinct)


def _estimated(records: int, counted: int, distinct: int) -> KeyCount:
    """Return how many are different, as far as those tell that were counted; by none, all are."""
    share = distinct / counted if counted else 1.0
    return KeyCount(round(records * share), is_estimated=True)


def _within_time(work: Work, pieces: Iterator[bytes], spare: float) -> Iterator[bytes]:
    for piece in pieces:
        work.invocation.deadline.check(spare)
        yield piece


def _key(work: Work, name: str) -> str:
    place = f"{work.version_id}-{name}.keys"
    return key_of("checkpoints", work.dataset.name, work.created.key, place)
