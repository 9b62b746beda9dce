"""Patterns with ``*`` and ``?``: whether one covers another, and whether two can never both match.

IAM User Guide, "IAM JSON policy elements: Resource": ``*`` is any run of characters, ``?`` any one.
Both questions are answered exactly, by walking the two patterns at once; expanding them with a list
of all actions of AWS would be wrong as soon as AWS adds one, and would not do for ARNs.
"""

from __future__ import annotations

from functools import lru_cache

_OTHER = "\0"  # stands for every character that is in neither pattern


def _closure(pattern: str, places: frozenset[int]) -> frozenset[int]:
    """Add the places behind each ``*``, which may match nothing."""
    found = set(places)
    for place in places:
        while place < len(pattern) and pattern[place] == "*":
            place += 1  # noqa: PLW2901
            found.add(place)
    return frozenset(found)


def _step(pattern: str, places: frozenset[int], letter: str) -> frozenset[int]:
    after = set()
    for place in places:
        if place < len(pattern):
            if pattern[place] == "*":
                after.add(place)
            elif pattern[place] in ("?", letter):
                after.add(place + 1)
    return _closure(pattern, frozenset(after))


@lru_cache(maxsize=50_000)
def covers(wide: str, narrow: str) -> bool:
    """Tell whether ``wide`` matches every text that ``narrow`` matches."""
    if wide in ("*", narrow):
        return True
    letters = (set(wide) | set(narrow)) - {"*", "?"} | {_OTHER}
    start = (_closure(narrow, frozenset((0,))), _closure(wide, frozenset((0,))))
    waiting, seen = [start], {start}
    while waiting:
        inner, outer = waiting.pop()
        if len(narrow) in inner and len(wide) not in outer:
            return False
        for letter in letters:
            following = (_step(narrow, inner, letter), _step(wide, outer, letter))
            if following[0] and following not in seen:
                seen.add(following)
                waiting.append(following)
    return True


@lru_cache(maxsize=50_000)
def disjoint(one: str, other: str) -> bool:
    """Tell whether no text matches both."""
    letters = (set(one) | set(other)) - {"*", "?"} | {_OTHER}
    start = (_closure(one, frozenset((0,))), _closure(other, frozenset((0,))))
    waiting, seen = [start], {start}
    while waiting:
        left, right = waiting.pop()
        if len(one) in left and len(other) in right:
            return False
        for letter in letters:
            following = (_step(one, left, letter), _step(other, right, letter))
            if all(following) and following not in seen:
                seen.add(following)
                waiting.append(following)
    return True
