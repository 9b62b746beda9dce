"""Whether a timestamp format and a time zone mean what their author hopes."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pipeline.config.problems import did_you_mean

# Python's strptime on every version that builds or runs the pipeline. Left out on purpose: %c %x
# %X depend on the locale, %Z on the machine's own zone.
_DIRECTIVES = set("aAwdbBmyYHIpMSfzjUWGVu%")
_INSTEAD = {
    "c": "it depends on the machine's locale; spell the format out",
    "x": "it depends on the machine's locale; spell the date out",
    "X": "it depends on the machine's locale; spell the time out",
    "Z": "it depends on the machine's own zone; use %z, or leave it to timezone",
    "s": "Python does not read it",
    "T": "write %H:%M:%S",
    "D": "write %m/%d/%y",
    "F": "write %Y-%m-%d",
    "e": "write %d",
}
# Found where a system keeps its zones, but not among those that the functions bring along.
_OF_THIS_MACHINE = ("localtime", "posixrules")
_SAMPLE = datetime(2026, 11, 20, 13, 45, 58, 123456, tzinfo=UTC)


def format_problem(pattern: str) -> str | None:
    """Return what is wrong with a strptime format, or nothing."""
    directives = re.findall(r"%(.?)", pattern, re.DOTALL)
    if not directives:
        return "must have directives of Python's strptime, such as %Y-%m-%d"
    for directive in directives:
        if directive not in _DIRECTIVES:
            reason = _INSTEAD.get(directive, "see the directives of Python's strptime")
            return f"has the directive %{directive}, which is not allowed: {reason}"
    return _incomplete(set(directives)) or _unreadable(pattern)


def _incomplete(directives: set[str]) -> str | None:
    if not directives & set("yYG"):
        return "has no year (%Y, %y or %G), so a record's time would be unknown"
    if "I" in directives and "p" not in directives:
        return "has %I without %p, so morning and evening would be the same"
    return None


def _unreadable(pattern: str) -> str | None:
    try:
        datetime.strptime(_SAMPLE.strftime(pattern), pattern)
    except (ValueError, re.error) as error:
        return f"cannot be read back by Python's strptime: {error}"
    return None


def timezone_problem(name: str) -> str | None:
    """Return what is wrong with the name of a time zone, or nothing."""
    try:
        if name in _OF_THIS_MACHINE or name.startswith(("posix/", "right/")):
            raise ZoneInfoNotFoundError(name)
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = did_you_mean(name, available_timezones())
        return f"must be a time zone of the IANA database, such as UTC or Europe/Berlin{hint}"
    return None
