"""The keys of records that earlier legs or other parts have stored, kept in S3 until the end.

Only what takes more than one leg needs them: how many records were superseded is counted over all.
A lifecycle rule of the bucket removes them after some days.
"""

from collections.abc import Iterable, Iterator

from processor.deadline import NoProgressError, OutOfTimeError
from processor.work import Work
from shared.distinct_keys import count_distinct
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


def count_keys(work: Work, names: Iterable[str], *others: Iterator[bytes]) -> int:
    """Count the different ones of kept keys, and of others that were exported.

    Memory is bounded: the more names there are, the smaller are the pieces in which each is read.

    Raises
    ------
    NoProgressError
        The time does not suffice.
    """
    keys = [_key(work, name) for name in names]
    piece = _MEMORY // max(len(keys), 1)
    piece = max(_SMALLEST_PIECE, min(piece, _LARGEST_PIECE))
    streams = [work.to.quarantine.read(key, piece) for key in keys]
    try:
        return count_distinct([_within_time(work, each) for each in (*streams, *others)])
    except OutOfTimeError as error:
        raise NoProgressError("the keys of all records could not be counted") from error


def _within_time(work: Work, pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        work.invocation.deadline.check()
        yield piece


def _key(work: Work, name: str) -> str:
    place = f"{work.version_id}-{name}.keys"
    return key_of("checkpoints", work.dataset.name, work.created.key, place)
