"""Objects that one invocation cannot finish: they go on from a checkpoint, to the same end."""

import gzip
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from processor.deadline import Deadline, LegTime, NoProgressError, OutOfTimeError
from processor.outcomes import Invocation
from shared.aws_object_source import OpenVersion
from tests.functions.conftest import InvocationContext

from .conftest import Crash, Pipeline, lines
from .crashing import (
    Deliveries,
    claims_expired,
    empty,
    killed_before,
    left_behind,
    legs_of,
    quarantined,
    sent,
)
from .slowness import Clock
from .test_crashes import changed, undisturbed

RECORDS = [{"id": str(number % 12), "total": number} for number in range(20)]
BAD = [{"id": "bad", "total": -number} for number in range(1, 4)]
JSON_LINES = lines(*RECORDS[:9], BAD[0], *RECORDS[9:], *BAD[1:]) + b"{broken\n"
CSV = "".join(("id,total\n", *(f"{one['id']},{one['total']}\n" for one in RECORDS + BAD))).encode()


@pytest.mark.parametrize("records", [1, 4, 9])
@pytest.mark.parametrize(
    ("key", "content"),
    [
        ("orders/1.jsonl", JSON_LINES),
        ("orders/1.jsonl.gz", gzip.compress(JSON_LINES, mtime=0)),
        ("orders/1.csv", CSV),
        ("orders/cut.csv.gz", gzip.compress(CSV * 2, mtime=0)[:-9]),
        ("orders/cut.jsonl", b"\xef\xbb\xbf" + JSON_LINES + b'"no end'),
    ],
)
def test_an_object_in_several_legs_ends_like_one_in_one_leg(
    pipeline: Pipeline, key: str, content: bytes, records: int
) -> None:
    """R-A4, R-F3: the same items, quarantined lines and accounts, one entry in the log."""
    created = pipeline.upload(key, content)
    changed(pipeline, split_bytes=0)
    Deliveries(pipeline, [created]).run()
    expected = left_behind(pipeline)
    empty(pipeline)

    with legs_of(records):
        deliveries = Deliveries(pipeline, [created])
        deliveries.run(most=400)

    assert deliveries.results.count("CONTINUED") >= 2
    assert left_behind(pipeline) == expected


def test_each_leg_has_a_quarantine_object_named_after_where_it_began(pipeline: Pipeline) -> None:
    """R-A5: the first one is called like that of an object in one leg."""
    created = pipeline.upload("orders/1.jsonl", JSON_LINES)
    with legs_of(10):
        Deliveries(pipeline, [created]).run()
    begin = len(lines(*RECORDS[:9], BAD[0], *RECORDS[9:19]))
    place = f"quarantine/orders/orders/1.jsonl/{created.version_id}"
    found = {key: len(kept) for key, kept in quarantined(pipeline).items()}
    assert found == {f"{place}.jsonl": 1, f"{place}-{begin:017}.jsonl": 3}
    (row,) = pipeline.ledger()
    assert "checkpoint" not in row


def test_only_an_object_of_several_legs_keeps_its_keys(pipeline: Pipeline) -> None:
    """R-A4: what fits into an invocation pays nothing for what does not."""
    small = pipeline.upload("orders/small.jsonl", JSON_LINES)
    Deliveries(pipeline, [small]).run()
    assert not [key for key in pipeline.quarantine() if key.startswith("checkpoints/")]
    with legs_of(10):
        Deliveries(pipeline, [pipeline.upload("orders/long.jsonl", JSON_LINES)]).run()
    assert [key for key in pipeline.quarantine() if key.startswith("checkpoints/orders/")]


def test_a_repeated_leg_that_ends_earlier_leaves_no_line_twice(pipeline: Pipeline) -> None:
    """R-F3. Given a leg that died before its checkpoint, having quarantined a record that its
    repetition does not reach."""
    changed(pipeline, write_concurrency=1, split_bytes=0)
    created = pipeline.upload("orders/1.jsonl", JSON_LINES)
    expected = undisturbed(pipeline, created)
    with legs_of(15), killed_before(0) as calls:
        Deliveries(pipeline, [created]).deliver(created)
    before_checkpoint = len(calls) - 1
    assert calls[-2:] == ["UpdateItem", "SendMessage"]
    empty(pipeline)
    with legs_of(15), killed_before(before_checkpoint), pytest.raises(Crash):
        Deliveries(pipeline, [created]).deliver(created)
    assert len(quarantined(pipeline)) == 1
    with legs_of(5), claims_expired():
        Deliveries(pipeline, [created]).run()
    assert left_behind(pipeline) == expected


def test_what_is_not_done_after_so_many_continuations_is_failed_where_it_stopped(
    pipeline: Pipeline,
) -> None:
    """R-A8: Lambda's own recursion detection is off for the processor."""
    changed(pipeline, maximum_hops=2)
    created = pipeline.upload("orders/1.jsonl", JSON_LINES)
    with legs_of(5):
        deliveries = Deliveries(pipeline, [created])
        deliveries.run()
    assert deliveries.results == ["CONTINUED", "CONTINUED", "CONTINUED", "FAILED"]
    (row,) = pipeline.ledger()
    stopped = len(lines(*RECORDS[:9], BAD[0], *RECORDS[9:14]))
    assert (row["status"], row["retryable"]) == ("FAILED", False)
    assert row["reason"].endswith(
        f"not done after 2 continuations; it stopped at byte {stopped}, line 16"
    )
    assert row["checkpoint"]["place"] == {"position": stopped, "line": 16}
    assert accounts(row) == (16, 12, 2, 2)
    assert len(pipeline.invocation_log()) == 1
    told = [line for every in quarantined(pipeline).values() for line in every]
    (rest,) = [line for line in told if line["recordEncoding"] == "none"]
    assert (rest["byteOffset"], rest["length"]) == (stopped, len(JSON_LINES) - stopped)


def test_the_hops_of_an_object_are_counted_however_it_is_announced(pipeline: Pipeline) -> None:
    """R-A8: otherwise the sweep would let it go on for ever."""
    changed(pipeline, maximum_hops=2)
    created = pipeline.upload("orders/1.jsonl", JSON_LINES)
    with legs_of(5):
        results = [Deliveries(pipeline, [created]).deliver(created) for _ in range(5)]
    assert results == ["CONTINUED"] * 3 + ["FAILED", "REPEATED"]


def test_time_that_brings_not_one_record_is_a_failure_and_no_hop(pipeline: Pipeline) -> None:
    """R-A8: it comes back after a pause, from the same place, and its receives end it."""
    created = pipeline.upload("orders/1.jsonl", JSON_LINES)
    with legs_of(5):
        Deliveries(pipeline, [created]).deliver(created)
    (before,) = pipeline.ledger()
    with legs_of(0), pytest.raises(NoProgressError, match="no record was reached from byte"):
        Deliveries(pipeline, [created]).deliver(created)
    (row,) = pipeline.ledger()
    assert (row["status"], row["retryable"]) == ("FAILED", True)
    assert row["checkpoint"] == before["checkpoint"]
    assert len(sent(pipeline)) == 1
    assert Deliveries(pipeline, [created]).deliver(created) == "COMPLETED"


def test_gzip_that_cannot_be_read_up_to_its_checkpoint_is_failed_and_not_looped(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A8. Given gzip whose beginning takes all the time of an invocation, twice."""
    created = pipeline.upload("orders/1.jsonl.gz", gzip.compress(JSON_LINES))
    with legs_of(10):
        Deliveries(pipeline, [created]).deliver(created)
    monkeypatch.setattr(OpenVersion, "at", endless)
    with pytest.raises(NoProgressError):
        Deliveries(pipeline, [created]).deliver(created)
    assert Deliveries(pipeline, [created]).deliver(created) == "CONTINUED"
    outcome = pipeline.processor.process(created, Invocation.of(InvocationContext()))
    assert outcome.result == "FAILED"
    assert "cannot be decompressed up to byte" in outcome.reason
    assert "within the 300 s of an invocation" in outcome.reason
    (row,) = pipeline.ledger()
    assert (row["status"], row["retryable"], accounts(row)) == ("FAILED", False, (11, 9, 0, 2))
    assert outcome.reason in str(quarantined(pipeline))


def test_an_invocation_that_had_other_work_before_tells_nothing_of_gzip(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A8: only a whole invocation that does not suffice is a reason to give up."""
    created = pipeline.upload("orders/1.jsonl.gz", gzip.compress(JSON_LINES))
    with legs_of(10):
        Deliveries(pipeline, [created]).deliver(created)
    monkeypatch.setattr(OpenVersion, "at", endless)
    invocation = Invocation.of(InvocationContext())
    monkeypatch.setattr(invocation.deadline, "seconds", 600.0)
    for _ in range(3):
        with pytest.raises(NoProgressError):
            pipeline.processor.process(created, invocation)


def test_an_object_that_is_removed_between_two_legs_is_failed_with_what_was_read(
    pipeline: Pipeline,
) -> None:
    """R-A8."""
    created = pipeline.upload("orders/1.jsonl", JSON_LINES)
    with legs_of(5):
        Deliveries(pipeline, [created]).deliver(created)
    boto3.client("s3").delete_object(
        Bucket=created.bucket, Key=created.key, VersionId=str(created.version_id)
    )
    assert Deliveries(pipeline, [created]).deliver(created) == "FAILED"
    (row,) = pipeline.ledger()
    assert (row["status"], accounts(row)) == ("FAILED", (5, 5, 0, 0))


def test_a_slow_table_ends_a_leg_earlier(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-A8: what waits for the table has to be written before the time is over."""
    ends = {}
    for pace in (0.0001, 0.1):
        clock = Clock(monkeypatch)
        leg = LegTime(Deadline(InvocationContext(remaining_ms=300_000)), waiting=400)
        leg.begin()
        done = 0
        while not leg.is_over(done):
            done += 1
            clock.now += pace
        ends[pace] = clock.now
    assert ends[0.0001] > 250
    assert 150 <= ends[0.1] < 200


def test_waiting_for_the_object_is_not_taken_for_a_slow_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """R-A8. Given a table that takes records at once, and S3 that hangs for a while."""
    clock = Clock(monkeypatch)
    leg = LegTime(Deadline(InvocationContext(remaining_ms=300_000)), waiting=400)
    leg.begin()
    for done in range(1000):
        clock.now += 0.01
        assert not leg.is_over(done)
    while clock.now < 125:
        clock.now += 0.2
        assert not leg.is_over(1000)
    done = 1000
    while not leg.is_over(done):
        done += 1
        clock.now += 0.01
    assert clock.now > 200


def test_a_table_that_became_slow_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-A8: throttling sets in when the capacity that was saved up is used."""
    clock = Clock(monkeypatch)
    leg = LegTime(Deadline(InvocationContext(remaining_ms=300_000)), waiting=400)
    leg.begin()
    done = 0
    while not leg.is_over(done):
        done += 1
        clock.now += 0.0001 if clock.now < 100 else 0.1
    assert clock.now < 200


def endless(self: OpenVersion, offset: int = 0) -> Iterator[bytes]:
    """Bring the first bytes, and then nothing until the time is over."""
    yield b"\x1f\x8b\x08"
    raise OutOfTimeError


def accounts(row: dict[str, Any]) -> tuple[int, ...]:
    return tuple(int(row[name]) for name in ("read", "stored", "superseded", "rejected"))
