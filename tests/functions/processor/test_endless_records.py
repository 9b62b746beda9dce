"""Records that do not end within an invocation: what was read before is kept, the rest given up."""

import gzip
import json
from typing import Any

import pytest

from processor.deadline import NoProgressError
from processor.events import ObjectCreated
from processor.outcomes import Invocation
from shared.aws_object_ledger import ObjectLedger
from shared.aws_object_source import OpenVersion
from tests.functions.conftest import InvocationContext

from .conftest import DATASETS, Pipeline, lines
from .crashing import Deliveries, legs_of, quarantined, sent
from .slowness import Clock, later, noise, slow_gunzip
from .test_crashes import changed
from .test_long_objects import accounts

CHUNK = 100
SECONDS_PER_CHUNK = 10
"""So an invocation of 300 s reads 2,600 bytes, and has time to write what comes of them."""
LONGEST = 1000
"""Bytes in which a record has to end."""
GOOD = [{"id": str(number), "total": number} for number in range(40)]
ENDLESS = b'"' + b"x" * 20_000
ARRAY = b"[" + b",\n".join(json.dumps(one).encode() for one in GOOD) + b",\n"
NEW_LINE = b"\n"
HEADER = b"id,total\n"
ROWS = b"".join(f"{one['id']},{one['total']}\n".encode() for one in GOOD)
DAMAGED = {
    "array": ("orders/1.json", ARRAY, b"{" + ENDLESS),
    "array of braces": ("orders/1.json", ARRAY, b'{"id": ' * 3000),
    "line": ("orders/1.jsonl", lines(*GOOD), b"{" + ENDLESS),
    "row": ("orders/1.csv", HEADER + ROWS, b"1," + ENDLESS),
}


@pytest.fixture(autouse=True)
def json_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS["orders"], "formats", ["jsonl", "csv", "json"])


@pytest.fixture
def slow(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """The processor, to which each hundred bytes take ten seconds: S3, or to decompress them."""
    clock = Clock(monkeypatch)
    at = OpenVersion.at

    def read(self: OpenVersion, offset: int = 0) -> Any:
        is_gzip = self.found.key.endswith(".gz")
        return later(at, clock, 0 if is_gzip else SECONDS_PER_CHUNK)(self, offset)

    monkeypatch.setattr("shared.object_text.gunzip", slow_gunzip(clock, SECONDS_PER_CHUNK))
    monkeypatch.setattr("shared.aws_object_source.CHUNK_BYTES", CHUNK)
    monkeypatch.setattr("processor.search.LONGEST_SEARCH", LONGEST)
    monkeypatch.setattr("processor.splitting.SMALLEST_PART", 500)
    monkeypatch.setattr(OpenVersion, "at", read)
    return changed(pipeline, split_bytes=0)


def deliver(pipeline: Pipeline, created: ObjectCreated, most: int = 20) -> list[str]:
    """Deliver a message and what follows from it until nothing is left; return the results."""
    results: list[str] = []
    deliveries = Deliveries(pipeline, [])
    waiting = [created]
    while waiting:
        assert len(results) < most, f"it does not end: {results}"
        one = waiting.pop(0)
        try:
            results.append(deliveries.deliver(one))
        except NoProgressError:
            results.append("NO PROGRESS")
            waiting.append(one)
        waiting += sent(pipeline)
    return results


@pytest.mark.parametrize("case", DAMAGED)
def test_what_never_ends_is_given_up_and_what_stands_before_it_is_kept(
    slow: Pipeline, case: str
) -> None:
    """R-A8, R-F3. Given records, and then something that no invocation can read to its end."""
    key, good, damaged = DAMAGED[case]
    created = slow.upload(key, good + damaged)

    results = deliver(slow, created)

    assert results[-3:] == ["NO PROGRESS", "CONTINUED", "FAILED"]
    assert stored(slow) == list(range(len(GOOD)))
    (row,) = slow.ledger()
    place = f"byte {len(good)}, line {good.count(NEW_LINE) + 1}"
    assert (row["status"], row["retryable"]) == ("FAILED", False)
    assert row["reason"] == f"from {place} on no record ends in {LONGEST} bytes"
    assert accounts(row) == (len(GOOD) + 1, len(GOOD), 0, 1)
    (line,) = rest(slow)
    assert (line["byteOffset"], line["length"]) == (len(good), len(damaged))
    assert (line["record"], line["recordEncoding"]) == (None, "none")
    assert line["reasons"][0]["message"] == row["reason"]
    assert row["checkpoint"]["place"]["position"] == len(good)
    assert len(slow.invocation_log()) == 1


def test_what_never_ends_in_gzip_is_given_up(slow: Pipeline) -> None:
    """R-A8: though it takes few bytes of the object."""
    good = lines(*GOOD)
    content = gzip.compress(good + noise(40_000), mtime=0)
    created = slow.upload("orders/1.jsonl.gz", content)

    results = deliver(slow, created)

    assert results[-1] == "FAILED"
    (row,) = slow.ledger()
    reason = f"from byte {len(good)}, line 41 on no record ends in what an invocation can "
    assert row["reason"].startswith(f"{reason}decompress in 300 s; ")
    assert accounts(row) == (41, 40, 0, 1)
    (line,) = rest(slow)
    assert (line["byteOffset"], line["length"], line["record"]) == (len(good), None, None)


@pytest.mark.parametrize("formats", ["array", "line", "row"])
def test_a_long_stretch_that_ends_is_one_rejected_record(slow: Pipeline, formats: str) -> None:
    """R-A8: what takes most of an invocation, but not all of it."""
    key, good, _ = DAMAGED[formats]
    ending = {"array": b'"}]', "line": b"\n", "row": b'"\n'}[formats]
    created = slow.upload(key, good + b'{"id": "' + b"x" * 2000 + ending)

    results = deliver(slow, created)

    assert results[-1] == "COMPLETED"
    assert "NO PROGRESS" not in results
    (row,) = slow.ledger()
    assert accounts(row) == (41, 40, 0, 1)


def test_a_part_that_never_ends_fails_its_object_with_the_accounts_of_all(slow: Pipeline) -> None:
    """R-A8, R-F3: neither the plan nor the part is tried for ever."""
    good = lines(*GOOD)
    created = slow.upload("orders/1.jsonl", good + b"{" + ENDLESS)
    changed(slow, split_bytes=1000)

    results = deliver(slow, created, most=40)

    assert results[-1] == "FAILED"
    whole, *parts = slow.ledger()
    assert accounts(whole) == (41, 40, 0, 1)
    assert f"from byte {len(good)}, line 41 on no record ends in {LONGEST} bytes" in whole["reason"]
    assert {part["status"] for part in parts} == {"COMPLETED", "FAILED"}
    assert stored(slow) == list(range(len(GOOD)))


def test_an_invocation_that_had_other_work_before_gives_nothing_up(slow: Pipeline) -> None:
    """R-A8: only whole invocations that do not suffice are a reason."""
    created = slow.upload("orders/1.jsonl", b"{" + ENDLESS)
    for _ in range(4):
        invocation = Invocation.of(InvocationContext())
        invocation.deadline.seconds = 600.0
        with pytest.raises(NoProgressError):
            slow.processor.process(created, invocation)


def test_an_invocation_that_could_read_little_gives_nothing_up(
    slow: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A8: a store that is slow is not the object's fault."""
    monkeypatch.setattr("processor.search.LONGEST_SEARCH", 10_000)
    created = slow.upload("orders/1.jsonl", b"{" + ENDLESS)
    for _ in range(4):
        with pytest.raises(NoProgressError):
            Deliveries(slow, []).deliver(created)


@pytest.mark.parametrize("key", ["orders/1.jsonl", "orders/1.json"])
def test_two_long_records_that_an_invocation_cannot_read_together_are_not_given_up(
    slow: Pipeline, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A8. Given two records of which each ends soon enough; when S3 is too slow for both in one
    invocation, then they wait until it is faster."""
    monkeypatch.setattr("processor.search.LONGEST_SEARCH", 1600)
    long = [json.dumps({"id": str(n), "total": n, "pad": "x" * 1500}).encode() for n in (1, 2)]
    content = b"[%b,\n%b]" % (*long,) if key.endswith(".json") else b"%b\n%b\n" % (*long,)
    created = slow.upload(key, content)
    for _ in range(4):
        with pytest.raises(NoProgressError):
            Deliveries(slow, []).deliver(created)
    monkeypatch.setattr("tests.functions.processor.test_endless_records.SECONDS_PER_CHUNK", 1)
    assert deliver(slow, created) == ["COMPLETED"]
    (row,) = slow.ledger()
    assert accounts(row) == (2, 2, 0, 0)


@pytest.mark.parametrize("store", ["S3", "ledger"])
def test_gzip_is_not_given_up_because_a_store_is_slow(
    pipeline: Pipeline, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A8. Given gzip that was read half; when several whole invocations do not get back to the
    checkpoint because of what they wait for, then it waits until that is faster."""
    deliveries = Deliveries(pipeline, [])
    with legs_of(100):
        assert deliveries.deliver(gzip_of_noise(pipeline)) == "CONTINUED"
    (again,) = sent(pipeline)
    with monkeypatch.context() as patch:
        clock = Clock(patch)
        seconds = {"S3": (6, 0, 2), "ledger": (0, 100, 200)}[store]
        patch.setattr("shared.aws_object_source.CHUNK_BYTES", CHUNK)
        patch.setattr(OpenVersion, "at", later(OpenVersion.at, clock, seconds[0]))
        patch.setattr(ObjectLedger, "claim", later(ObjectLedger.claim, clock, seconds[1]))
        patch.setattr("shared.object_text.gunzip", slow_gunzip(clock, seconds[2]))
        for _ in range(4):
            with pytest.raises(NoProgressError):
                deliveries.deliver(again)
    assert deliver(pipeline, again)[-1] == "COMPLETED"
    (row,) = pipeline.ledger()
    assert accounts(row) == (400, 400, 0, 0)


@pytest.mark.parametrize("records", [0, 100])
def test_gzip_that_no_invocation_of_ten_can_read_because_s3_is_slow_is_given_up(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, records: int
) -> None:
    """R-A8. Given gzip, unread or read half, that S3 is too slow for: it does not come for ever."""
    again = gzip_of_noise(pipeline)
    if records:
        with legs_of(records):
            assert Deliveries(pipeline, []).deliver(again) == "CONTINUED"
        (again,) = sent(pipeline)
    clock = Clock(monkeypatch)
    monkeypatch.setattr("shared.aws_object_source.CHUNK_BYTES", CHUNK if records else 10)
    monkeypatch.setattr(OpenVersion, "at", later(OpenVersion.at, clock, 6 if records else 100))
    assert deliver(pipeline, again) == ["NO PROGRESS"] * 9 + ["CONTINUED", "FAILED"]
    (row,) = pipeline.ledger()
    assert accounts(row) == (records + 1, records, 0, 1)


def test_gzip_that_takes_a_whole_invocation_up_to_its_checkpoint_is_given_up_there(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A8. Given gzip that was read half, and a function that is too slow to get there again."""
    deliveries = Deliveries(pipeline, [])
    with legs_of(100):
        assert deliveries.deliver(gzip_of_noise(pipeline)) == "CONTINUED"
    (again,) = sent(pipeline)
    monkeypatch.setattr("shared.aws_object_source.CHUNK_BYTES", CHUNK)
    clock = Clock(monkeypatch)
    monkeypatch.setattr(OpenVersion, "at", later(OpenVersion.at, clock, 2))
    monkeypatch.setattr("shared.object_text.gunzip", slow_gunzip(clock, 8))
    assert deliver(pipeline, again) == ["NO PROGRESS", "CONTINUED", "FAILED"]
    (row,) = pipeline.ledger()
    assert accounts(row) == (101, 100, 0, 1)
    place = int(row["checkpoint"]["place"]["position"])
    assert row["reason"].startswith(f"the gzip data cannot be decompressed up to byte {place},")
    (line,) = rest(pipeline)
    assert (line["byteOffset"], line["length"], line["record"]) == (place, None, None)


def test_what_comes_of_one_chunk_of_gzip_may_take_more_than_an_invocation(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A4: a megabyte of it can hold a gigabyte of text, so that the time is looked at between."""
    created = gzip_of_noise(pipeline)
    monkeypatch.setattr("processor.search._GZIP_PIECE", 1000)
    monkeypatch.setattr("shared.object_text.gunzip", slow_gunzip(Clock(monkeypatch), 12))
    assert Deliveries(pipeline, []).deliver(created) == "CONTINUED"


def test_gzip_is_not_given_up_because_the_table_is_slow(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A8: as long as it takes anything, each invocation gets on."""
    clock = Clock(monkeypatch)
    put_batch = pipeline.places.table.put_batch

    def slowly(items: list[bytes]) -> list[bytes]:
        clock.now += 20
        return put_batch(items)

    monkeypatch.setattr(pipeline.places.table, "put_batch", slowly)
    assert deliver(pipeline, gzip_of_noise(pipeline), most=40)[-1] == "COMPLETED"
    (row,) = pipeline.ledger()
    assert accounts(row) == (400, 400, 0, 0)


def gzip_of_noise(pipeline: Pipeline) -> ObjectCreated:
    """Upload 400 records."""
    records = [{"id": str(n), "total": n, "pad": noise(60, n).decode()} for n in range(400)]
    return pipeline.upload("orders/1.jsonl.gz", gzip.compress(lines(*records), mtime=0))


def rest(pipeline: Pipeline) -> list[dict[str, Any]]:
    """Return the quarantined lines."""
    return [line for kept in quarantined(pipeline).values() for line in kept]


def stored(pipeline: Pipeline) -> list[int]:
    """Return the numbers of the records in the table."""
    records = pipeline.records()
    return sorted(int(each["data"]["id"]) for each in records if each["status"] == "PROCESSED")
