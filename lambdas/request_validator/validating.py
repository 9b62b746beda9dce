"""The records of a request, read as the processor is going to read them, and nothing written."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

from msgspec import Struct

from shared.aws_object_source import ObjectGoneError, ObjectSource
from shared.datasets import Dataset, dataset_of, datasets, request_key
from shared.object_reader import read_items
from shared.objects import ObjectVersion
from shared.records import Rejection, UnreadableObject
from shared.requests import Request
from shared.step_input import InvalidRequestError

REASONS_SHOWN = 20
_LONGEST_MESSAGE = 500
"""Characters of one reason: all of them together stay far below a state's 256 KiB."""


class Finding(Struct, frozen=True):
    """What the records of a request are.

    Parameters
    ----------
    is_valid : bool
        Whether they are to be processed: every one is valid, or the request wants those that are
        not in quarantine and its object can be read to the end.
    read, invalid : int
        Records, and those of them that are not valid.
    reasons : tuple of dict
        The first reasons: ``record`` (from 0, in the order of the object), ``line``, ``pointer``
        and ``message``.
    reason : str
        Why they are not to be processed, for a person; "" when they are.
    """

    is_valid: bool
    read: int
    invalid: int
    reasons: tuple[dict[str, Any], ...]
    reason: str

    def result(self) -> dict[str, Any]:
        """Return the state's result, which stands at ``$.validation``."""
        return {
            "isValid": self.is_valid,
            "read": self.read,
            "invalid": self.invalid,
            "reasons": list(self.reasons),
            "reason": self.reason,
        }


def validate(source: ObjectSource, request: Request) -> Finding:
    """Read the object version of a request, and every record of it.

    Raises
    ------
    InvalidRequestError
        The request's key or its dataset is none of this deployment.
    botocore.exceptions.ClientError
        S3 does not answer, or refuses.
    """
    expected = request_key(request.dataset, request.id)
    if request.key != expected:
        raise InvalidRequestError(f"request.key is {request.key!r}; it must be {expected!r}")
    dataset = dataset_of(request.key)
    if dataset is None:
        known = ", ".join(sorted(each.name for each in datasets()))
        raise InvalidRequestError(f"request.dataset is {request.dataset!r}; it must be {known}")
    read = invalid = 0
    reasons: list[dict[str, Any]] = []
    failure = ""
    try:
        for outcome in _outcomes(source, request, dataset):
            if isinstance(outcome, Rejection):
                invalid += 1
                room = REASONS_SHOWN - len(reasons)
                reasons += [
                    {
                        "record": read,
                        "line": outcome.line,
                        "pointer": reason.pointer[:_LONGEST_MESSAGE],
                        "message": reason.message[:_LONGEST_MESSAGE],
                    }
                    for reason in outcome.reasons[:room]
                ]
            read += 1
    except (UnreadableObject, ObjectGoneError) as error:
        failure = str(error)
    if invalid and not failure and request.on_invalid == "reject":
        failure = _told(invalid, read, reasons)
    return Finding(not failure, read, invalid, tuple(reasons), failure)


def _outcomes(source: ObjectSource, request: Request, dataset: Dataset) -> Iterator[Any]:
    with closing(source.open(request.bucket, request.key, request.version_id)) as opened:
        found = opened.found
        version = ObjectVersion(
            dataset=dataset.name,
            bucket=found.bucket,
            key=found.key,
            version_id=request.version_id,
            last_modified=found.last_modified,
            size=found.size,
        )
        yield from read_items(dataset, version, opened.at)


def _told(invalid: int, read: int, reasons: list[dict[str, Any]]) -> str:
    first = reasons[0]
    place = f"record {first['record']}" + (f", {first['pointer']}" if first["pointer"] else "")
    return f"{invalid} of {read} records not valid; {place}: {first['message']}"
