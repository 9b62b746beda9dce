"""Records that do not end within an invocation: what was read before is kept, the rest given up."""

import gzip
import json
import random
from collections.abc import Iterator

import pytest

from processor.deadline import NoProgressError
from processor.events import ObjectCreated
from processor.outcomes import Invocation
from shared.aws_object_source import OpenVersion
from tests.functions.conftest import InvocationContext

from .conftest import DATASETS, Pipeline, lines
from .crashing import Deliveries, quarantined, sent
from .test_crashes import changed
from .test_long_objects import accounts

CHUNK = 100
SECONDS_PER_CHUNK = 10
"""So an invocation of 300 s reads 2,600 bytes, and has time to write what comes of them."""

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
    """The processor, to which each hundred bytes take ten seconds."""
    now = 0.0
    at = OpenVersion.at

    def slowly(self: OpenVersion, offset: int = 0) -> Iterator[bytes]:
        nonlocal now
        for chunk in at(self, offset):
            now += SECONDS_PER_CHUNK
            yield chunk

    monkeypatch.setattr("processor.deadline.time.monotonic", lambda: now)
    monkeypatch.setattr("shared.aws_object_source.CHUNK_BYTES", CHUNK)
    monkeypatch.setattr("processor.claimed_object.LONGEST_SEARCH", 1000, raising=False)
    monkeypatch.setattr("processor.splitting.SMALLEST_PART", 500)
    monkeypatch.setattr(OpenVersion, "at", slowly)
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

    assert results[-3:] == ["CONTINUED", "NO PROGRESS", "FAILED"]
    assert stored(slow) == list(range(len(GOOD)))
    (row,) = slow.ledger()
    place = f"byte {len(good)}, line {good.count(NEW_LINE) + 1}"
    assert (row["status"], row["retryable"]) == ("FAILED", False)
    assert row["reason"].startswith(f"from {place} on no record ends in the ")
    assert accounts(row) == (len(GOOD) + 1, len(GOOD), 0, 1)
    (line,) = [line for kept in quarantined(slow).values() for line in kept]
    assert (line["position"], line["recordEncoding"]) == (len(good), "utf-8")
    assert damaged.startswith(line["record"].encode())
    assert line["reasons"][0]["message"].startswith("no record ends in the ")
    assert len(slow.invocation_log()) == 1


def test_what_never_ends_in_gzip_is_given_up(slow: Pipeline) -> None:
    """R-A8: though it takes few bytes of the object."""
    good = lines(*GOOD)
    content = gzip.compress(good + noise(40_000), mtime=0)
    created = slow.upload("orders/1.jsonl.gz", content)

    results = deliver(slow, created)

    assert results[-1] == "FAILED"
    (row,) = slow.ledger()
    assert row["reason"].startswith(f"from byte {len(good)}, line 41 on no record ends in the ")
    assert accounts(row) == (41, 40, 0, 1)


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
    assert f"from byte {len(good)}, line 41 on no record ends in the " in whole["reason"]
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
    monkeypatch.setattr("processor.claimed_object.LONGEST_SEARCH", 10_000)
    created = slow.upload("orders/1.jsonl", b"{" + ENDLESS)
    for _ in range(4):
        with pytest.raises(NoProgressError):
            Deliveries(slow, []).deliver(created)


def noise(length: int) -> bytes:
    """Return letters that no compression makes much shorter."""
    return bytes(random.Random(1).choices(b"abcdefghijklmnopqrstuvwxyz0123456789", k=length))


def stored(pipeline: Pipeline) -> list[int]:
    """Return the numbers of the records in the table."""
    records = pipeline.records()
    return sorted(int(each["data"]["id"]) for each in records if each["status"] == "PROCESSED")
