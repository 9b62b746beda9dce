"""R-A8, R-F3: repetitions inside one object are found exactly, however many keys there are."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.repetitions import Repetitions


@pytest.mark.parametrize("limit", [1, 7, 100_000])
def test_every_repetition_is_found_in_memory_and_on_disk(tmp_path: Path, limit: int) -> None:
    keys = [(f"orders#{number}", "t") for number in range(300)]

    with Repetitions(tmp_path, limit) as repetitions:
        first = [repetitions.seen(*key) for key in keys]
        again = [repetitions.seen(*key) for key in keys]

    assert (any(first), all(again)) == (False, True)
    assert list(tmp_path.iterdir()) == []


@given(st.lists(st.tuples(st.text("ab#\0", max_size=3), st.text("ab", max_size=2))))
def test_it_answers_like_a_set(keys: list[tuple[str, str]]) -> None:
    known: set[tuple[str, str]] = set()
    with Repetitions(Path("/nonexistent")) as repetitions:
        for key in keys:
            assert repetitions.seen(*key) == (key in known)
            known.add(key)


def test_the_file_is_there_only_when_memory_does_not_suffice(tmp_path: Path) -> None:
    with Repetitions(tmp_path, limit=3) as repetitions:
        repetitions.seen("a", "t")
        assert list(tmp_path.iterdir()) == []
        repetitions.seen("b", "t")
        repetitions.seen("c", "t")
        assert len(list(tmp_path.iterdir())) == 1
