"""A large JSON Lines object as parts that are processed side by side, to the end of a whole one."""

import gzip
from collections.abc import Iterator
from itertools import islice
from typing import Any

import boto3
import pytest
from msgspec.structs import replace

from processor.deadline import NoProgressError, OutOfTimeError
from processor.events import ObjectCreated
from processor.outcomes import Invocation
from shared.aws_object_ledger import ObjectLedger
from shared.line_places import range_places
from shared.records import Place
from tests.functions.conftest import InvocationContext

from .conftest import Pipeline, lines
from .crashing import (
    Deliveries,
    left_behind,
    quarantined,
    ranks_kept,
    sent,
    swept,
)
from .test_crashes import changed, check_same, undisturbed

RECORDS = [{"id": str(number % 30), "total": number} for number in range(80)]
CONTENT = lines(*RECORDS[:30], {"id": "bad", "total": -1}, *RECORDS[30:]) + b"{broken\n"


@pytest.fixture
def splitting(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """The processor with parts of about 600 bytes: four of `CONTENT`."""
    monkeypatch.setattr("processor.splitting.SMALLEST_PART", 100)
    return changed(pipeline, split_bytes=1200)


def parts(pipeline: Pipeline) -> list[dict[str, Any]]:
    return [row for row in pipeline.ledger() if "#" in row["region"]]


def whole(pipeline: Pipeline) -> dict[str, Any]:
    (row,) = [row for row in pipeline.ledger() if "#" not in row["region"]]
    return row


def run(pipeline: Pipeline, *created: ObjectCreated) -> list[str]:
    deliveries = Deliveries(pipeline, list(created))
    with ranks_kept(pipeline):
        deliveries.run()
    return deliveries.results


def test_the_parts_of_an_object_leave_what_the_whole_leaves(splitting: Pipeline) -> None:
    """R-A4, R-F3: keys that repeat in other parts are superseded, lines and positions are those
    of the object."""
    created = splitting.upload("orders/1.jsonl", CONTENT)
    expected = undisturbed(splitting, created)
    changed(splitting, split_bytes=1200)
    results = run(splitting, created)
    assert results == ["SPLIT", "PART", "PART", "PART", "PART", "COMPLETED"]
    check_same(left_behind(splitting), expected)
    rows = parts(splitting)
    assert [row["region"] for row in rows] == [f"us-east-1#{n:05}" for n in (1, 2, 3, 4)]
    begins = [int(row["part"]["begin"]["position"]) for row in rows]
    ends = [int(row["part"]["end"]["position"]) for row in rows]
    assert begins == [0, *ends[:-1]]
    assert ends[-1] == len(CONTENT)
    assert whole(splitting)["parts"] == 4
    assert all(
        line["line"] in (31, 82) for kept in quarantined(splitting).values() for line in kept
    )
    assert sum(int(row["read"]) for row in rows) == whole(splitting)["read"] == 82


@pytest.mark.parametrize(
    ("key", "content", "split_bytes"),
    [
        ("orders/1.jsonl", CONTENT, 0),
        ("orders/1.jsonl", CONTENT, len(CONTENT)),
        ("orders/1.jsonl", gzip.compress(CONTENT, mtime=0), 100),
        ("orders/1.jsonl.gz", gzip.compress(CONTENT, mtime=0), 100),
        ("orders/1.csv", b"id,total\n" + b"1,1\n" * 200, 100),
    ],
)
def test_only_large_uncompressed_json_lines_are_split(
    splitting: Pipeline, key: str, content: bytes, split_bytes: int
) -> None:
    """R-A4."""
    changed(splitting, split_bytes=split_bytes)
    assert run(splitting, splitting.upload(key, content)) == ["COMPLETED"]
    assert parts(splitting) == []


def test_a_repeated_announcement_announces_the_parts_that_have_not_ended(
    splitting: Pipeline,
) -> None:
    """R-F3. Given a split object whose messages were lost but for one."""
    created = splitting.upload("orders/1.jsonl", CONTENT)
    deliveries = Deliveries(splitting, [])
    assert deliveries.deliver(created) == "SPLIT"
    first, *_ = sent(splitting)
    assert (first.part, first.event_name) == (1, "ObjectCreated:Range")
    assert deliveries.deliver(first) == "PART"
    assert deliveries.deliver(swept(created)) == "SPLIT"
    again = sent(splitting)
    assert [one.part for one in again] == [2, 3, 4]
    assert run(splitting, *again) == ["PART", "PART", "PART", "COMPLETED"]
    assert run(splitting, swept(created), first) == ["REPEATED", "REPEATED"]


def test_a_plan_whose_time_runs_out_goes_on_as_a_new_message(
    splitting: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A4: parts that are announced are processed meanwhile; the object waits for the others."""
    created = splitting.upload("orders/1.jsonl", CONTENT)
    expected = undisturbed(splitting, created)
    changed(splitting, split_bytes=1200)
    time_for(monkeypatch, parts=2)
    deliveries = Deliveries(splitting, [])
    assert deliveries.deliver(created) == "CONTINUED"
    one, two, rest = sent(splitting)
    assert (one.part, two.part, rest.part, rest.hop) == (1, 2, None, 1)
    monkeypatch.undo()
    monkeypatch.setattr("processor.splitting.SMALLEST_PART", 100)
    assert [deliveries.deliver(one), deliveries.deliver(two)] == ["PART", "PART"]
    assert sent(splitting) == []
    assert run(splitting, rest) == ["SPLIT", "PART", "PART", "COMPLETED"]
    check_same(left_behind(splitting), expected)


def test_a_plan_that_finds_no_part_in_what_is_left_of_its_time_comes_back(
    splitting: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A8. Given an invocation that had other work before."""
    created = splitting.upload("orders/1.jsonl", CONTENT)
    time_for(monkeypatch, parts=0)
    invocation = Invocation.of(InvocationContext())
    invocation.deadline.seconds = 600.0
    with pytest.raises(NoProgressError, match="no part was found from byte 0"):
        splitting.processor.process(created, invocation)
    assert sent(splitting) == []


def test_when_a_whole_invocation_finds_no_part_the_rest_is_one(
    splitting: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A8: it is then processed leg by leg."""
    created = splitting.upload("orders/1.jsonl", CONTENT)
    expected = undisturbed(splitting, created)
    changed(splitting, split_bytes=1200)
    time_for(monkeypatch, parts=0)
    assert run(splitting, created) == ["SPLIT", "PART", "COMPLETED"]
    check_same(left_behind(splitting), expected)


def test_when_a_plan_may_go_on_no_more_the_rest_is_one_part(
    splitting: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A8, R-F3: the object's accounts are those of all its parts, whatever stopped the plan."""
    created = splitting.upload("orders/1.jsonl", CONTENT)
    expected = undisturbed(splitting, created)
    changed(splitting, split_bytes=600, maximum_hops=1)
    time_for(monkeypatch, parts=1)
    results = run(splitting, created)
    assert (results.count("CONTINUED"), results[-1]) == (1, "COMPLETED")
    assert len(parts(splitting)) == 3
    check_same(left_behind(splitting), expected)


def test_a_part_that_fails_fails_the_object_when_all_have_ended(splitting: Pipeline) -> None:
    """R-A8. Given an object that is removed when one of its parts is done."""
    created = splitting.upload("orders/1.jsonl", CONTENT)
    deliveries = Deliveries(splitting, [])
    deliveries.deliver(created)
    first, *others = sent(splitting)
    deliveries.deliver(first)
    boto3.client("s3").delete_object(
        Bucket=created.bucket, Key=created.key, VersionId=str(created.version_id)
    )
    assert run(splitting, *others) == ["PART", "PART", "PART", "FAILED"]
    row = whole(splitting)
    assert (row["status"], row["retryable"]) == ("FAILED", False)
    assert row["reason"].startswith("part 2, from byte ")
    assert "does not exist" in row["reason"]
    done = parts(splitting)[0]
    names = ("read", "stored", "superseded", "rejected")
    assert [row[name] for name in names] == [done[name] for name in names]
    assert row["read"] > 0


def test_two_parts_that_are_the_last_at_once_close_the_object_once(
    splitting: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-F3. Given two parts of which each sees that the other has ended, too."""
    created = splitting.upload("orders/1.jsonl", CONTENT)
    deliveries = Deliveries(splitting, [])
    deliveries.deliver(created)
    *others, third, fourth = sent(splitting)
    run(splitting, *others)
    entries = ObjectLedger.entries
    looks = 0

    def after_the_other(self: ObjectLedger, object_id: str) -> Any:
        nonlocal looks
        looks += 1
        if looks == 1:
            assert deliveries.deliver(fourth) == "PART"
        return entries(self, object_id)

    with monkeypatch.context() as patch:
        patch.setattr(ObjectLedger, "entries", after_the_other)
        assert deliveries.deliver(third) == "PART"
    messages = sent(splitting)
    assert [one.part for one in messages] == [None, None]
    assert run(splitting, *messages) == ["COMPLETED", "REPEATED"]
    assert len(splitting.invocation_log()) == 1


def test_a_part_that_nobody_announced_is_nothing_to_do(splitting: Pipeline) -> None:
    """R-A8: a message of an object whose ledger entries are gone says nothing of its range."""
    created = replace(splitting.upload("orders/1.jsonl", CONTENT), part=7)
    outcome = run(splitting, created)
    assert outcome == ["REPEATED"]
    assert splitting.ledger() == []


def time_for(monkeypatch: pytest.MonkeyPatch, *, parts: int) -> None:
    """Let the time be over when the ends of so many parts were found."""

    def found(*told: Any) -> Iterator[Place]:
        yield from islice(range_places(*told), parts)
        raise OutOfTimeError

    monkeypatch.setattr("processor.splitting.range_places", found)
