"""The formats of JSON Schema that are asserted, exactly as the reference validator asserts them.

The reference is ``jsonschema``'s own format checker, of which each of these is the counterpart
for strings; a test holds them together. Formats that are not here (uri, hostname, duration, ...)
are annotations for both.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from uuid import UUID

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DATE_TIME = re.compile(
    r"(\d{4})-(0[1-9]|1[0-2])-(\d{2})[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?"
    r"(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)\n?",
    re.ASCII,
)
_POINTER_ESCAPE = re.compile(r"~(?![01])")


def _is_date(text: str) -> bool:
    if _DATE.fullmatch(text) is None:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_date_time(text: str) -> bool:
    match = _DATE_TIME.fullmatch(text)
    if match is None or match[1] == "0000":
        return False
    year, month, day = match.groups()
    in_every_month = "01" <= day <= "28"
    return in_every_month or "29" <= day <= str(monthrange(int(year), int(month))[1])


def _is_time(text: str) -> bool:
    return _is_date_time(f"1970-01-01T{text}")


def _is_email(text: str) -> bool:
    return "@" in text


def _is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True


def _is_ipv6(text: str) -> bool:
    try:
        return not IPv6Address(text).scope_id
    except AddressValueError:
        return False


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return all(text[position] == "-" for position in (8, 13, 18, 23))


def _is_regex(text: str) -> bool:
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def _is_json_pointer(text: str) -> bool:
    return (not text or text.startswith("/")) and _POINTER_ESCAPE.search(text) is None


FORMATS: dict[str, Callable[[str], bool]] = {
    "date": _is_date,
    "date-time": _is_date_time,
    "time": _is_time,
    "email": _is_email,
    "idn-email": _is_email,
    "ipv4": _is_ipv4,
    "ipv6": _is_ipv6,
    "uuid": _is_uuid,
    "regex": _is_regex,
    "json-pointer": _is_json_pointer,
}
"""Format name to the check of a string."""
