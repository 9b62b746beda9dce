"""Errors of Step Functions that moto lacks, and its way to give lists in parts."""

from __future__ import annotations

import base64
from typing import Any

from moto.core.exceptions import AWSError
from moto.stepfunctions.exceptions import InvalidToken

MOST = 1000
USUAL = 100


class InvalidDefinition(AWSError):  # type: ignore[misc]  # noqa: N818 - AWS's name
    """The definition is wrong, or uses what is not run here."""

    TYPE = "InvalidDefinition"
    STATUS = 400


class InvalidLoggingConfiguration(AWSError):  # type: ignore[misc]  # noqa: N818 - AWS's name
    """The logging configuration is wrong."""

    TYPE = "InvalidLoggingConfiguration"
    STATUS = 400


class StateMachineAlreadyExists(AWSError):  # type: ignore[misc]  # noqa: N818 - AWS's name
    """A state machine of the name exists with other settings."""

    TYPE = "StateMachineAlreadyExists"
    STATUS = 400


class StateMachineTypeNotSupported(AWSError):  # type: ignore[misc]  # noqa: N818 - AWS's name
    """An express workflow cannot do what is asked, or a standard one cannot."""

    TYPE = "StateMachineTypeNotSupported"
    STATUS = 400


class ExecutionNotRedrivable(AWSError):  # type: ignore[misc]  # noqa: N818 - AWS's name
    """The execution cannot be redriven; the message says why."""

    TYPE = "ExecutionNotRedrivable"
    STATUS = 400


def page(found: list[tuple[int, Any]], size: Any, token: Any) -> tuple[list[Any], str | None]:
    """Return a part of a list, and the token of the next part.

    Parameters
    ----------
    found
        All entries in order, each with a number of its own that it keeps.
    size
        How many at most; nothing or 0: 100.
    token
        From the part before: the number of its last entry.

    Raises
    ------
    InvalidToken
        The token is none of ours.
    """
    begin = 0
    if token:
        try:
            last = int(base64.b64decode(token, validate=True))
            ascends = len(found) < 2 or found[0][0] < found[-1][0]
        except ValueError as wrong:
            raise InvalidToken from wrong
        begin = next(
            (
                at
                for at, (number, _) in enumerate(found)
                if (number > last if ascends else number < last)
            ),
            len(found),
        )
    end = begin + min(int(size or USUAL), MOST)
    following = None
    if end < len(found):
        following = base64.b64encode(str(found[end - 1][0]).encode()).decode()
    return [entry for _, entry in found[begin:end]], following
