"""R-A8: a large object of JSON Lines is split at line starts, with exact line numbers."""

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.line_places import range_places
from shared.records import Place
from tests.functions.reading.conftest import pieces, read_object
from tests.functions.reading.texts import texts

START = Place(0, 1)
lines = st.lists(st.integers(0, 30).map(lambda length: b"x" * length), max_size=12).map(b"\n".join)


def expected(content: bytes, size: int) -> list[Place]:
    starts = [at + 1 for at, byte in enumerate(content[:-1]) if byte == ord("\n")]
    multiples = range(size, len(content) + 1, size)
    behind = [[start for start in starts if start >= multiple] for multiple in multiples]
    firsts = sorted({some[0] for some in behind if some})
    return [Place(at, content.count(b"\n", 0, at) + 1) for at in firsts]


@settings(max_examples=500, deadline=None)
@given(lines, st.integers(1, 60), st.integers(1, 50))
def test_a_range_begins_with_the_first_line_behind_each_multiple_of_the_size(
    content: bytes, size: int, chunk: int
) -> None:
    assert list(range_places(pieces(content, chunk), size, START)) == expected(content, size)


@settings(max_examples=200, deadline=None)
@given(lines, st.integers(1, 60), st.integers(1, 50))
def test_a_scan_goes_on_at_any_place_that_it_found(content: bytes, size: int, chunk: int) -> None:
    whole = expected(content, size)

    for number, begin in enumerate(whole, 1):
        rest = range_places(pieces(content[begin.position :], chunk), size, begin)

        assert list(rest) == whole[number:]


@settings(max_examples=200, deadline=None)
@given(texts("jsonl"), st.integers(1, 60))
def test_the_ranges_hold_all_records_with_their_lines(content: bytes, size: int) -> None:
    begins = [START, *range_places(pieces(content, 7), size, START)]
    ends = [*(place.position for place in begins[1:]), len(content)]

    ranges = [
        read_object(content, begin=begin, end=end) for begin, end in zip(begins, ends, strict=True)
    ]

    together = [record for each in ranges for record in each.outcomes]
    assert together == read_object(content).outcomes


def test_a_place_is_known_before_the_rest_is_read() -> None:
    chunks = iter([b"a\nb", b"\nc", b"c\n"])

    assert next(range_places(chunks, 2, START)) == Place(2, 2)
    assert list(chunks) == [b"\nc", b"c\n"]
