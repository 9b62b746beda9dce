"""Which versions a sweep announces, and which it leaves alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from tests.functions.conftest import REGION
from tests.functions.sweep.conftest import (
    GRACE,
    INGESTION,
    LATER,
    NOW,
    OTHER_REGION,
    Pipeline,
)

KEY = "orders/2026.jsonl"


def test_an_object_whose_event_was_lost_is_announced(pipeline: Pipeline) -> None:
    """R-F3, R-A3: as the processor reads it, with its version."""
    version = pipeline.put(KEY)

    account = pipeline.sweep()

    (created,) = pipeline.announced()
    assert (created.bucket, created.key, created.version_id) == (INGESTION, KEY, version)
    assert created.event_name == "ObjectCreated:Sweep"
    assert (account.swept, account.unfinished, account.announced) == (1, 1, 1)
    age = (LATER - datetime.now(UTC)).total_seconds()
    assert account.oldest_seconds == pytest.approx(age, abs=60)


def test_the_objects_of_requests_are_left_to_whoever_stored_them(pipeline: Pipeline) -> None:
    """R-E4: nothing but their execution begins them; their prefix is no dataset's."""
    pipeline.put("requests/orders/0123456789abcdef.json")
    pipeline.put("requests/clicks/1.jsonl")

    account = pipeline.sweep()

    assert pipeline.announced() == []
    assert account.swept == 0


FINISHED: list[tuple[str, dict[str, Any]]] = [
    ("COMPLETED", {}),
    ("COMPLETED", {"sort_key": OTHER_REGION}),
    ("FAILED", {}),
]


@pytest.mark.parametrize(("status", "more"), FINISHED)
def test_what_is_finished_or_the_other_regions_is_left_alone(
    pipeline: Pipeline, status: str, more: dict[str, Any]
) -> None:
    """R-F3: in any region."""
    pipeline.enter(KEY, pipeline.put(KEY), status, **more)

    account = pipeline.sweep()

    assert pipeline.announced() == []
    assert (account.swept, account.unfinished, account.oldest_seconds) == (1, 0, 0)


@pytest.mark.parametrize("elsewhere", ["CLAIMED", "CONTINUED", "COMPLETED", "FAILED"])
def test_a_copy_is_swept_where_its_original_is(pipeline: Pipeline, elsewhere: str) -> None:
    """R-F3, R-A2: also while that region has not finished it."""
    version = pipeline.put(KEY)
    pipeline.enter(KEY, version, "COPY", retryable=True)
    pipeline.enter(KEY, version, elsewhere, OTHER_REGION)

    account = pipeline.sweep()

    assert pipeline.announced() == []
    assert (account.swept, account.unfinished) == (1, 0)


def test_a_copy_that_is_nobody_elses_is_announced(pipeline: Pipeline) -> None:
    """R-F3, R-A2. Given copies from a bucket that is not the pipeline's; and one that the pipeline
    made before its buckets stopped to replicate to each other."""
    foreign, twice = pipeline.put(KEY), pipeline.put(KEY)
    pipeline.enter(KEY, foreign, "COPY", retryable=True)
    for region in (REGION, OTHER_REGION):
        pipeline.enter(KEY, twice, "COPY", region, retryable=True)
    assert pipeline.sweep().unfinished == 2
    assert pipeline.announced_versions() == sorted([(KEY, foreign), (KEY, twice)])

    pipeline.enter(KEY, foreign, "CLAIMED", OTHER_REGION)
    pipeline.enter(KEY, twice, "COMPLETED", OTHER_REGION)
    pipeline.sweep(replicated_from=())
    assert pipeline.announced_versions() == [(KEY, foreign)]


UNFINISHED: list[tuple[str, dict[str, Any]]] = [
    ("CLAIMED", {}),
    ("FAILED", {"retryable": True}),
    ("CONTINUED", {"retryable": True}),
    ("SPLIT", {"retryable": True}),
    ("FAILED", {"sort_key": OTHER_REGION}),
    ("CLAIMED", {"sort_key": OTHER_REGION, "changed": -GRACE}),
    ("COPY", {"sort_key": OTHER_REGION, "retryable": True}),
    ("COMPLETED", {"sort_key": f"{REGION}#00001"}),
]


@pytest.mark.parametrize(("status", "more"), UNFINISHED)
def test_what_was_begun_and_is_not_finished_is_announced(
    pipeline: Pipeline, status: str, more: dict[str, Any]
) -> None:
    """R-F3: whatever the other region has begun, and when one part of it is complete."""
    version = pipeline.put(KEY)
    pipeline.enter(KEY, version, status, **more)

    account = pipeline.sweep()

    assert pipeline.announced_versions() == [(KEY, version)]
    assert account.unfinished == 1


LATELY: list[tuple[str, dict[str, Any]]] = [
    ("CLAIMED", {"changed": -60}),
    ("CLAIMED", {"changed": GRACE - 60}),
    ("FAILED", {"retryable": True, "changed": GRACE - 60}),
    ("CONTINUED", {"retryable": True, "changed": GRACE - 60}),
]


@pytest.mark.parametrize(("status", "more"), LATELY)
def test_what_changed_lately_is_still_in_the_queue(
    pipeline: Pipeline, status: str, more: dict[str, Any]
) -> None:
    """R-F3: it counts as unfinished, and another message would only be one more."""
    pipeline.enter(KEY, pipeline.put(KEY), status, **more)

    account = pipeline.sweep()

    assert pipeline.announced() == []
    assert (account.unfinished, account.announced) == (1, 0)


def test_a_split_object_is_left_alone_while_its_parts_make_progress(pipeline: Pipeline) -> None:
    """R-F3: its own item has not changed since it was split."""
    version = pipeline.put(KEY)
    pipeline.enter(KEY, version, "SPLIT", retryable=True)
    pipeline.enter(KEY, version, "COMPLETED", sort_key=f"{REGION}#00001")
    pipeline.enter(KEY, version, "CLAIMED", sort_key=f"{REGION}#00002", changed=-60)
    pipeline.sweep()
    assert pipeline.announced() == []

    pipeline.sweep(LATER + timedelta(seconds=2 * GRACE))

    assert pipeline.announced_versions() == [(KEY, version)]


def test_what_is_younger_than_the_grace_time_is_left_alone(pipeline: Pipeline) -> None:
    """R-F3: its event is on the way."""
    pipeline.put(KEY)

    account = pipeline.sweep(NOW + timedelta(seconds=GRACE - 600))

    assert pipeline.announced() == []
    assert (account.swept, account.unfinished) == (1, 0)


def test_every_version_counts_and_delete_markers_do_not(pipeline: Pipeline) -> None:
    """R-F3: one that was overwritten or deleted before it was read has its records, too."""
    versions = [pipeline.put(KEY) for _ in range(5)]
    boto3.client("s3").delete_object(Bucket=INGESTION, Key=KEY)
    pipeline.enter(KEY, versions[3], "COMPLETED")

    pipeline.sweep()

    expected = [(KEY, version) for version in versions if version != versions[3]]
    assert pipeline.announced_versions() == sorted(expected)


def test_only_objects_of_a_dataset_are_announced(pipeline: Pipeline) -> None:
    """R-A3: by prefix and suffix together, as the rules announce them."""
    for key in ("orders/a.csv", "orders/readme.txt", "other/a.jsonl", "a.jsonl", "orders.jsonl"):
        pipeline.put(key)
    wanted = [(key, pipeline.put(key)) for key in ("clicks/a.csv.gz", "clicks/b/c.jsonl")]

    pipeline.sweep()

    assert pipeline.announced_versions() == wanted


def test_keys_are_announced_as_s3_has_them(pipeline: Pipeline) -> None:
    """R-A3: nothing is URL-encoded."""
    keys = ["orders/a+b c%20d.jsonl", "orders/größe & \u65e5\u672c.jsonl", 'orders/"x"\\.jsonl']
    wanted = sorted((key, pipeline.put(key)) for key in keys)

    pipeline.sweep()

    assert pipeline.announced_versions() == wanted
