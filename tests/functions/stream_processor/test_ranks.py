"""What has to be put back after a batch of changes, and that ranks sort as text."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.items import ItemBuilder
from shared.objects import ObjectVersion
from stream_processor.ranks import repairs
from tests.functions.reading.conftest import orders
from tests.functions.stream_processor.replicas import DELETED, event, wire


def batch(*ranks: int) -> list[dict[str, Any]]:
    """The changes of one item that had these ranks one after the other."""
    return [event(change, number) for number, change in enumerate(pairwise(ranks))]


def put_back(records: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(repair.rank[-1], repair.sequence_number) for repair in repairs(records)]


@pytest.mark.parametrize(
    ("ranks", "expected"),
    [
        ((2, 1), [("2", "0")]),
        ((1, 2), []),
        ((1, 1), []),
        ((DELETED, 2), []),
        ((2, DELETED), []),
        ((3, 2, 1), [("3", "0")]),
        ((2, 1, 3, 1), [("3", "2")]),
        ((3, 1, 2), [("3", "0")]),
        ((2, 1, 2), []),
        ((2, 1, 3), []),
        ((2, 1, 2, 1), [("2", "2")]),
        ((3, 1, DELETED), []),
        ((3, 1, DELETED, 1), []),
        ((3, 1, DELETED, 2, 1), [("2", "3")]),
    ],
)
def test_the_highest_rank_that_the_batch_lost_is_put_back(
    ranks: tuple[int, ...], expected: list[tuple[str, str]]
) -> None:
    """R-A7: once per key, from the change that took it; not what came back or was deleted."""
    assert put_back(batch(*ranks)) == expected


def test_keys_are_independent() -> None:
    """R-A7: a batch in which the changes of two keys alternate."""
    other = {"recordId": {"S": "orders#2"}, "timestamp": {"S": "2026-01-31"}}
    records = [
        record for pair in zip(batch(3, 1, 2), batch(2, 1, 2), strict=True) for record in pair
    ]
    for record in records[1::2]:
        record["dynamodb"]["Keys"] = other
    assert put_back(records) == [("3", "0")]


@pytest.mark.parametrize("image", [None, {}, {"rank": {"N": "5"}}, {"rank": "x"}, "image"])
@pytest.mark.parametrize("side", ["OldImage", "NewImage"])
def test_an_item_that_somebody_else_wrote_is_left_alone(side: str, image: Any) -> None:
    """R-A7: without a rank of ours nothing is replaced and nothing put back."""
    (record,) = batch(2, 1)
    record["dynamodb"][side] = image
    assert repairs([record, {}, {"dynamodb": None}]) == []


def test_what_somebody_else_wrote_ends_the_contest() -> None:
    """R-A7: a batch says the same as the two batches into which it may be cut."""
    records = [*batch(3, 2), *batch(2, 1)]
    records[0]["dynamodb"]["NewImage"] = records[1]["dynamodb"]["OldImage"] = {"by": {"S": "hand"}}
    assert put_back(records) == put_back(records[:1]) + put_back(records[1:]) == []


def test_an_item_is_put_back_as_it_was() -> None:
    """R-A7: its expiry, what a person added, and binary values, which an event has in base64."""
    (record,) = batch(2, 1)
    more = {"expiresAt": {"N": "1769947200"}, "note": {"S": "B"}, "b": {"B": "AAE="}}
    nested = {"l": {"L": [{"M": {"b": {"B": "AAE="}}}, {"BS": ["AAE=", "Ag=="]}]}}
    record["dynamodb"]["OldImage"] |= more | nested
    (repair,) = repairs([record])
    assert repair.item == {
        **wire(2),
        **more,
        "b": {"B": b"\0\1"},
        "l": {"L": [{"M": {"b": {"B": b"\0\1"}}}, {"BS": [b"\0\1", b"\2"]}]},
    }


# -- the rank itself ---------------------------------------------------------------------------

moments = st.datetimes(datetime(2006, 1, 1), datetime(9999, 1, 1)).map(
    lambda moment: moment.replace(tzinfo=UTC)
)
close = st.sampled_from([0, 1, 500, 1_000, 250_000, 1_000_000]).map(
    lambda microseconds: (
        datetime(2026, 1, 31, 12, tzinfo=UTC) + timedelta(microseconds=microseconds)
    )
)
versions = st.text("._-abzABZ019", min_size=1, max_size=4) | st.just("null")
positions = st.sampled_from([0, 9, 10, 10**10, 10**12 - 1, 10**12, 51_600 * 10**12]) | st.integers(
    0, 51_600 * 10**12
)


@given(
    st.lists(st.tuples(moments | close, versions, positions), min_size=2, max_size=6, unique=True)
)
def test_ranks_sort_as_text_by_time_then_version_then_position(
    places: list[tuple[datetime, str, int]],
) -> None:
    """R-A7: with and without fractions of seconds, and up to the largest object that S3 takes.

    DynamoDB compares the bytes of UTF-8, Python code points: the order is the same. Which of two
    versions of the same moment wins means nothing, but it has to be one and the same everywhere.
    """
    ranks = {place: rank_of(*place) for place in places}
    assert len(set(ranks.values())) == len(places)
    by_rank = sorted(places, key=lambda place: ranks[place].encode())
    assert by_rank == sorted(places, key=lambda place: (place[0], f"{place[1]}#", place[2]))


def rank_of(modified: datetime, version_id: str, position: int) -> str:
    version = ObjectVersion("orders", "bucket", "key", version_id, modified, 1)
    item = ItemBuilder(orders(), version).stored_item("x", "t", position, 1, {}).item
    return str(item["rank"]["S"])
