"""Which state the points of a metric put an alarm into, also when some are missing.

Source: CloudWatch User Guide, "Alarm evaluation" and "Configuring how CloudWatch alarms treat
missing data", with its tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
MORE = 2
"""So many periods are looked at beyond those that are evaluated, in case points are missing."""


@dataclass(frozen=True)
class Verdict:
    """The state that follows, None to keep the present one, and what it rests on.

    Parameters
    ----------
    evaluated
        Positions of the points that counted, the oldest first.
    filled
        How many missing points were treated as breaching or not breaching.
    """

    state: str | None
    evaluated: tuple[int, ...] = ()
    filled: int = 0


def judge(points: Sequence[bool | None], evaluated: int, to_alarm: int, missing: str) -> Verdict:
    """Judge the points of the evaluation range.

    Parameters
    ----------
    points
        Whether each point breaches the threshold, the oldest first; None: it is missing. There are
        `MORE` of them than `evaluated`.
    evaluated, to_alarm
        The evaluation periods, and how many of them must breach.
    missing
        `missing`, `ignore`, `breaching` or `notBreaching`.
    """
    real = [at for at, point in enumerate(points) if point is not None]
    if len(real) >= evaluated:
        return _counted(points, real[-evaluated:], 0, 0, to_alarm)
    absent = evaluated - len(real)
    if missing == "breaching":
        return _counted(points, real, absent, absent, to_alarm)
    if missing == "notBreaching":
        return _counted(points, real, absent, 0, to_alarm)
    if not real:
        return Verdict(None if missing == "ignore" else INSUFFICIENT_DATA)
    verdict = _counted(points, real, 0, 0, to_alarm)
    if verdict.state == ALARM or not all(points[at] for at in real):
        return verdict
    # All that is there breaches, but it is too little: an alarm only when that is old enough.
    old_enough = len(points) - real[0] >= to_alarm
    return Verdict(ALARM if old_enough and missing == "missing" else None, tuple(real))


def _counted(
    points: Sequence[bool | None], counted: list[int], filled: int, breaching: int, to_alarm: int
) -> Verdict:
    number = sum(bool(points[at]) for at in counted) + breaching
    return Verdict(ALARM if number >= to_alarm else OK, tuple(counted), filled)
