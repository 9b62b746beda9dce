"""R-A3: compressed objects and encodings; what cannot be read is one rejection and a reason."""

import gzip

import pytest

from tests.functions.reading.conftest import Reading

LINES = b"".join(b'{"a":%d}\n' % number for number in range(1000))


@pytest.mark.parametrize("chunk", [1, 100, 1 << 20])
@pytest.mark.parametrize("key", ["orders/a.jsonl.gz", "orders/a.jsonl"])
def test_gzip_is_read_whatever_the_object_is_called(read: Reading, key: str, chunk: int) -> None:
    result = read(gzip.compress(LINES), key, chunk=chunk)

    assert (result.counts, result.failure) == ((1000, 0), None)
    assert result.stored[1].item["position"] == {"N": "8"}


@pytest.mark.parametrize("chunk", [1, 7, 1 << 20])
def test_members_follow_each_other_and_zeros_may_pad_them(read: Reading, chunk: int) -> None:
    parts = [gzip.compress(LINES[:505]), gzip.compress(b""), gzip.compress(LINES[505:]), b"\0" * 9]

    result = read(b"".join(parts), "orders/a.jsonl.gz", chunk=chunk)

    assert (result.counts, result.failure) == ((1000, 0), None)


@pytest.mark.parametrize("format_", ["jsonl", "csv", "json"])
def test_every_format_may_be_compressed_and_empty(read: Reading, format_: str) -> None:
    assert read(gzip.compress(b""), f"orders/a.{format_}.gz").counts == (0, 0)
    assert read(b"", f"orders/a.{format_}.gz").counts == (0, 0)


CONTENTS = {
    "jsonl": LINES,
    "json": b"[" + b",".join(LINES.split()) + b"]",
    "csv": b"a,b\n" + b"".join(b"%d,x\n" % number for number in range(1000)),
}


@pytest.mark.parametrize("format_", CONTENTS)
def test_a_cut_off_gzip_gives_what_can_be_read_and_one_rejection(
    read: Reading, format_: str
) -> None:
    whole = gzip.compress(CONTENTS[format_])

    results = [
        read(whole[: len(whole) // 2], f"orders/a.{format_}.gz", chunk=chunk)
        for chunk in (1, 10, 1 << 20)
    ]

    for result in results:
        stored, rejected = result.counts
        assert 100 < stored < 1000
        assert rejected == 1
        assert result.messages == [": the gzip data is cut off: its end is missing"]
        assert result.failure == "the gzip data is cut off: its end is missing"
        assert result.outcomes == results[0].outcomes
        tail = result.raws[0]
        assert tail is not None
        assert tail in CONTENTS[format_]


@pytest.mark.parametrize("damage", [0.3, 0.6, 0.999])
def test_damaged_gzip_gives_the_same_however_it_is_cut(read: Reading, damage: float) -> None:
    damaged = bytearray(gzip.compress(LINES))
    at = int(len(damaged) * damage)
    damaged[at : at + 3] = b"\xff\xff\xff"

    results = [read(bytes(damaged), "orders/a.jsonl.gz", chunk=n) for n in (1, 13, 1 << 20)]

    assert all(result.failure is not None for result in results)
    assert all(result.outcomes == results[0].outcomes for result in results)


def test_what_follows_the_gzip_makes_the_object_unreadable_behind_its_records(
    read: Reading,
) -> None:
    result = read(gzip.compress(LINES) + b"rubbish", "orders/a.jsonl.gz")

    assert result.counts == (1000, 1)
    assert result.failure is not None


def test_an_object_called_gz_that_is_none_is_one_rejection_with_its_bytes(read: Reading) -> None:
    result = read(LINES, "orders/a.jsonl.gz", chunk=10)

    assert (result.counts, result.raws) == ((0, 1), [LINES])
    assert result.failure == "the object is called .gz, but it is no gzip"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
@pytest.mark.parametrize("format_", ["jsonl", "json", "csv"])
def test_another_encoding_is_detected_and_said(read: Reading, encoding: str, format_: str) -> None:
    content = '{"a":1}\n{"a":2}\n'.encode(encoding)

    for chunk in (1, 1 << 20):
        result = read(content, f"orders/a.{format_}", chunk=chunk)

        assert (result.counts, result.raws) == ((0, 1), [content])
        assert result.failure == f"the text is in {encoding[:6].upper()}; save it as UTF-8"
    compressed = read(gzip.compress(content), f"orders/a.{format_}.gz")
    assert (compressed.counts, compressed.raws) == ((0, 1), [content])


def test_an_unreadable_object_longer_than_the_limit_is_rejected_by_its_place(
    read: Reading,
) -> None:
    content = LINES.decode().encode("utf-16")

    (rejection,) = read(content, record_limit=100, chunk=50).rejected

    assert (rejection.raw, rejection.position, rejection.length) == (None, 0, len(content))


def test_little_gzip_with_much_text_is_read_in_small_pieces() -> None:
    from shared.gzip_members import gunzip  # noqa: PLC0415

    bomb = gzip.compress(b"\n" * 50_000_000)

    sizes = [len(piece) for piece in gunzip([bomb])]

    assert sum(sizes) == 50_000_000
    assert max(sizes) <= 1 << 20
