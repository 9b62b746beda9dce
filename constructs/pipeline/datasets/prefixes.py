"""Prefixes tell datasets apart, so none may be part of another, or of one the pipeline owns."""

from collections.abc import Sequence

from pipeline.datasets.model import Dataset

RESERVED = ("quarantine/", "_pipeline/", "requests/")
"""Prefixes that the pipeline keeps for itself in its buckets."""


def prefix_problem(prefix: str) -> str | None:
    """Return what is wrong with a prefix by itself, or nothing."""
    if any(ord(letter) < 0x20 or ord(letter) == 0x7F for letter in prefix):
        return "must not have control characters"
    if prefix.startswith("/"):
        return 'must not begin with "/": S3 keys do not, so nothing would ever match'
    # S3, "Object key name": at most 1,024 bytes, and the rest of the key needs some of them.
    if len(prefix.encode()) > 512:
        return "must have at most 512 bytes in UTF-8"
    for reserved in RESERVED:
        if prefix.startswith(reserved) or reserved.startswith(prefix):
            return f'collides with "{reserved}", which the pipeline keeps for itself'
    return None


def overlap(dataset: Dataset, others: Sequence[Dataset]) -> str | None:
    """Return with which other dataset a dataset would share objects, or nothing."""
    for other in others:
        if dataset.prefix.startswith(other.prefix) or other.prefix.startswith(dataset.prefix):
            return (
                f'overlaps with the prefix "{other.prefix}" of the dataset {other.name}: '
                "neither may begin with the other"
            )
    return None
