"""R-B10: the state that points put an alarm into, also when some are missing.

Oracle: CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data": both tables
and "Avoiding premature transitions to alarm state". `0` does not breach, `X` does, `-` is missing.
"""

from __future__ import annotations

import pytest

from embedded_aws.alarms.verdict import judge

TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
KEEP = None


def points(text: str) -> list[bool | None]:
    return [{"0": False, "X": True, "-": None}[sign] for sign in text.split()]


@pytest.mark.parametrize(
    ("text", "to_alarm", "states"),
    [
        ("0 - X - X", 3, ("OK", "OK", "OK", "OK")),
        ("0 - - - -", 3, ("OK", "OK", "OK", "OK")),
        ("- - - - -", 3, ("INSUFFICIENT_DATA", KEEP, "ALARM", "OK")),
        ("0 X X - X", 3, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("- - X - -", 3, ("ALARM", KEEP, "ALARM", "OK")),
        ("0 - X - X", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0 0 X 0 X", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0 - X - -", 2, ("OK", "OK", "ALARM", "OK")),
        ("- - - - 0", 2, ("OK", "OK", "ALARM", "OK")),
        ("- - - X -", 2, ("ALARM", KEEP, "ALARM", "OK")),
    ],
)
def test_the_tables_of_the_user_guide(
    text: str, to_alarm: int, states: tuple[str | None, ...]
) -> None:
    """R-B10: three evaluation periods, of which so many must breach."""
    found = tuple(judge(points(text), 3, to_alarm, treatment).state for treatment in TREATMENTS)
    assert found == states


@pytest.mark.parametrize("text", ["- - - - X", "- - - X -"])
def test_one_breaching_point_is_no_alarm_yet(text: str) -> None:
    """R-B10: the next one may not breach; the alarm stays as it is."""
    assert judge(points(text), 3, 3, "missing").state is KEEP


def test_old_points_do_not_count_when_there_are_enough() -> None:
    """R-B10: "the extra data points from farther back are not needed and are ignored"."""
    assert judge(points("X X 0 0 0"), 3, 1, "missing").state == "OK"
    assert judge(points("0 0 X 0 0"), 3, 1, "missing").state == "ALARM"
