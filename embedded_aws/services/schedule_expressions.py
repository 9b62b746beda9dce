"""Schedule expressions of EventBridge rules: `rate(...)` and `cron(...)`.

Stands in for nothing of moto, which stores the text and looks at its first letters.

Source: EventBridge User Guide, "Setting a schedule pattern for scheduled rules (legacy) in Amazon
EventBridge" and "Cron expressions reference": six fields in UTC, the wildcards , - * ? / L W #.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime

_RATE = re.compile(r"rate\(([1-9]\d*) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
_SOME_DAY = datetime(2026, 11, 1, tzinfo=UTC)


class InvalidScheduleError(ValueError):
    """The expression is none that EventBridge takes."""


@dataclass(frozen=True)
class Rate:
    """`rate(value unit)`: the first time one interval after the rule was made or enabled."""

    seconds: int


@dataclass(frozen=True)
class Cron:
    """`cron(...)`: due in each minute that it matches.

    Parameters
    ----------
    minutes, hours, months, years
        The values that each of these may have.
    days, weekdays
        The parts of the day of the month and of the day of the week; which days they are depends on
        the month.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    months: frozenset[int]
    years: frozenset[int]
    days: tuple[str, ...]
    weekdays: tuple[str, ...]

    def matches(self, moment: datetime) -> bool:
        """Say whether a minute of UTC is one of its minutes."""
        return (
            moment.minute in self.minutes
            and moment.hour in self.hours
            and moment.month in self.months
            and moment.year in self.years
            and any(_is_day(part, moment) for part in self.days)
            and any(_is_weekday(part, moment) for part in self.weekdays)
        )


def parse(expression: str) -> Rate | Cron:
    """Read an expression.

    Raises
    ------
    InvalidScheduleError
        EventBridge refuses it: the value 1 takes the singular of the unit and others the plural;
        one of the day of the month and the day of the week is `?`, and only one.
    """
    rate = _RATE.fullmatch(expression)
    if rate and (rate[1] == "1") == (not rate[3]):
        return Rate(int(rate[1]) * _SECONDS[rate[2]])
    cron = _CRON.fullmatch(expression.upper().replace("CRON", "cron", 1))
    if cron is None or (cron[3] == "?") == (cron[5] == "?"):
        raise InvalidScheduleError(expression)
    try:
        return _cron(*cron.groups())
    except ValueError as wrong:
        raise InvalidScheduleError(expression) from wrong


def _cron(minute: str, hour: str, day: str, month: str, weekday: str, year: str) -> Cron:
    found = Cron(
        _values(minute, 0, 59),
        _values(hour, 0, 23),
        _values(month, 1, 12, _MONTHS),
        _values(year, 1970, 2199),
        tuple(day.split(",")),
        tuple(weekday.split(",")),
    )
    for part in found.days:
        _is_day(part, _SOME_DAY)
    for part in found.weekdays:
        _is_weekday(part, _SOME_DAY)
    return found


def _values(field: str, low: int, high: int, names: dict[str, int] | None = None) -> frozenset[int]:
    parts = field.split(",")
    return frozenset(value for part in parts for value in _range(part, low, high, names or {}))


def _range(part: str, low: int, high: int, names: dict[str, int]) -> range:
    """Return the values of `*`, `a`, `a-b`, `*/n`, `a/n` or `a-b/n`."""
    span, slash, step = part.partition("/")
    first, dash, last = span.partition("-")

    def number(text: str) -> int:
        found = names[text] if text in names else int(text)
        if not low <= found <= high:
            raise ValueError(f"{part} is not from {low} to {high}")
        return found

    begin = low if span == "*" else number(first)
    end = number(last) if dash else high if slash or span == "*" else begin
    return range(begin, end + 1, int(step) if slash else 1)


def _is_day(part: str, moment: datetime) -> bool:
    """Match a day of the month: also `L`, the last one, and `15W`, the weekday next to the 15th."""
    last = calendar.monthrange(moment.year, moment.month)[1]
    if part in {"?", "L"}:
        return part == "?" or moment.day == last
    if not part.endswith("W"):
        return moment.day in _range(part, 1, 31, {})
    day = min(_range(part[:-1], 1, 31, {})[0], last)
    weekday = calendar.weekday(moment.year, moment.month, day)
    if weekday == calendar.SATURDAY:
        day += -1 if day > 1 else 2
    elif weekday == calendar.SUNDAY:
        day += 1 if day < last else -2
    return moment.day == day


def _is_weekday(part: str, moment: datetime) -> bool:
    """Match a day of the week, 1 is Sunday: also `6L`, the month's last Friday, and `6#3`."""
    weekday = moment.isoweekday() % 7 + 1
    if part in {"?", "L"}:
        return part == "?" or weekday == _DAYS["SAT"]
    if part.endswith("L"):
        last = calendar.monthrange(moment.year, moment.month)[1]
        return weekday in _range(part[:-1], 1, 7, _DAYS) and moment.day + 7 > last
    day, hash_sign, nth = part.partition("#")
    in_its_week = not hash_sign or (moment.day - 1) // 7 + 1 == int(nth)
    return weekday in _range(day, 1, 7, _DAYS) and in_its_week
