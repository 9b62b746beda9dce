"""What differs between the statements of two policies, in lines for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace

from operations.review.policies.statements import Condition, Element, Statement, spoken

_NOTHING = Element(())
_LISTED = ("actions", "resources", "principals")


def statement_lines(before: Sequence[Statement], after: Sequence[Statement]) -> Iterator[str]:
    """Yield what is removed (-), added (+) and changed in one place only (~)."""
    removed = [each for each in before if each not in after]
    added = [each for each in after if each not in before]
    for old in removed:
        similar = next((new for new in added if _one_place(old, new)), None)
        if similar is None:
            yield f"- {old}"
        else:
            added.remove(similar)
            yield _changed(old, similar)
    yield from (f"+ {each}" for each in added)


def _one_place(old: Statement, new: Statement) -> str:
    """Return the only field in which two statements differ; nothing if there are more."""
    names = [
        each.name for each in fields(old) if getattr(old, each.name) != getattr(new, each.name)
    ]
    if len(names) != 1 or names[0] == "allows":
        return ""
    if names[0] in _LISTED:
        one, other = (getattr(each, names[0]) or _NOTHING for each in (old, new))
        return names[0] if one.negated == other.negated else ""
    kept = [(each.operator, each.key) for each in old.conditions]
    return names[0] if kept == [(each.operator, each.key) for each in new.conditions] else ""


def _changed(old: Statement, new: Statement) -> str:
    name = _one_place(old, new)
    if name in _LISTED:
        one, other = (getattr(each, name) or _NOTHING for each in (old, new))
        rest = _without(old, name, Element(("...",), one.negated))
        return f"~ {rest}: {name} {_values(one.values, other.values)}"
    parts = [
        f"{one.key} {_values(one.values, other.values)}"
        for one, other in zip(old.conditions, new.conditions, strict=True)
        if one != other
    ]
    same = tuple(
        Condition(one.operator, one.key, one.values if one == other else ("...",))
        for one, other in zip(old.conditions, new.conditions, strict=True)
    )
    return f"~ {replace(old, conditions=same)}: {', '.join(parts)}"


def _without(statement: Statement, name: str, hidden: Element) -> Statement:
    if name == "actions":
        return replace(statement, actions=hidden)
    if name == "resources":
        return replace(statement, resources=hidden)
    return replace(statement, principals=hidden)


def _values(before: Sequence[str], after: Sequence[str]) -> str:
    words = [f"- {spoken(each)}" for each in before if each not in after]
    words += [f"+ {spoken(each)}" for each in after if each not in before]
    return ", ".join(words)
