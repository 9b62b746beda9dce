"""The function killed at any point: what is repeated leaves what a run without a crash leaves."""

from typing import Any

import pytest

from processor.events import ObjectCreated
from processor.places import Places

from .conftest import Pipeline, lines
from .crashing import (
    Deliveries,
    claims_expired,
    empty,
    left_behind,
    legs_of,
    one_call_at_a_time,
    ranks_kept,
    sent,
    swept,
)

RECORDS = [{"id": str(number % 12), "total": number} for number in range(20)]
CONTENT = (
    lines(*RECORDS[:6], {"id": "bad", "total": -1}, *RECORDS[6:], {"id": "worse", "total": -2})
    + b"{broken\n"
)
HOW = {
    "small": {"COMPLETED"},
    "legs": {"COMPLETED", "CONTINUED"},
    "parts": {"COMPLETED", "SPLIT", "PART"},
    "parts in legs": {"COMPLETED", "SPLIT", "PART", "CONTINUED"},
}


@pytest.fixture
def one_writer(pipeline: Pipeline) -> Pipeline:
    """The processor with one write at a time, so that its calls come in a fixed order."""
    return changed(pipeline, write_concurrency=1)


def changed(pipeline: Pipeline, **settings: int) -> Pipeline:
    """Change what was configured for the places."""
    told = {name: getattr(pipeline.places, name) for name in Places.__annotations__}
    pipeline.places = Places(**told | settings)
    return pipeline


def undisturbed(pipeline: Pipeline, created: ObjectCreated) -> tuple[Any, ...]:
    """Return what is left when the object is processed in one go, as a whole."""
    changed(pipeline, split_bytes=0)
    Deliveries(pipeline, [created]).run()
    left = left_behind(pipeline)
    empty(pipeline)
    return left


CASES = {
    "small": ("orders/1.jsonl", CONTENT, 10_000, 0),
    "legs": ("orders/1.jsonl", CONTENT, 9, 0),
    "parts": ("orders/1.jsonl", CONTENT, 10_000, 500),
    "parts in legs": ("orders/1.jsonl", CONTENT, 8, 500),
}


@pytest.mark.parametrize(
    ("case", "by_sweep", "step"),
    [
        ("small", False, 1),
        ("legs", False, 1),
        ("parts", False, 1),
        # The calls are those of the cases above: some of them in another surrounding.
        ("parts in legs", False, 3),
        ("legs", True, 2),
        ("parts", True, 3),
    ],
)
def test_a_crash_between_any_two_calls_leaves_no_trace_after_the_retry(
    one_writer: Pipeline, case: str, *, by_sweep: bool, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-F3. Given an object that takes one invocation, several, or is split; killed before every
    call to AWS; when the message is delivered again, or is lost and the sweep announces the object;
    then table, quarantine, accounts and log are those of an object processed in one go."""
    pipeline = one_writer
    monkeypatch.setattr("processor.splitting.SMALLEST_PART", 300)
    key, content, records, split_bytes = CASES[case]
    created = pipeline.upload(key, content)
    expected = undisturbed(pipeline, created)
    changed(pipeline, split_bytes=split_bytes)
    with legs_of(records):
        calls = check_without_a_crash(pipeline, created, expected, HOW[case])
        for call in range(1, len(calls) + 1, step):
            empty(pipeline)
            with ranks_kept(pipeline):
                deliveries = Deliveries(pipeline, [created])
                killed = deliveries.run_and_die(call)
                assert killed is not None, "the run is not the same again"
                again = swept(created) if by_sweep else killed
                deliveries.waiting = [again, *sent(pipeline), *deliveries.waiting[1:]]
                with claims_expired():
                    deliveries.run()
            check_same(left_behind(pipeline), expected)


@pytest.mark.parametrize("case", ["small", "legs", "parts in legs"])
def test_messages_that_are_processed_at_once_in_any_order_leave_the_same(
    pipeline: Pipeline, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-F3. Given three announcements of one object, and all that they lead to, on three threads;
    whoever meets a claim comes back later; then the end is that of one invocation alone."""
    monkeypatch.setattr("processor.splitting.SMALLEST_PART", 200)
    key, content, records, split_bytes = CASES[case]
    created = pipeline.upload(key, content)
    expected = undisturbed(pipeline, created)
    changed(pipeline, split_bytes=split_bytes)
    with legs_of(records), ranks_kept(pipeline), one_call_at_a_time():
        deliveries = Deliveries(pipeline, [created, swept(created), created])
        results = deliveries.run_side_by_side(threads=3)
    assert results.count("COMPLETED") == 1
    check_same(left_behind(pipeline), expected)


def check_without_a_crash(
    pipeline: Pipeline, created: ObjectCreated, expected: tuple[Any, ...], how: set[str]
) -> list[str]:
    deliveries = Deliveries(pipeline, [created])
    with ranks_kept(pipeline):
        assert deliveries.run_and_die(0) is None
    assert set(deliveries.results) == how
    check_same(left_behind(pipeline), expected)
    return deliveries.calls


def check_same(left: tuple[Any, ...], expected: tuple[Any, ...]) -> None:
    """Compare; by which event the object was announced first may differ, and how it was cut."""
    records, quarantine, ledger, parts, log = left
    assert records == expected[0]
    assert quarantine == expected[1]
    assert [without_event(row) for row in ledger] == [without_event(row) for row in expected[2]]
    assert set(parts) <= {"COMPLETED"}
    assert len(log) == len(expected[4]) == 1


def without_event(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "eventName"}
