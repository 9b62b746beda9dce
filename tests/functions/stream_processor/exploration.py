"""Every world that can follow from given writes, breadth first."""

from collections.abc import Iterator
from typing import NamedTuple

from tests.functions.stream_processor.replicas import (
    Replica,
    Rule,
    World,
    Write,
    arrived,
    delivered,
    died,
    is_quiet,
    later_stamps,
    put_back,
    written,
)


class Moment(NamedTuple):
    """A world, and what may happen to it yet.

    Parameters
    ----------
    world : World
        As it is.
    writes : tuple of (int, int)
        Region and rank of local writes to come, in any order.
    faults : int
        Invocations that may die or be repeated.
    """

    world: World
    writes: tuple[tuple[int, int], ...]
    faults: int


class Explored(NamedTuple):
    """What was found: the ranks of both regions in every end, the most repairs, all moments."""

    ends: set[tuple[int, int]]
    most_repairs: int
    moments: int


class EndlessError(Exception):
    """Repairs cause repairs, more of them than were thought possible."""


def explore(
    writes: tuple[tuple[int, int], ...],
    rules: tuple[Rule, Rule],
    *,
    faults: int = 0,
    bound: int = 20,
    begin: World = World(),  # noqa: B008 - immutable
) -> Explored:
    """Follow every order of writes, arrivals, deliveries, puts and faults to its end."""
    first = Moment(begin, tuple(sorted(writes)), faults)
    seen, frontier = {first}, [first]
    ends: set[tuple[int, int]] = set()
    most = 0
    while frontier:
        following: list[Moment] = []
        for moment in frontier:
            world = moment.world
            most = max(most, world.repairs)
            if most > bound:
                raise EndlessError(f"{most} repairs of {len(writes)} writes: {world}")
            if not moment.writes and is_quiet(world):
                east, west = world.replicas
                ends.add((east.item.rank, west.item.rank))
            for after in _steps(moment, rules):
                normal = after._replace(world=_normal(after.world, after.faults))
                if normal not in seen:
                    seen.add(normal)
                    following.append(normal)
        frontier = following
    return Explored(ends, most, len(seen))


def _steps(moment: Moment, rules: tuple[Rule, Rule]) -> Iterator[Moment]:
    world = moment.world
    for index, (region, rank) in enumerate(moment.writes):
        rest = moment.writes[:index] + moment.writes[index + 1 :]
        for stamp in later_stamps(world, region):
            yield moment._replace(world=written(world, region, rank, stamp), writes=rest)
    for index in range(len(world.arriving)):
        yield moment._replace(world=arrived(world, index))
    for region, replica in enumerate(world.replicas):
        yield from _of_the_function(moment, region, replica, rules[region])


def _of_the_function(moment: Moment, region: int, replica: Replica, rule: Rule) -> Iterator[Moment]:
    world = moment.world
    if replica.reading:
        for index in range(len(replica.puts)):
            for stamp in later_stamps(world, region):
                yield moment._replace(world=put_back(world, region, index, stamp))
        if moment.faults:
            yield moment._replace(world=died(world, region), faults=moment.faults - 1)
        return
    for end in range(replica.read + 1, len(replica.changes) + 1):
        yield moment._replace(world=delivered(world, region, rule, replica.read, end))
    if moment.faults:
        for begin in range(replica.read):
            again = delivered(world, region, rule, begin, replica.read)
            yield moment._replace(world=again, faults=moment.faults - 1)


def _normal(world: World, faults: int) -> World:
    """Return the same world with even stamps, in one order, without what cannot come again."""
    stamps = {one.item.stamp for one in world.replicas}
    stamps |= {write.stamp for _, write in world.arriving}
    even = {stamp: 2 * place for place, stamp in enumerate(sorted(stamps))}
    east, west = (
        one._replace(
            item=Write(one.item.rank, even[one.item.stamp]),
            changes=one.changes if faults else one.changes[one.read :],
            read=one.read if faults else 0,
            reading=one.reading if faults else max(0, one.reading - one.read),
        )
        for one in world.replicas
    )
    arriving = sorted(
        (region, Write(write.rank, even[write.stamp])) for region, write in world.arriving
    )
    return World((east, west), tuple(arriving), world.repairs)
