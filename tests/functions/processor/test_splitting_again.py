"""A split that is planned again, after a crash: also when the setting was changed meanwhile."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

import boto3
import pytest

from shared.aws_object_source import ObjectGoneError
from shared.line_places import range_places
from shared.records import Place

from .conftest import VARIABLES, Crash, Pipeline, lines
from .crashing import (
    Deliveries,
    claims_expired,
    empty,
    killed_before,
    left_behind,
    quarantined,
    sent,
)
from .test_crashes import changed, check_same, undisturbed
from .test_splitting import CONTENT, RECORDS, parts, run, splitting, whole

__all__ = ["splitting"]


@pytest.mark.parametrize("split_bytes", [0, 400, 10_000])
def test_a_setting_that_changes_between_a_crash_and_the_retry_keeps_the_parts(
    splitting: Pipeline, split_bytes: int
) -> None:
    """R-F3. Given a plan that died behind its second part, and both parts processed; then no record
    is quarantined twice."""
    created = splitting.upload("orders/1.jsonl", CONTENT)
    expected = undisturbed(splitting, created)
    changed(splitting, split_bytes=1200)
    with killed_before(8), pytest.raises(Crash):
        Deliveries(splitting, []).deliver(created)
    one, two = sent(splitting)
    assert run(splitting, one, two) == ["PART", "PART"]
    changed(splitting, split_bytes=split_bytes)
    with claims_expired():
        assert run(splitting, created)[-1] == "COMPLETED"
    check_same(left_behind(splitting), expected)


def test_a_setting_that_changes_between_a_crash_and_the_retry_leaves_nothing_of_the_whole(
    splitting: Pipeline,
) -> None:
    """R-F3. Given a whole object whose invocation died when all was written but the ledger; then
    what it has quarantined is not there beside what its parts quarantine."""
    created = splitting.upload("orders/1.jsonl", CONTENT)
    expected = undisturbed(splitting, created)
    with killed_before(0) as calls:
        Deliveries(splitting, []).deliver(created)
    empty(splitting)
    with killed_before(len(calls)), pytest.raises(Crash):
        Deliveries(splitting, []).deliver(created)
    assert len(quarantined(splitting)) == 1
    changed(splitting, split_bytes=1200)
    with claims_expired():
        assert run(splitting, created)[-1] == "COMPLETED"
    check_same(left_behind(splitting), expected)


def test_a_plan_that_is_repeated_leaves_no_empty_quarantine_object(splitting: Pipeline) -> None:
    """R-A5. Given a plan that died twice before its first part, of records that are all valid."""
    created = splitting.upload("orders/1.jsonl", lines(*RECORDS))
    for rounds in range(2):
        with killed_before(3), claims_expired(rounds), pytest.raises(Crash):
            Deliveries(splitting, []).deliver(created)
    assert sent(splitting) == []
    with claims_expired(2):
        assert run(splitting, created)[-1] == "COMPLETED"
    assert quarantined(splitting) == {}


def test_what_an_earlier_plan_has_cut_stays_as_it_is(splitting: Pipeline) -> None:
    """R-F3. Given parts of a plan whose invocation died, before the setting was changed."""
    created = splitting.upload("orders/1.jsonl", CONTENT)
    expected = undisturbed(splitting, created)
    changed(splitting, split_bytes=1200)
    assert Deliveries(splitting, []).deliver(created) == "SPLIT"
    before = [row["part"] for row in parts(splitting)][:2]
    forget(splitting, "us-east-1", "us-east-1#00003", "us-east-1#00004")
    sent(splitting)
    changed(splitting, split_bytes=600)
    assert "COMPLETED" in run(splitting, created)
    rows = parts(splitting)
    assert [row["part"] for row in rows][:2] == before
    assert len(rows) == 5
    check_same(left_behind(splitting), expected)


def forget(pipeline: Pipeline, *sort_keys: str) -> None:
    """Remove entries from the ledger."""
    table = boto3.resource("dynamodb").Table(VARIABLES["LEDGER_TABLE_NAME"])
    for row in pipeline.ledger():
        if row["region"] in sort_keys:
            table.delete_item(Key={"objectId": row["objectId"], "region": row["region"]})


@pytest.mark.parametrize("dies_before", [8, 10, 0])
def test_an_object_that_is_removed_while_its_split_is_planned_has_the_accounts_of_its_parts(
    splitting: Pipeline, dies_before: int
) -> None:
    """R-A8, R-F3. Given a plan that died behind its second part, before it could say that all parts
    are announced, or that was done; and the object removed when two parts have ended."""
    created = splitting.upload("orders/1.jsonl", CONTENT)
    with killed_before(dies_before), suppress(Crash):
        Deliveries(splitting, []).deliver(created)
    one, two, *others = sent(splitting)
    assert run(splitting, one, two) == ["PART", "PART"]
    boto3.client("s3").delete_object(
        Bucket=created.bucket, Key=created.key, VersionId=str(created.version_id)
    )
    with claims_expired():
        assert run(splitting, *others, created)[-1] in {"FAILED", "REPEATED"}
    row = whole(splitting)
    assert (row["status"], row["retryable"]) == ("FAILED", False)
    assert "does not exist" in row["reason"]
    assert (row["read"], row["rejected"]) == sums(splitting)
    items = [item["status"] for item in splitting.records()]
    assert items.count("PROCESSED") == row["stored"]
    assert items.count("REJECTED") == row["rejected"] == 1


def test_an_object_that_is_removed_under_its_plan_waits_for_the_parts_that_were_announced(
    splitting: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A8. Given a plan that finds two parts, and then that the object is gone."""
    created = splitting.upload("orders/1.jsonl", CONTENT)

    def gone(*told: Any) -> Iterator[Place]:
        yield from islice(range_places(*told), 2)
        raise ObjectGoneError("it is gone")

    monkeypatch.setattr("processor.splitting.range_places", gone)
    results = run(splitting, created)
    assert (results.count("PART"), results.count("FAILED")) == (2, 1)
    row = whole(splitting)
    assert (row["status"], row["reason"]) == ("FAILED", "it is gone")
    assert (row["read"], row["rejected"]) == sums(splitting)
    assert row["read"] > 0


def sums(pipeline: Pipeline) -> tuple[int, int]:
    """Return how many records the parts have read and rejected."""
    rows = parts(pipeline)
    return sum(row["read"] for row in rows), sum(row["rejected"] for row in rows)
