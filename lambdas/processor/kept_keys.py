"""The keys of records that earlier legs or other parts have stored, kept in S3 until the end.

Only what takes more than one leg needs them: how many records were superseded is counted over all.
A lifecycle rule of the bucket removes them after some days.
"""

from collections.abc import Iterable, Iterator

from processor.work import Work
from shared.quarantine import key_of

_MEMORY = 32 * 1024 * 1024
_SMALLEST_PIECE, _LARGEST_PIECE = 64 * 1024, 1024 * 1024


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


def read_keys(work: Work, names: Iterable[str]) -> list[Iterator[bytes]]:
    """Return kept keys, a stream for each name; all together take bounded memory."""
    keys = [_key(work, name) for name in names]
    piece = _MEMORY // max(len(keys), 1)
    piece = max(_SMALLEST_PIECE, min(piece, _LARGEST_PIECE))
    return [work.to.quarantine.read(key, piece) for key in keys]


def _key(work: Work, name: str) -> str:
    place = f"{work.version_id}-{name}.keys"
    return key_of("checkpoints", work.dataset.name, work.created.key, place)
