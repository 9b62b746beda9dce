"""Undoing a release in all regions that it has touched."""

from __future__ import annotations

from collections.abc import Sequence

from operations.errors import OperationError
from operations.release.side import FAILURES, Side


def roll_back(sides: Sequence[Side], reason: str) -> list[str]:
    """Let all calls go to the blue versions again, in every region of the last release.

    All regions are marked first, so that a release that is at work stops. It may be repeated, also
    after a crash in between, and when all is rolled back already.

    Parameters
    ----------
    sides
        The regions; those whose record could not be read have none, and are left out.
    reason
        Why, for the record.

    Returns
    -------
    list of str
        What went wrong; a region's failure does not keep the others from being rolled back.
    """
    problems: list[str] = []
    marked: list[Side] = []
    for side in of_last(sides):
        try:
            side.mark_rolling_back(reason)
        except FAILURES as error:
            problems.append(f"{side.name}: not rolled back: {error}")
        else:
            marked.append(side)
    for side in marked:
        try:
            problems += side.restore()
        except FAILURES as error:
            problems.append(f"{side.name}: not rolled back: {error}")
        else:
            print(f"{side.name}: rolled back: all calls go to the former versions", flush=True)
    return problems


def of_last(sides: Sequence[Side]) -> list[Side]:
    """Return the regions of the release that began last."""
    known = [side for side in sides if side.record is not None]
    if not known:
        return []
    last = max((side.given() for side in known), key=lambda record: (record.started, record.id))
    return [side for side in known if side.given().id == last.id]


def undo(sides: Sequence[Side], environment: str) -> list[str]:
    """Roll the last release of an environment back, as a person asks for.

    Returns
    -------
    list of str
        What went wrong.

    Raises
    ------
    OperationError
        There is none.
    """
    problems = []
    for side in sides:
        try:
            side.open()
        except FAILURES as error:
            problems.append(str(error))
    if not of_last(sides):
        told = "\n".join(["", *problems])
        raise OperationError(f"no release of {environment} is recorded: nothing to undo{told}")
    return problems + roll_back(sides, "make rollback")
