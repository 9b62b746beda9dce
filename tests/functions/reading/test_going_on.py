"""R-A8, R-F3: reading that stops in front of any record goes on as if it had never stopped."""

import gzip
from collections.abc import Iterator

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from shared.object_reader import read_items
from shared.records import Place
from tests.functions.reading.conftest import Read, object_version, orders, pieces, read_object
from tests.functions.reading.texts import FORMATS, packed, texts

CHUNKS = st.integers(1, 40)
LIMITS = st.sampled_from([8, 30, 1000])


def check_every_place(content: bytes, key: str, whole: Read, chunk: int, limit: int) -> None:
    for number, record in enumerate(whole.outcomes):
        if getattr(record, "is_last", False):
            assert record is whole.outcomes[-1]
            continue
        begin = Place(record.position, record.line)

        rest = read_object(content, key, chunk=chunk, record_limit=limit, begin=begin)

        assert rest == Read(whole.outcomes[number:], whole.failure)
    event(f"{len(whole.outcomes)} records")


@settings(max_examples=400, deadline=None)
@given(st.data(), CHUNKS, LIMITS)
@pytest.mark.parametrize("form", FORMATS)
def test_whoever_goes_on_at_a_record_reads_the_rest_of_the_object(
    form: str, data: st.DataObject, chunk: int, limit: int
) -> None:
    content = data.draw(texts(form))
    key = f"orders/a.{form}"

    whole = read_object(content, key, record_limit=limit)

    check_every_place(content, key, whole, chunk, limit)


@settings(max_examples=250, deadline=None)
@given(st.data(), CHUNKS, LIMITS)
@pytest.mark.parametrize("form", FORMATS)
def test_whoever_goes_on_inside_gzip_reads_the_rest_of_the_text(
    form: str, data: st.DataObject, chunk: int, limit: int
) -> None:
    content = data.draw(packed(data.draw(texts(form))))
    key = f"orders/a.{form}.gz"

    whole = read_object(content, key, record_limit=limit)

    check_every_place(content, key, whole, chunk, limit)


@settings(max_examples=200, deadline=None)
@given(st.data(), st.sampled_from([8, 1000]))
@pytest.mark.parametrize("form", FORMATS)
def test_every_record_knows_the_line_on_which_it_begins(
    form: str, data: st.DataObject, limit: int
) -> None:
    content = data.draw(texts(form))

    for record in read_object(content, f"orders/a.{form}", record_limit=limit).outcomes:
        assert record.line == content.count(b"\n", 0, record.position) + 1


@settings(max_examples=400, deadline=None)
@given(texts("jsonl"), CHUNKS, LIMITS, st.data())
def test_the_ranges_of_json_lines_are_together_the_whole_object(
    content: bytes, chunk: int, limit: int, data: st.DataObject
) -> None:
    starts = [at + 1 for at, byte in enumerate(content) if byte == ord("\n")]
    inner = sorted(data.draw(st.sets(st.sampled_from(starts)))) if starts else []
    places = [Place(at, content.count(b"\n", 0, at) + 1) for at in [0, *inner]]
    ends = [*inner, data.draw(st.sampled_from([None, len(content)]))]

    whole = read_object(content, record_limit=limit)
    ranges = [
        read_object(content, chunk=chunk, record_limit=limit, begin=begin, end=end)
        for begin, end in zip(places, ends, strict=True)
    ]

    together = [record for each in ranges for record in each.outcomes]
    assert together == whole.outcomes
    assert {each.failure for each in ranges} == {whole.failure}
    event(f"{len(places)} ranges")


def test_ranges_need_not_end_at_a_line_start() -> None:
    content = b'{"a":1}\n{"a":2}\n{"a":3}'

    counts = [len(read_object(content, end=end).stored) for end in (0, 1, 7, 8, 9, 16, 17, 99)]

    assert counts == [0, 1, 1, 1, 2, 2, 3, 3]


def test_only_the_first_range_rejects_an_object_of_which_nothing_can_be_read() -> None:
    content = '{"a":1}\n{"a":2}\n'.encode("utf-16")

    first = read_object(content, begin=Place(0, 1), end=17)
    second = read_object(content, begin=Place(17, 2))

    assert [record.length for record in first.rejected] == [len(content)]
    assert second.outcomes == []
    assert first.failure == second.failure is not None


@pytest.mark.parametrize(
    ("key", "content"),
    [
        ("orders/a.csv", b"x"),
        ("orders/a.json", b"x"),
        ("orders/a.jsonl.gz", gzip.compress(b"x", mtime=0)),
        ("orders/a.jsonl", gzip.compress(b"x", mtime=0)),
    ],
)
def test_only_json_lines_can_be_read_up_to_an_end(key: str, content: bytes) -> None:
    with pytest.raises(ValueError, match="only JSON Lines, uncompressed"):
        read_object(content, key, end=1)


@pytest.mark.parametrize(
    ("key", "content"),
    [
        ("orders/a.jsonl", b'{"a":1}\n{"a":'),
        ("orders/a.json", b'[{"a":1},{}]'),
        ("orders/a.json", b'{"a":1}'),
        ("orders/a.csv", b'a\n1\n"2\n3\n4'),
    ],
)
def test_only_what_is_no_record_is_last(key: str, content: bytes) -> None:
    cut_off = read_object(gzip.compress(content)[:-9], f"{key}.gz").rejected
    behind = read_object(content + b" 1", key).rejected if key.endswith("json") else []
    foreign = read_object(content.decode().encode("utf-16"), key).rejected

    assert [record.is_last for record in (cut_off[-1], *behind, *foreign)] == [True] * (
        2 + len(behind)
    )
    assert len(behind) == key.endswith("json")
    assert not any(record.is_last for record in read_object(content, key).rejected)


class Opened:
    """An object's content that remembers how much of it was asked for, from where."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.taken: dict[int, int] = {}

    def open_at(self, offset: int) -> Iterator[bytes]:
        self.taken[offset] = 0
        for piece in pieces(self._content[offset:], 100):
            self.taken[offset] += len(piece)
            yield piece


@pytest.mark.parametrize(
    ("key", "head", "record", "tail"),
    [
        ("orders/a.jsonl", b"", b'{"a":%06d}\n', b""),
        ("orders/a.csv", b"a\n", b"%09d\n", b""),
        ("orders/a.json", b"[", b'{"a":%05d},\n', b"{}]"),
    ],
)
def test_of_what_lies_before_the_place_only_the_beginning_is_read(
    key: str, head: bytes, record: bytes, tail: bytes
) -> None:
    opened = Opened(head + b"".join(record % n for n in range(10, 1010)) + tail)
    at = len(head) + 900 * len(record % 10)

    items = read_items(orders(), object_version(key), opened.open_at, begin=Place(at, 901))

    assert next(items).position == at
    assert opened.taken[0] == 100
    assert set(opened.taken) == {0, at}
    assert opened.taken[at] < 1000


def test_nothing_is_read_behind_the_end_of_a_range() -> None:
    opened = Opened(b'{"a":12345}\n' * 1000)

    items = read_items(orders(), object_version("orders/a.jsonl"), opened.open_at, end=600)

    assert len(list(items)) == 50
    assert opened.taken == {0: 600}


def test_a_whole_reading_opens_the_object_once() -> None:
    for key, content in [("a.jsonl", b"{}\n"), ("a.csv.gz", gzip.compress(b"a\n1\n"))]:
        opened = Opened(content)

        assert list(read_items(orders(), object_version(key), opened.open_at))
        assert opened.taken == {0: len(content)}
