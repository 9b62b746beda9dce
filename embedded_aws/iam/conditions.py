"""The condition operators of a policy.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
and, for keys with several values,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from .wildcards import Context, arn_matches, glob, plain, substitute, with_literals

Comparison = Callable[[str, str], bool]
"""Compares a value of the policy (first) with one of the request (second)."""


def _number(compare: Callable[[Decimal, Decimal], bool]) -> Comparison:
    def matches(wanted: str, given: str) -> bool:
        try:
            return compare(Decimal(plain(given)), Decimal(plain(wanted)))
        except InvalidOperation:
            return False

    return matches


def _moment(text: str) -> datetime:
    """Read an ISO 8601 date or seconds since 1970."""
    text = plain(text)
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _date(compare: Callable[[datetime, datetime], bool]) -> Comparison:
    def matches(wanted: str, given: str) -> bool:
        try:
            return compare(_moment(given), _moment(wanted))
        except ValueError:
            return False

    return matches


def _same_text(wanted: str, given: str) -> bool:
    return wanted == given


def _same_text_in_any_case(wanted: str, given: str) -> bool:
    return wanted.casefold() == given.casefold()


def _like(wanted: str, given: str) -> bool:
    return glob(wanted).match(given) is not None


def _in_network(wanted: str, given: str) -> bool:
    try:
        return ipaddress.ip_address(plain(given)) in ipaddress.ip_network(
            plain(wanted), strict=False
        )
    except ValueError:
        return False


def _same_bytes(wanted: str, given: str) -> bool:
    try:
        return base64.b64decode(plain(wanted)) == base64.b64decode(plain(given))
    except (binascii.Error, ValueError):
        return False


POSITIVE: dict[str, Comparison] = {
    "stringequals": _same_text,
    "stringequalsignorecase": _same_text_in_any_case,
    "stringlike": _like,
    "numericequals": _number(lambda given, wanted: given == wanted),
    "numericlessthan": _number(lambda given, wanted: given < wanted),
    "numericlessthanequals": _number(lambda given, wanted: given <= wanted),
    "numericgreaterthan": _number(lambda given, wanted: given > wanted),
    "numericgreaterthanequals": _number(lambda given, wanted: given >= wanted),
    "dateequals": _date(lambda given, wanted: given == wanted),
    "datelessthan": _date(lambda given, wanted: given < wanted),
    "datelessthanequals": _date(lambda given, wanted: given <= wanted),
    "dategreaterthan": _date(lambda given, wanted: given > wanted),
    "dategreaterthanequals": _date(lambda given, wanted: given >= wanted),
    "bool": _same_text_in_any_case,
    "binaryequals": _same_bytes,
    "ipaddress": _in_network,
    "arnequals": arn_matches,
    "arnlike": arn_matches,
}

NEGATED: dict[str, str] = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
    "notipaddress": "ipaddress",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
}

OPERATORS = frozenset(POSITIVE) | frozenset(NEGATED) | {"null"}


class UnknownOperatorError(ValueError):
    """A condition uses an operator that IAM does not have."""


class Condition:
    """One line of a Condition element: operator, key and the values of the policy."""

    def __init__(self, operator: str, key: str, values: Sequence[str]) -> None:
        name = operator.lower()
        prefix, colon, rest = name.partition(":")
        self.quantifier = prefix if colon else ""
        name = rest if colon else name
        self.if_exists = name.endswith("ifexists")
        name = name.removesuffix("ifexists")
        if name not in OPERATORS or self.quantifier not in {
            "",
            "forallvalues",
            "foranyvalue",
        }:
            message = f"Condition operator {operator!r} is not one of IAM's; see its reference."
            raise UnknownOperatorError(message)
        self.negated = name in NEGATED
        self.is_null = name == "null"
        self.compare = POSITIVE.get(NEGATED.get(name, name), _same_text)
        self.key = key.lower()
        self.values = tuple(values)

    @property
    def keys(self) -> frozenset[str]:
        """Every key of the request that this condition looks at, those of variables included."""
        variables = {
            part.partition("}")[0].partition(",")[0].strip().lower()
            for value in self.values
            for part in value.split("${")[1:]
        }
        return frozenset({self.key, *variables})

    def holds(self, context: Context) -> bool:
        """Whether the request meets the condition."""
        given = context.get(self.key)
        if self.is_null:
            return (not given) == (self.values[0].lower() == "true")
        if not given:
            if self.quantifier == "foranyvalue":
                return self.if_exists
            return self.if_exists or self.negated or self.quantifier == "forallvalues"
        wanted = [
            text for text in (substitute(v, context) for v in self.values) if text is not None
        ]
        met = [self._value_meets(wanted, with_literals(value)) for value in given]
        if self.quantifier == "foranyvalue":
            return any(met)
        if self.quantifier == "forallvalues" or self.negated:
            return all(met)
        return any(met)

    def _value_meets(self, wanted: Sequence[str], value: str) -> bool:
        matched = any(self.compare(want, value) for want in wanted)
        return matched != self.negated


def parse_conditions(element: Mapping[str, Mapping[str, object]]) -> tuple[Condition, ...]:
    """Read a Condition element.

    Raises
    ------
    UnknownOperatorError
        When an operator is not in IAM's reference.
    """
    return tuple(
        Condition(operator, key, _texts(values))
        for operator, keys in element.items()
        for key, values in keys.items()
    )


def _texts(values: object) -> list[str]:
    listed = values if isinstance(values, list) else [values]
    return [str(v).lower() if isinstance(v, bool) else str(v) for v in listed]
