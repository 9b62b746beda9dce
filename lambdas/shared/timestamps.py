"""The time of a record, from text to the fixed-width UTC text that sorts by time."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ][0-2]\d:[0-5]\d:([0-6]\d)(\.\d+)?(?:[Zz]|[+-][0-2]\d:[0-5]\d)?",
    re.ASCII,
)
# The most common form, of a day that each month has: nothing is to be asked, nothing converted.
_PLAIN_UTC = re.compile(
    r"[1-9]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ",
    re.ASCII,
).fullmatch
_DATE_ONLY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

# The directives of strptime that are read by regular expression instead, as `_strptime` has them.
_DIRECTIVES = {
    "Y": r"(?P<Y>\d\d\d\d)",
    "y": r"(?P<y>\d\d)",
    "m": r"(?P<m>1[0-2]|0[1-9]|[1-9])",
    "d": r"(?P<d>3[0-1]|[1-2]\d|0[1-9]|[1-9]| [1-9])",
    "H": r"(?P<H>2[0-3]|[0-1]\d|\d)",
    "M": r"(?P<M>[0-5]\d|\d)",
    "S": r"(?P<S>6[0-1]|[0-5]\d|\d)",
    "f": r"(?P<f>[0-9]{1,6})",
}


class TimestampError(ValueError):
    """A text that is no time; its message says why and what is allowed."""


def utc_text(moment: datetime) -> str:
    """Return a moment as ``YYYY-MM-DDTHH:MM:SS.ffffffZ``.

    Parameters
    ----------
    moment : datetime
        With its time zone; a naive one is taken as UTC.
    """
    at = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return f"{at.isoformat(timespec='microseconds')[:26]}Z"


def timestamp_reader(pattern: str | None, timezone: str) -> Callable[[str], str]:
    """Return a function from a time as it stands in records to UTC text.

    Parameters
    ----------
    pattern : str or None
        strptime format (locale C; years of two digits as POSIX has them: 69 to 99 are of the 20th
        century); None: RFC 3339, where a time without offset is taken, too, and digits beyond
        microseconds are cut off.
    timezone : str
        IANA name of the zone of times that carry none. A local time that occurs twice is the
        first of both, one that a clock skips is read with the offset before the change.

    Raises
    ------
    TimestampError
        By the returned function: the text does not have the format, or is no time between the
        years 1 and 9999 in UTC (a leap second is none: neither Python nor most databases have it).
    """
    zone = _zone(timezone)
    if pattern is None:
        return lambda text: _rfc_3339(text, zone)
    parse = _parser(pattern)

    @lru_cache(maxsize=4096)
    def read(text: str) -> str:
        try:
            moment = parse(text)
        except ValueError as error:
            raise TimestampError(
                f'{_shown(text)} is no time in the format "{pattern}": {error}'
            ) from None
        return _in_utc(moment, zone, text)

    return read


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - most datasets need no zone file

    return ZoneInfo(name)


def _rfc_3339(text: str, zone: tzinfo) -> str:
    if _PLAIN_UTC(text):
        return f"{text[:19]}.000000Z"
    match = _RFC_3339.fullmatch(text)
    if match is None:
        hint = '; set timestamp_format = "%Y-%m-%d"' if _DATE_ONLY.fullmatch(text) else ""
        raise TimestampError(
            f"{_shown(text)} is no RFC 3339 time such as 2026-01-31T23:59:59Z{hint}"
        )
    if match[1] >= "60":
        raise TimestampError(f"{_shown(text)} is a leap second, which cannot be stored")
    fraction = match[2]
    plain = text.upper()
    if fraction is not None:
        plain = plain.replace(fraction, f"{fraction[:7]:0<7}", 1)
    return _in_utc(_moment(plain, text), zone, text)


def _moment(plain: str, text: str) -> datetime:
    try:
        return datetime.fromisoformat(plain)
    except ValueError as error:
        raise TimestampError(f"{_shown(text)} is no time: {error}") from None


def _in_utc(moment: datetime, zone: tzinfo, text: str) -> str:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    try:
        return utc_text(moment)
    except OverflowError:
        raise TimestampError(f"{_shown(text)} is not between the years 1 and 9999 in UTC") from None


def _parser(pattern: str) -> Callable[[str], datetime]:
    """Return strptime for one format, quicker where the format has only numbers."""
    expression = _expression(pattern)
    if expression is None:
        return lambda text: datetime.strptime(text, pattern)
    compiled = re.compile(expression, re.IGNORECASE)

    def parse(text: str) -> datetime:
        match = compiled.match(text)
        if match is None or match.end() < len(text):
            raise ValueError("it does not match")
        part = match.groupdict(default="")
        return datetime(
            _year(part),
            int(part.get("m") or 1),
            int(part.get("d") or 1),
            int(part.get("H") or 0),
            int(part.get("M") or 0),
            int(part.get("S") or 0),
            int(f"{part.get('f') or 0:0<6}"),
        )

    return parse


def _year(part: dict[str, str]) -> int:
    if "Y" in part:
        return int(part["Y"])
    if "y" not in part:
        return 1900
    short = int(part["y"])
    return short + (1900 if short > 68 else 2000)


def _expression(pattern: str) -> str | None:
    pieces = re.split(r"%(.)", pattern)
    literals, letters = pieces[::2], pieces[1::2]
    plain = all(letter in _DIRECTIVES for letter in letters) and len(set(letters)) == len(letters)
    if not plain or {"Y", "y"} <= set(letters) or "%" in "".join(literals):
        return None
    parts = [re.sub(r"\s+", lambda _: r"\s+", re.escape(literals[0]).replace("\\ ", " "))]
    for letter, literal in zip(letters, literals[1:], strict=True):
        parts.append(_DIRECTIVES[letter])
        parts.append(re.sub(r"\s+", lambda _: r"\s+", re.escape(literal).replace("\\ ", " ")))
    return "".join(parts)


def _shown(text: str) -> str:
    return f'"{text[:60]}"' if len(text) <= 60 else f'"{text[:60]}..."'
