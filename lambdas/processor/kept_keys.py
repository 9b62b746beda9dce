"""The keys of records that earlier legs or other parts have stored, kept in S3 until the end.

Only what takes more than one leg needs them: how many records were superseded is counted over all.
A lifecycle rule of the bucket removes them after some days.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from botocore.exceptions import ClientError

from processor.deadline import NoProgressError, OutOfTimeError
from processor.work import Work
from shared.aws_clients import is_transient
from shared.distinct_keys import TooManyKeysError, count_buckets
from shared.ledger_entries import Counts
from shared.quarantine import key_of

_MEMORY = 32 * 1024 * 1024
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


def count_keys(
    work: Work, names: Iterable[str], *others: Iterator[bytes], records: int
) -> KeyCount:
    """Count the different ones of kept keys, and of others that were exported.

    Memory is bounded: the more names there are, the smaller are the pieces in which each is read.
    So is the time: what cannot be counted in the second attempt either is estimated, by the
    share of different ones among those that were counted; by none, all count as different.

    Parameters
    ----------
    names : iterable of str
        What `keep_keys` returned.
    others : iterators of bytes
        Exported keys that were not kept.
    records : int
        How many keys there are.

    Raises
    ------
    NoProgressError
        The time does not suffice, in the first attempt.
    """
    keys = [_key(work, name) for name in names]
    piece = _MEMORY // max(len(keys), 1)
    piece = max(_SMALLEST_PIECE, min(piece, _LARGEST_PIECE))
    streams = [work.to.quarantine.read(key, piece) for key in keys]
    counted = distinct = 0
    try:
        for bucket in count_buckets([_within_time(work, each) for each in (*streams, *others)]):
            counted += bucket.keys
            distinct += bucket.distinct
    except TooManyKeysError:
        return KeyCount(records, is_estimated=True)
    except (OutOfTimeError, ClientError) as error:
        if is_transient(error):
            raise
        if not work.was_tried_before:
            raise NoProgressError("the keys of all records could not be counted") from error
        share = distinct / counted if counted else 1.0
        return KeyCount(round(records * share), is_estimated=True)
    return KeyCount(distinct)


def _within_time(work: Work, pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        work.invocation.deadline.check()
        yield piece


def _key(work: Work, name: str) -> str:
    place = f"{work.version_id}-{name}.keys"
    return key_of("checkpoints", work.dataset.name, work.created.key, place)
