"""R-F3: whatever an object holds, every record of it is accounted for, however it is cut."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.records import Rejection
from tests.functions.reading.conftest import orders, read_object
from tests.functions.reading.texts import FORMATS, contents, texts


@settings(max_examples=300, deadline=None)
@given(contents, st.sampled_from(FORMATS), st.integers(1, 40), st.sampled_from([8, 30, 1000]))
def test_the_result_does_not_depend_on_the_chunks(
    content: bytes, form: str, chunk: int, limit: int
) -> None:
    key = f"orders/a.{form}"

    assert read_object(content, key, chunk=chunk, record_limit=limit) == read_object(
        content, key, record_limit=limit
    )


@settings(max_examples=200, deadline=None)
@given(contents, st.sampled_from(FORMATS), st.integers(1, 40), st.data())
def test_damaged_gzip_does_not_depend_on_the_chunks_either(
    content: bytes, form: str, chunk: int, data: st.DataObject
) -> None:
    packed = bytearray(gzip.compress(content * 3, mtime=0))
    at = data.draw(st.integers(2, len(packed) - 1))
    packed[at] ^= data.draw(st.integers(0, 255))
    cut = bytes(packed[: data.draw(st.integers(3, len(packed)))])
    key = f"orders/a.{form}.gz"

    assert read_object(cut, key, chunk=chunk) == read_object(cut, key)


@settings(max_examples=300, deadline=None)
@given(contents, st.sampled_from(FORMATS))
def test_every_byte_that_is_not_blank_or_structure_is_in_exactly_one_place(
    content: bytes, form: str
) -> None:
    result = read_object(content, f"orders/a.{form}")

    places = []
    for outcome in result.outcomes:
        if isinstance(outcome, Rejection):
            assert outcome.reasons
            assert outcome.raw is not None
            assert content[outcome.position : outcome.position + outcome.length] == outcome.raw
            places.append((outcome.position, outcome.length))
        else:
            places.append((int(outcome.item["position"]["N"]), 1))
    assert places == sorted(places)
    assert len({position for position, _ in places}) == len(places)
    ends = [position + length for position, length in places]
    assert all(end <= begin for end, (begin, _) in zip(ends, places[1:], strict=False))


members = st.dictionaries(st.text(min_size=1, max_size=3), st.text(max_size=5), max_size=3)


def _written(records: list[dict[str, str]], form: str, indent: int | None) -> bytes:
    if form == "jsonl":
        return "\n".join(json.dumps(record) for record in records).encode()
    return json.dumps(records, indent=indent, ensure_ascii=False).encode()


@settings(max_examples=150, deadline=None)
@given(st.lists(members, max_size=8), st.sampled_from(["jsonl", "json"]), st.integers(1, 50))
@pytest.mark.parametrize("indent", [None, 2])
def test_good_records_come_back_as_they_were_written(
    indent: int | None, records: list[dict[str, str]], form: str, chunk: int
) -> None:
    result = read_object(_written(records, form, indent), f"orders/a.{form}", chunk=chunk)

    assert result.data == records
    assert result.rejected == []


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(st.text(max_size=5), min_size=2, max_size=2), max_size=8),
    st.integers(1, 50),
)
def test_good_rows_come_back_as_they_were_written(rows: list[list[str]], chunk: int) -> None:
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    content = "\r\n".join(["a,b", *quoted]).encode()

    result = read_object(content, "orders/a.csv", chunk=chunk)

    assert result.data == [{"a": first, "b": second} for first, second in rows]
    assert result.rejected == []


def test_a_long_object_is_read_in_bounded_memory() -> None:
    import tracemalloc  # noqa: PLC0415

    from shared.object_reader import read_items  # noqa: PLC0415
    from tests.functions.reading.conftest import object_version  # noqa: PLC0415

    def peak(form: str, begin: bytes, block: bytes, end: bytes, blocks: int) -> int:
        def chunks() -> Any:
            yield begin
            for _ in range(blocks):
                yield block
            yield end

        tracemalloc.start()
        for _ in read_items(orders(), object_version(f"orders/a.{form}"), lambda _: chunks()):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    forms = [
        ("jsonl", b"", b'{"a":1}\n' * 100, b""),
        ("json", b"[", b'{"a":1},' * 100, b"{}]"),
        ("csv", b"a\n", b"1\n" * 100, b""),
    ]
    for form, begin, block, end in forms:
        few, many = (peak(form, begin, block, end, blocks) for blocks in (5, 40))
        assert many < 1.2 * few + 20_000


@settings(max_examples=200, deadline=None)
@given(texts("csv"), st.sampled_from([30, 1000]))
def test_rows_do_not_depend_on_whether_cells_are_quoted_elsewhere(
    content: bytes, limit: int
) -> None:
    """Without any quotes, many lines are taken at once."""
    quiet = content.replace(b'"', b"").rstrip(b"\r\n") + b"\n"

    without = read_object(b"a,b\n" + quiet, "orders/a.csv", record_limit=limit)
    followed = read_object(b"a,b\n" + quiet + b'"c",d\n', "orders/a.csv", record_limit=limit)

    assert without.outcomes == followed.outcomes[:-1]
    assert followed.outcomes[-1].position == len(quiet) + 4
