"""Any objects, faults and interleavings: accounts balance, and the table is what a model says."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import force_setattr

from processor.events import ObjectCreated
from processor.outcomes import Invocation
from shared.datasets import datasets
from stream_processor.ranks import repairs
from tests.functions.conftest import InvocationContext

from .conftest import INGESTION, SCHEMA, Crash, Pipeline
from .crashing import empty, legs_of, quarantined, sent
from .interleaving import FAULTS, Interleaving, Turn

DATASETS = {
    "orders": {
        "prefix": "orders/",
        "formats": ["jsonl"],
        "record": {"id": ["id"], "timestamp": "at", "timestamp_format": None, "timezone": "UTC"},
        "retention_days": None,
        "schema": SCHEMA,
    }
}
AT = "2026-01-31T12:00:00Z"
SMALLEST_PART = 120
MOST_ROUNDS = 60

Text = list[bytes]


@dataclass(frozen=True)
class Case:
    """What happens.

    Parameters
    ----------
    texts
        The lines of each object.
    repeats
        How often each is announced.
    turns
        Of the first rounds; then nothing goes wrong any more.
    leg, split
        Records of a leg; whether objects are split.
    """

    texts: Sequence[Text]
    repeats: Sequence[int]
    turns: Sequence[Turn]
    leg: int
    split: bool


def record(key: int, total: int) -> bytes:
    return json.dumps({"id": f"K{key}", "at": AT, "total": total}).encode()


LINES = st.one_of(
    st.builds(record, st.integers(0, 5), st.integers(0, 9)),
    st.builds(record, st.integers(0, 5), st.integers(0, 9)),
    st.sampled_from([b"{broken", b"[1]", record(1, -1), b'{"id": 3, "at": "today"}']),
)
TEXTS = st.lists(LINES, min_size=1, max_size=12)
TURNS = st.builds(Turn, st.integers(0, 5), st.sampled_from(["", "", "", *FAULTS]))
CASES = st.integers(1, 3).flatmap(
    lambda number: st.builds(
        Case,
        texts=st.lists(TEXTS, min_size=number, max_size=number),
        repeats=st.lists(st.integers(1, 2), min_size=number, max_size=number),
        turns=st.lists(TURNS, max_size=120),
        leg=st.sampled_from([2, 3, 5, 1000]),
        split=st.booleans(),
    )
)


@pytest.fixture
def datasets_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    file = tmp_path / "datasets.json"
    file.write_text(json.dumps(DATASETS))
    monkeypatch.setenv("DATASETS_FILE", str(file))
    datasets.cache_clear()
    yield file
    datasets.cache_clear()


@contextmanager
def later(rounds: int) -> Iterator[None]:
    """Let all claims of earlier rounds have expired."""
    now = time.time
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.aws_object_ledger.time.time", lambda: now() + 301 * rounds)
        yield


def processing(
    pipeline: Pipeline, message: ObjectCreated, back: list[ObjectCreated]
) -> Callable[[], None]:
    """Return an invocation with a message, which comes back unless it is done with."""

    def process() -> None:
        try:
            pipeline.processor.process(message, Invocation.of(InvocationContext()))
        except (Exception, Crash):  # noqa: BLE001 - whatever it is, the queue has the message
            back.append(message)

    return process


def deliver(pipeline: Pipeline, waiting: list[ObjectCreated], run: Interleaving) -> int:
    """Deliver everything, three at a time, until nothing is left; return the rounds."""
    for number in range(MOST_ROUNDS):
        if not waiting:
            return number
        now, waiting = waiting[:3], waiting[3:]
        with later(number):
            run.run([processing(pipeline, message, waiting) for message in now])
        waiting += sent(pipeline)
    raise AssertionError(f"it does not end: {waiting}")


def keep_ranks(pipeline: Pipeline, run: Interleaving) -> None:
    """Do what the stream processor does."""
    for repair in repairs(run.changes):
        pipeline.places.table.put_if(repair.item, repair.condition)


def is_valid(line: bytes) -> bool:
    try:
        found = json.loads(line)
    except ValueError:
        return False
    return isinstance(found, dict) and "total" in found and found["total"] >= 0


def expected_counts(text: Text) -> dict[str, int]:
    valid = [json.loads(line)["id"] for line in text if is_valid(line)]
    return {
        "read": len(text),
        "stored": len(set(valid)),
        "superseded": len(valid) - len(set(valid)),
        "rejected": len(text) - len(valid),
    }


def expected_records(texts: Sequence[Text], created: Sequence[ObjectCreated]) -> dict[str, int]:
    """Return id -> total of the record with the highest rank."""
    best: dict[str, tuple[Any, int]] = {}
    for text, one in zip(texts, created, strict=True):
        head = boto3.client("s3").head_object(
            Bucket=INGESTION, Key=one.key, VersionId=str(one.version_id)
        )
        for number, line in enumerate(text):
            if is_valid(line):
                found = json.loads(line)
                candidate = ((head["LastModified"], one.version_id, number), found["total"])
                best[found["id"]] = max(best.get(found["id"], candidate), candidate)
    return {name: total for name, (_, total) in best.items()}


def check(pipeline: Pipeline, case: Case, created: Sequence[ObjectCreated]) -> None:
    """Compare what is left with the model."""
    ledger = {row["objectId"]: row for row in pipeline.ledger() if "#" not in row["region"]}
    for text, one in zip(case.texts, created, strict=True):
        row = ledger[f"orders/{one.key}#{one.version_id}"]
        assert row["status"] == "COMPLETED"
        assert {name: int(row[name]) for name in expected_counts(text)} == expected_counts(text)
    items = pipeline.records()
    stored = {
        item["data"]["id"]: int(item["data"]["total"])
        for item in items
        if item["status"] == "PROCESSED"
    }
    assert stored == expected_records(case.texts, created)
    kept = quarantined(pipeline)
    found = Counter((line["object"], line["record"]) for lines in kept.values() for line in lines)
    rejected = Counter(
        (one.key, line.decode())
        for text, one in zip(case.texts, created, strict=True)
        for line in text
        if not is_valid(line)
    )
    assert found == rejected
    pointers = [item for item in items if item["status"] == "REJECTED"]
    assert len(pointers) == rejected.total()
    for item in pointers:
        line = kept[item["quarantineKey"]][int(item["quarantineLine"]) - 1]
        assert line["position"] == item["position"]


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=CASES)
def test_whatever_happens_the_accounts_balance_and_the_table_has_the_highest_ranks(
    pipeline: Pipeline, case: Case
) -> None:
    """R-F3 R-A7 R-A8: objects that share keys, announced again, in invocations that take turns at
    every call to AWS, with throttling, errors before and after the fact, unprocessed items and
    deaths; split, in legs, or neither."""
    empty(pipeline)
    run = Interleaving(iter(case.turns))
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr("processor.splitting.SMALLEST_PART", SMALLEST_PART)
        force_setattr(pipeline.places, "split_bytes", SMALLEST_PART if case.split else 0)
        stack.enter_context(legs_of(case.leg))
        stack.enter_context(run.of_calls())
        created = [
            pipeline.upload(f"orders/{number}.jsonl", b"\n".join(text))
            for number, text in enumerate(case.texts)
        ]
        waiting = [
            one for one, times in zip(created, case.repeats, strict=True) for _ in range(times)
        ]
        deliver(pipeline, waiting, run)
        keep_ranks(pipeline, run)
        check(pipeline, case, created)
