"""What a policy lets somebody do that it did not let them do before.

A new permission is one action on one resource for one principal that no single former statement
covers. That errs on the safe side: what only several former statements covered together is
reported as new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product

from operations.review.policies.patterns import covers, disjoint
from operations.review.policies.statements import Condition, Element, Statement

_Covers = Callable[[str, str], bool]
_NEGATED = ("not",)  # StringNotEquals, ArnNotLike, NotIpAddress
_PATTERNS = ("stringlike", "arnlike", "arnequals", "stringnotlike", "arnnotlike", "arnnotequals")
_UPPER_BOUNDS = ("numericlessthan", "numericlessthanequals")
_LOWER_BOUNDS = ("numericgreaterthan", "numericgreaterthanequals")


def new_permissions(before: Sequence[Statement], after: Sequence[Statement]) -> list[Statement]:
    """Return what is allowed only now: statements of what no former one covers."""
    allowed = [each for each in before if each.allows]
    found = (_not_covered(each, allowed) for each in after if each.allows)
    return [statement for statement in found if statement is not None]


def lost_denials(before: Sequence[Statement], after: Sequence[Statement]) -> list[Statement]:
    """Return what was denied and is not denied any more."""
    denied = [each for each in after if not each.allows]
    found = (_not_covered(each, denied) for each in before if not each.allows)
    return [statement for statement in found if statement is not None]


def _not_covered(statement: Statement, others: Sequence[Statement]) -> Statement | None:
    """Return the part of a statement that no single other one covers."""
    relevant = [each for each in others if _conditions_cover(each.conditions, statement.conditions)]
    atoms = product(
        _single(statement.actions), _single(statement.resources), _single(statement.principals)
    )
    left = [atom for atom in atoms if not any(_covers_atom(each, atom) for each in relevant)]
    if not left:
        return None
    actions, resources, principals = (_joined(each) for each in zip(*left, strict=True))
    return replace(
        statement,
        actions=actions or statement.actions,
        resources=resources,
        principals=principals,
    )


def _single(element: Element | None) -> Iterator[Element | None]:
    if element is None or element.negated:
        yield element
    else:
        yield from (Element((value,)) for value in element.values)


def _joined(elements: Iterable[Element | None]) -> Element | None:
    found = [each for each in elements if each is not None]
    if not found:
        return None
    if found[0].negated:
        return found[0]
    return Element(tuple(sorted({value for each in found for value in each.values})))


def _covers_atom(statement: Statement, atom: tuple[Element | None, ...]) -> bool:
    actions, resources, principals = atom
    return (
        _element_covers(statement.actions, actions, _action_covers, _other_action)
        and _element_covers(statement.resources, resources, covers, disjoint)
        and _element_covers(statement.principals, principals, _principal_covers, _others)
    )


def _element_covers(
    wide: Element | None, narrow: Element | None, within: _Covers, apart: _Covers
) -> bool:
    if wide is None or narrow is None:
        return wide is narrow
    if not narrow.negated:
        (value,) = narrow.values
        if wide.negated:
            return all(apart(each, value) for each in wide.values)
        return any(within(each, value) for each in wide.values)
    if wide.negated:
        return all(any(within(out, each) for out in narrow.values) for each in wide.values)
    return "*" in wide.values


def _action_covers(wide: str, narrow: str) -> bool:
    return covers(wide.lower(), narrow.lower())


def _other_action(one: str, other: str) -> bool:
    return disjoint(one.lower(), other.lower())


def _principal_covers(wide: str, narrow: str) -> bool:
    # A principal has no pattern but "*": IAM User Guide, "AWS JSON policy elements: Principal".
    return wide in ("*", narrow)


def _others(one: str, other: str) -> bool:
    return "*" not in (one, other) and one != other


def _conditions_cover(wide: Sequence[Condition], narrow: Sequence[Condition]) -> bool:
    """Tell whether the second conditions hold only where the first ones do, too."""
    return all(any(_is_narrower(each, limit) for each in narrow) for limit in wide)


def _is_narrower(condition: Condition, limit: Condition) -> bool:
    if condition.key.lower() != limit.key.lower():
        return False
    operator, wider = condition.operator.lower(), limit.operator.lower()
    if wider in (operator, f"{operator}ifexists"):
        operator = operator.removesuffix("ifexists").rpartition(":")[2]
        return _values_are_narrower(operator, condition.values, limit.values)
    # Exact values within a pattern.
    return (operator, wider) == ("stringequals", "stringlike") and _values_are_narrower(
        wider, condition.values, limit.values
    )


def _values_are_narrower(operator: str, values: Sequence[str], limits: Sequence[str]) -> bool:
    if operator in _UPPER_BOUNDS + _LOWER_BOUNDS and len(values) == len(limits) == 1:
        try:
            value, limit = float(values[0]), float(limits[0])
        except ValueError:
            return values == limits
        return value <= limit if operator in _UPPER_BOUNDS else value >= limit
    within = covers if operator in _PATTERNS else str.__eq__
    if any(word in operator for word in _NEGATED):
        return all(any(within(value, limit) for value in values) for limit in limits)
    return all(any(within(limit, value) for limit in limits) for value in values)
