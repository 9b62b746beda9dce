"""R-A8, R-F3: the different keys of an object are counted exactly, however many there are."""

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import distinct_keys
from shared.distinct_keys import (
    DistinctKeys,
    NoRoomForKeysError,
    TooManyKeysError,
    count_distinct,
)
from tests.functions.reading.conftest import pieces

HERE = Path("/nonexistent")
Key = tuple[str, str]
few_keys = st.lists(st.tuples(st.sampled_from("abcdefg"), st.sampled_from("tuv")), max_size=40)


def exported(folder: Path, keys: list[Key], limit: int = 1000) -> bytes:
    with DistinctKeys(folder, limit) as leg:
        for key in keys:
            leg.add(*key)
        return b"".join(leg.export())


@settings(max_examples=150, deadline=None)
@given(few_keys, st.integers(1, 10))
def test_the_count_is_that_of_the_different_keys(
    tmp_path_factory: pytest.TempPathFactory, keys: list[Key], limit: int
) -> None:
    with DistinctKeys(tmp_path_factory.getbasetemp(), limit) as distinct:
        for key in keys:
            distinct.add(*key)

        assert distinct.count() == distinct.count() == len(set(keys))


@settings(max_examples=150, deadline=None)
@given(st.lists(few_keys, max_size=4), st.integers(1, 10), st.integers(1, 3000))
def test_legs_are_counted_as_if_they_were_one(
    tmp_path_factory: pytest.TempPathFactory, legs: list[list[Key]], limit: int, chunk: int
) -> None:
    folder = tmp_path_factory.getbasetemp()
    streams = [pieces(exported(folder, keys, limit), chunk) for keys in legs]

    assert count_distinct(streams) == len({key for keys in legs for key in keys})


@pytest.mark.parametrize("limit", [100, 100_000])
def test_a_bucket_with_very_many_keys_is_counted_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr("shared.distinct_keys._LARGEST_SET", 10)
    monkeypatch.setattr("shared.distinct_keys._PIECE", 64)
    keys = [(str(n), "t") for n in range(20_000)]

    with DistinctKeys(tmp_path, limit) as distinct:
        for key in [*keys, *keys[::2]]:
            distinct.add(*key)

        assert distinct.count() == 20_000
        assert count_distinct([distinct.export(), distinct.export()]) == 20_000


@pytest.mark.parametrize("repeats", [1, 5])
def test_what_is_looked_at_to_count_a_bucket_grows_with_its_keys(
    monkeypatch: pytest.MonkeyPatch, repeats: int
) -> None:
    """R-A4."""
    looked_at = 0
    digests = distinct_keys._digests

    def noted(data: bytes | bytearray) -> Iterator[bytes]:
        nonlocal looked_at
        looked_at += len(data) // 16
        return digests(data)

    monkeypatch.setattr("shared.distinct_keys._digests", noted)
    monkeypatch.setattr("shared.distinct_keys._LARGEST_SET", 10)
    monkeypatch.setattr("shared.distinct_keys._PIECE", 64)
    different, keys = 4000, 4000 * repeats
    stream = (n.to_bytes(16, "little") for n in list(range(different)) * repeats)
    assert distinct_keys._distinct(stream) == different
    assert looked_at < 6 * keys


def test_an_id_and_a_timestamp_are_not_taken_for_each_other(tmp_path: Path) -> None:
    with DistinctKeys(tmp_path) as distinct:
        for key in [("a", "bc"), ("ca", "b"), ("bca", ""), ("a", "bc")]:
            distinct.add(*key)

        assert distinct.count() == 3


def test_few_keys_need_no_file() -> None:
    with DistinctKeys(HERE, limit=3) as distinct:
        distinct.add("a", "t")
        distinct.add("b", "t")

        assert distinct.count() == 2


def test_nothing_is_left_in_the_folder_whatever_becomes_of_the_process(tmp_path: Path) -> None:
    with DistinctKeys(tmp_path, limit=1) as distinct:
        distinct.add("a", "t")

        assert distinct.count() == 1
        assert list(tmp_path.iterdir()) == []


@pytest.fixture
def small_disk() -> Iterator[int]:
    """Let no file grow beyond so many bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    yield 1000
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_named_with_what_would_help(tmp_path: Path, small_disk: int) -> None:
    with DistinctKeys(tmp_path, limit=10) as distinct:
        for n in range(69):
            distinct.add(str(n), "t")

        with pytest.raises(NoRoomForKeysError) as caught:
            distinct.add("69", "t")

    assert 60 * 16 <= small_disk < 70 * 16
    assert str(tmp_path) in str(caught.value)
    assert "70 keys take 1120 bytes; give the function more" in str(caught.value)


def test_a_folder_that_does_not_exist_is_not_taken_for_a_full_disk() -> None:
    with DistinctKeys(HERE, limit=1) as distinct, pytest.raises(FileNotFoundError):
        distinct.add("a", "t")


@pytest.mark.parametrize("length", [0, 5, 100, 2055, 2056, 2060, 2087])
def test_exported_keys_that_are_cut_off_are_never_counted(tmp_path: Path, length: int) -> None:
    whole = exported(tmp_path, [("a", "t"), ("b", "t")])
    assert len(whole) == 2088

    with pytest.raises(ValueError, match="cut off"):
        count_distinct([pieces(whole, 500), pieces(whole[:length], 500)])


def test_more_keys_than_fit_into_memory_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = exported(tmp_path, [(str(n), "t") for n in range(5000)])
    monkeypatch.setattr("shared.distinct_keys.MOST_IN_BUCKET", 39)
    with pytest.raises(TooManyKeysError, match="there are 10000 keys"):
        count_distinct([pieces(whole, 2056), pieces(whole, 2056)])
    monkeypatch.setattr("shared.distinct_keys.MOST_IN_BUCKET", 100)
    assert count_distinct([pieces(whole, 500), pieces(whole, 500)]) == 5000


def test_something_else_is_not_taken_for_exported_keys() -> None:
    with pytest.raises(ValueError, match="no exported keys"):
        count_distinct([iter([b"x" * 5000])])
