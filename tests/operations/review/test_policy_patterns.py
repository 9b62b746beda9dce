"""Patterns are compared exactly: checked against every short text."""

from fnmatch import fnmatchcase
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from operations.review.policies.patterns import covers, disjoint

LETTERS = "abx"  # x is in no pattern
TEXTS = ["".join(letters) for size in range(7) for letters in product(LETTERS, repeat=size)]
PATTERNS = st.text(alphabet="ab*?", max_size=5)


def matched(pattern: str) -> set[str]:
    return {text for text in TEXTS if fnmatchcase(text, pattern)}


@settings(max_examples=300, deadline=None)
@given(PATTERNS, PATTERNS)
def test_a_pattern_covers_another_exactly_if_it_matches_all_that_the_other_matches(
    wide: str, narrow: str
) -> None:
    """R-F7: no permission is called covered that is not, and none new that is covered."""
    assert covers(wide, narrow) == (matched(narrow) <= matched(wide))


@settings(max_examples=300, deadline=None)
@given(PATTERNS, PATTERNS)
def test_two_patterns_are_disjoint_exactly_if_no_text_matches_both(one: str, other: str) -> None:
    """R-F7: what NotAction and NotResource leave out is told exactly."""
    shared = matched(one) & matched(other)
    # Texts of six letters show every overlap but those of two patterns with more letters.
    needed = max(len(each.replace("*", "")) for each in (one, other))
    total = sum(len(each.replace("*", "")) for each in (one, other))
    if disjoint(one, other):
        assert not shared
    elif needed <= 6 and total <= 6:
        assert shared
