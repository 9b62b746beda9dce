"""Conflicting writes in two regions end with the highest rank in both, whatever happens when."""

from collections.abc import Iterable
from itertools import combinations_with_replacement, product
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from stream_processor.ranks import Repair, repairs
from tests.functions.stream_processor import replicas
from tests.functions.stream_processor.exploration import EndlessError, explore
from tests.functions.stream_processor.replicas import DELETED, Replica, World, Write

EAST, WEST = 0, 1
Writes = tuple[tuple[int, int], ...]
"""Region and rank of local writes."""

BOTH_IN_BOTH = ((EAST, 2), (EAST, 1), (WEST, 2), (WEST, 1))


def three_writes() -> list[Writes]:
    """Every choice of three writes of two or three ranks, one for each pair of mirror images."""
    found: set[Writes] = set()
    for writes in combinations_with_replacement(product((EAST, WEST), (1, 2, 3)), 3):
        ranks = {rank for _, rank in writes}
        mirrored = tuple(sorted((1 - region, rank) for region, rank in writes))
        if ranks in ({1, 2}, {1, 2, 3}) and mirrored not in found:
            found.add(writes)
    return sorted(found)


def bound(writes: Writes) -> int:
    """Return two repairs, one by each region, for every write below the highest rank."""
    highest = max(rank for _, rank in writes)
    return 2 * sum(rank < highest for _, rank in writes)


@pytest.mark.parametrize("writes", [*three_writes(), BOTH_IN_BOTH], ids=str)
def test_every_interleaving_ends_with_the_highest_rank_in_both_regions(writes: Writes) -> None:
    """R-A7: all orders of writes, replication, deliveries and puts, also with skewed clocks."""
    highest = max(rank for _, rank in writes)
    found = explore(writes, (repairs, repairs), bound=bound(writes))
    assert found.ends == {(highest, highest)}


@pytest.mark.parametrize(
    "writes",
    [
        ((EAST, 2), (WEST, 1)),
        ((EAST, 2), (EAST, 1), (WEST, 1)),
        ((EAST, 3), (WEST, 2), (WEST, 1)),
    ],
    ids=str,
)
def test_invocations_that_die_or_are_repeated_change_nothing(writes: Writes) -> None:
    """R-A7, R-A8: at least once, with a crash before any put, and batches delivered again."""
    highest = max(rank for _, rank in writes)
    found = explore(writes, (repairs, repairs), faults=1, bound=bound(writes))
    assert found.ends == {(highest, highest)}


@pytest.mark.parametrize("region", [EAST, WEST])
def test_without_a_conflict_nothing_is_put(region: int) -> None:
    """R-A7: one object written in both regions, at once or again, costs no write."""
    for writes in [((region, 1),), ((region, 1), (region, 1)), ((EAST, 1), (WEST, 1))]:
        assert explore(writes, (repairs, repairs), faults=1, bound=0).ends == {(1, 1)}


def test_a_deletion_is_not_undone_by_a_repair_that_comes_late() -> None:
    """R-A7: the east has replaced 2 by 1, and its repair meets a deletion."""
    found = explore(((EAST, DELETED),), (repairs, repairs), faults=1, begin=replaced_in_the_east())
    assert found.ends == {(DELETED, DELETED)}


def test_regions_agree_also_when_a_deletion_meets_a_conflict() -> None:
    """R-A7: it is one more write then, of which the last one wins."""
    writes = ((EAST, 2), (WEST, 1), (EAST, DELETED))
    ends = explore(writes, (repairs, repairs)).ends
    assert {east == west for east, west in ends} == {True}


def replaced_in_the_east() -> World:
    east = Replica(Write(1, 4), changes=((DELETED, 2), (2, 1)), read=1)
    return World((east, Replica(Write(1, 4))))


# -- the model can tell a broken rule ----------------------------------------------------------


def nothing(records: Iterable[dict[str, Any]]) -> list[Repair]:
    return []


def last_instead_of_highest(records: Iterable[dict[str, Any]]) -> list[Repair]:
    lowered = [repair for record in records for repair in repairs([record])]
    return lowered[-1:]


@pytest.mark.parametrize(
    ("writes", "rules"),
    [
        (((EAST, 2), (EAST, 1)), (nothing, nothing)),
        (((EAST, 2), (WEST, 1)), (nothing, repairs)),
        (((EAST, 2), (WEST, 1)), (repairs, nothing)),
        (((EAST, 3), (EAST, 2), (EAST, 1)), (last_instead_of_highest, last_instead_of_highest)),
    ],
    ids=["no repair", "in the west only", "in the east only", "not the highest of a batch"],
)
def test_a_rule_that_repairs_too_little_is_found_out(writes: Writes, rules: Any) -> None:
    """R-A7: each region has to repair, and what it lost last is not what it has to put back."""
    mirrored = tuple((1 - region, rank) for region, rank in writes)
    highest = max(rank for _, rank in writes)
    ends = explore(writes, rules).ends | explore(mirrored, rules).ends
    assert ends > {(highest, highest)}


def test_a_repair_without_its_condition_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-A7: it would take back higher ranks, and bring back what was deleted."""
    monkeypatch.setattr("tests.functions.stream_processor.replicas.holds", lambda there, back: True)
    writes = ((EAST, 3), (WEST, 2), (WEST, 1))
    with pytest.raises(EndlessError):
        explore(writes, (repairs, repairs), bound=bound(writes))
    ends = explore(((EAST, DELETED),), (repairs, repairs), begin=replaced_in_the_east()).ends
    assert (2, 2) in ends


# -- larger cases, at random -------------------------------------------------------------------


class Conflicts(RuleBasedStateMachine):
    """Writes of four ranks in two regions, with everything that can happen in between."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.written: list[tuple[int, int]] = []

    def _stamp(self, data: st.DataObject, region: int) -> int:
        self.world = _spread(self.world)
        return data.draw(st.sampled_from(list(replicas.later_stamps(self.world, region))))

    @rule(data=st.data(), region=st.sampled_from((EAST, WEST)), rank=st.integers(1, 4))
    def write(self, data: st.DataObject, region: int, rank: int) -> None:
        stamp = self._stamp(data, region)
        self.world = replicas.written(self.world, region, rank, stamp)
        self.written.append((region, rank))

    @precondition(lambda self: self.world.arriving)
    @rule(data=st.data())
    def arrive(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.world.arriving) - 1))
        self.world = replicas.arrived(self.world, index)

    @rule(data=st.data(), region=st.sampled_from((EAST, WEST)))
    def deliver(self, data: st.DataObject, region: int) -> None:
        replica = self.world.replicas[region]
        if replica.reading or not replica.changes:
            return
        begin = data.draw(st.integers(0, replica.read))
        end = data.draw(st.integers(begin, len(replica.changes)))
        if begin < end:
            self.world = replicas.delivered(self.world, region, repairs, begin, end)

    @rule(data=st.data(), region=st.sampled_from((EAST, WEST)))
    def put_back(self, data: st.DataObject, region: int) -> None:
        if self.world.replicas[region].puts:
            stamp = self._stamp(data, region)
            self.world = replicas.put_back(self.world, region, 0, stamp)

    @rule(region=st.sampled_from((EAST, WEST)))
    def die(self, region: int) -> None:
        self.world = replicas.died(self.world, region)

    @invariant()
    def repairs_are_bounded(self) -> None:
        """A repair can cause others of a higher rank only: 2, 3 and 4 for each write, twice."""
        assert self.world.repairs <= 2 * 3 * len(self.written)

    def teardown(self) -> None:
        """R-A7: once nothing is under way, both regions have the highest rank."""
        while not replicas.is_quiet(self.world):
            self._go_on()
        self.repairs_are_bounded()
        highest = max((rank for _, rank in self.written), default=DELETED)
        assert [one.item.rank for one in self.world.replicas] == [highest, highest]

    def _go_on(self) -> None:
        for region, replica in enumerate(self.world.replicas):
            if replica.puts:
                self.world = _spread(self.world)
                stamp = next(replicas.later_stamps(self.world, region))
                self.world = replicas.put_back(self.world, region, 0, stamp)
                return
            if replica.read < len(replica.changes):
                begin, end = replica.read, len(replica.changes)
                self.world = replicas.delivered(self.world, region, repairs, begin, end)
                return
        self.world = replicas.arrived(self.world, 0)


def _spread(world: World) -> World:
    """Double every stamp, so that there is one between any two."""
    east, west = (
        one._replace(item=Write(one.item.rank, 2 * one.item.stamp)) for one in world.replicas
    )
    arriving = tuple(
        (region, Write(write.rank, 2 * write.stamp)) for region, write in world.arriving
    )
    return world._replace(replicas=(east, west), arriving=arriving)


TestConflictsAtRandom = Conflicts.TestCase
TestConflictsAtRandom.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
