"""Numbers as DynamoDB holds them: 38 significant digits, 1E-130 to 9.99...E+125, exact.

Source: "Supported data types and naming rules in Amazon DynamoDB", section Number.
"""

from decimal import Decimal

_MOST_DIGITS = 38
_LARGEST_EXPONENT = 125
_SMALLEST_EXPONENT = -130
_LIMIT = 10**_MOST_DIGITS


def number_text(value: int | Decimal) -> str | None:
    """Return a number's canonical text, the same for ``1``, ``1.0`` and ``1e0``.

    Returns
    -------
    str or None
        Digits without exponent and without needless zeros; None when DynamoDB cannot hold the
        number (`number_problem` says why).
    """
    if type(value) is int and -_LIMIT < value < _LIMIT:
        return str(value)
    text = str(value)
    if len(text) <= _MOST_DIGITS and "." in text and "E" not in text:
        if text[-1] == "0":
            text = text.rstrip("0").rstrip(".")
            return "0" if text == "-0" else text
        return text
    return _slow_text(Decimal(value))


def number_problem(value: int | Decimal) -> str:
    """Say why DynamoDB cannot hold a number for which `number_text` returned None."""
    digits, exponent = _significant(Decimal(value))
    if len(digits) > _MOST_DIGITS:
        return f"has {len(digits)} significant digits; DynamoDB holds at most {_MOST_DIGITS}"
    return (
        f"is of magnitude 1E{exponent:+}; DynamoDB holds "
        f"1E{_SMALLEST_EXPONENT} to 9.99E+{_LARGEST_EXPONENT}"
    )


def is_tame(value: int | Decimal) -> bool:
    """Tell whether arithmetic with the number is cheap: its exponent has at most three digits."""
    return not isinstance(value, Decimal) or abs(value.adjusted()) < 1000


def number_size(text: str) -> int:
    """Return the bytes that DynamoDB counts for a number in canonical text.

    One byte for two significant digits, one more, and one for a minus sign ("DynamoDB item sizes
    and formats").
    """
    if text.isdigit():
        return (len(text.rstrip("0")) + 1) // 2 + 1
    digits = text.replace(".", "").lstrip("-0") if "." in text else text[1:].rstrip("0")
    return (len(digits) + 1) // 2 + (2 if text[0] == "-" else 1)


def _significant(value: Decimal) -> tuple[str, int]:
    """Return the significant digits and the exponent of the first of them."""
    _, digits, exponent = value.as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    if not text:
        return "", 0
    return text.rstrip("0"), len(text) + int(exponent) - 1


def _slow_text(value: Decimal) -> str | None:
    digits, exponent = _significant(value)
    if not digits:
        return "0"
    fits = len(digits) <= _MOST_DIGITS and _SMALLEST_EXPONENT <= exponent <= _LARGEST_EXPONENT
    if not fits:
        return None
    sign = "-" if value.is_signed() else ""
    return f"{Decimal(f'{sign}{digits}E{exponent - len(digits) + 1}'):f}"
