"""The statements of a policy document in one form, whatever the order and form of its JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from operations.review.values import parsed

_ROOT = re.compile(r"^arn:[\w-]+:iam::(\d{12}):root$")


@dataclass(frozen=True, order=True)
class Element:
    """Actions, resources or principals; negated for ``NotAction`` and its like."""

    values: tuple[str, ...]
    negated: bool = False

    def __str__(self) -> str:
        words = ", ".join(map(spoken, self.values))
        return f"everything but {words}" if self.negated else words

    @property
    def lowered(self) -> tuple[str, ...]:
        """Return the values of actions, in which case does not count."""
        return tuple(each.lower() for each in self.values)


@dataclass(frozen=True, order=True)
class Condition:
    """One key of one operator: true when it fits one of the values."""

    operator: str
    key: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.key} {self.operator} {' or '.join(self.values)}"


@dataclass(frozen=True)
class Statement:
    """A statement; without resources in a trust policy, without principals in one of a role."""

    allows: bool
    actions: Element
    resources: Element | None
    principals: Element | None
    conditions: tuple[Condition, ...]

    def __str__(self) -> str:
        words = [f"{'Allow' if self.allows else 'Deny'} {self.actions}"]
        if self.resources is not None:
            words.append(f"on {self.resources}")
        if self.principals is not None:
            words.append(f"to {self.principals}")
        if self.conditions:
            words.append("if " + " and ".join(map(str, self.conditions)))
        return " ".join(words)


def spoken(value: str) -> str:
    """Return a value without the kind of principal that it is."""
    return value.removeprefix("AWS:").removeprefix("Service:")


def is_policy(document: Any) -> bool:
    """Tell whether a JSON value is a policy document."""
    return isinstance(document, dict) and "Statement" in document


def statements(policy: Any) -> list[Statement] | None:
    """Return the statements of a policy in JSON text; None when it cannot be read.

    Each has one form: values sorted and once each, an account's root as the account's id (IAM User
    Guide, "AWS JSON policy elements: Principal": both mean the account).
    """
    document = parsed(policy)
    if not is_policy(document):
        return None
    try:
        return [_statement(each) for each in _many(document["Statement"])]
    except (KeyError, TypeError, AttributeError):
        return None


def _statement(raw: Mapping[str, Any]) -> Statement:
    return Statement(
        allows=raw["Effect"] == "Allow",
        actions=_required(_element(raw, "Action")),
        resources=_element(raw, "Resource"),
        principals=_principals(raw),
        conditions=tuple(sorted(_conditions(raw.get("Condition") or {}))),
    )


def _required(element: Element | None) -> Element:
    if element is None:
        raise KeyError("Action")
    return element


def _element(raw: Mapping[str, Any], name: str) -> Element | None:
    for key, negated in ((name, False), (f"Not{name}", True)):
        if key in raw:
            return Element(_sorted(map(str, _many(raw[key]))), negated)
    return None


def _principals(raw: Mapping[str, Any]) -> Element | None:
    for key, negated in (("Principal", False), ("NotPrincipal", True)):
        if key in raw:
            return Element(_sorted(_each_principal(raw[key])), negated)
    return None


def _each_principal(given: Any) -> Iterator[str]:
    if not isinstance(given, dict):
        yield from ("*" if each == "*" else f"AWS:{each}" for each in _many(given))
        return
    for kind, values in given.items():
        for value in _many(values):
            root = _ROOT.match(value)
            everybody = kind == "AWS" and value == "*"
            yield "*" if everybody else f"{kind}:{root[1] if root else value}"


def _conditions(raw: Mapping[str, Any]) -> Iterator[Condition]:
    for operator, keys in raw.items():
        for key, values in keys.items():
            words = (each if isinstance(each, str) else json.dumps(each) for each in _many(values))
            yield Condition(operator, key, _sorted(words))


def _sorted(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
