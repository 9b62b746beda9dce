"""One item of a global table in two regions, step by step: a model for conflicts.

What AWS promises is taken at its weakest:

- Replication is asynchronous and last writer wins by an internal time stamp ("How DynamoDB global
  tables work"). Nothing is promised on the order of arrival, so a write may arrive at any time,
  also after a later one. Clocks may differ: a write is later than what it replaces in its own
  region, and its stamp is anywhere above that one's.
- A stream has each change of an item once and in order, and none for a put that changes nothing;
  the function gets it at least once, in batches cut anywhere, and may die between deciding and any
  of its puts ("Using AWS Lambda with Amazon DynamoDB").
- A condition is checked against the item of the region.

What the function puts back, and under which condition, is its own code.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from moto.dynamodb.comparisons import get_filter_expression
from moto.dynamodb.models.dynamo_type import DynamoType, Item

from stream_processor import ranks

Event = dict[str, Any]
Rule = Callable[[Iterable[Event]], list[ranks.Repair]]
KEYS = {"recordId": {"S": "orders#1"}, "timestamp": {"S": "2026-01-31"}}
DELETED = 0
"""In place of a rank: the item is not there. Ranks of the model are 1, 2, ..."""


class Write(NamedTuple):
    """The content of an item and when it was written."""

    rank: int
    stamp: int


class Replica(NamedTuple):
    """The item in one region, and what the region's stream processor has to do yet.

    Parameters
    ----------
    item : Write
        What is there.
    changes : tuple of (int, int)
        Of the stream: the rank that was replaced and the one that replaced it.
    read : int
        How many of them the function acknowledged.
    puts : tuple of int
        Ranks that the running invocation has decided to put back.
    reading : int
        How many changes will be acknowledged when it ends; 0: none is running.
    """

    item: Write = Write(DELETED, 0)
    changes: tuple[tuple[int, int], ...] = ()
    read: int = 0
    puts: tuple[int, ...] = ()
    reading: int = 0


class World(NamedTuple):
    """Both regions, and what is on its way between them.

    Parameters
    ----------
    replicas : tuple of Replica
        One per region.
    arriving : tuple of (int, Write)
        Replicated writes and the region that they go to.
    repairs : int
        Puts of the function that succeeded so far.
    """

    replicas: tuple[Replica, Replica] = (Replica(), Replica())
    arriving: tuple[tuple[int, Write], ...] = ()
    repairs: int = 0


def wire(rank: int) -> dict[str, Any]:
    """Return the item with this rank as the function sees it."""
    return {**KEYS, "rank": {"S": f"2026-01-31T12:00:00.000000Z#v{rank}#{rank:017}"}}


def event(change: tuple[int, int], number: int) -> Event:
    """Return a change as a record of a stream event."""
    old, new = change
    images = {"OldImage": wire(old)} if old else {}
    images |= {"NewImage": wire(new)} if new else {}
    name = "MODIFY" if old and new else "INSERT" if new else "REMOVE"
    return {"eventName": name, "dynamodb": {"Keys": KEYS, "SequenceNumber": str(number), **images}}


@cache
def decided(rule: Rule, changes: tuple[tuple[int, int], ...]) -> tuple[int, ...]:
    """Return the ranks that the function puts back after a batch."""
    repairs = rule([event(change, number) for number, change in enumerate(changes)])
    return tuple(int(repair.rank[-17:]) for repair in repairs)


@cache
def holds(there: int, back: int) -> bool:
    """Evaluate the condition of putting a rank back, as DynamoDB would."""
    condition = ranks.Repair("", wire(back), wire(back)["rank"]["S"], "").condition
    expression = get_filter_expression(
        condition["ConditionExpression"],
        condition["ExpressionAttributeNames"],
        condition["ExpressionAttributeValues"],
    )
    attributes = wire(there) if there else {}
    hash_key, range_key = (DynamoType(value) for value in KEYS.values())
    return bool(expression.expr(Item(hash_key, range_key, attributes)))


def later_stamps(world: World, region: int) -> Iterator[int]:
    """Return the stamps that a write of a region may have, when all others are even."""
    taken = {replica.item.stamp for replica in world.replicas}
    taken |= {write.stamp for _, write in world.arriving}
    own = world.replicas[region].item.stamp
    return (stamp + 1 for stamp in sorted(taken) if stamp >= own)


def written(world: World, region: int, rank: int, stamp: int) -> World:
    """Put (or delete) the item in a region."""
    world = _changed(world, region, Write(rank, stamp))
    return world._replace(arriving=(*world.arriving, (1 - region, Write(rank, stamp))))


def arrived(world: World, index: int) -> World:
    """Bring a replicated write to its region; the last writer wins."""
    region, write = world.arriving[index]
    rest = world.arriving[:index] + world.arriving[index + 1 :]
    if write.stamp > world.replicas[region].item.stamp:
        world = _changed(world, region, write)
    return world._replace(arriving=rest)


def delivered(world: World, region: int, rule: Rule, begin: int, end: int) -> World:
    """Let the function read the changes from `begin` to `end` and decide."""
    replica = world.replicas[region]
    puts = decided(rule, replica.changes[begin:end])
    return ended(_with(world, region, replica._replace(puts=puts, reading=end)), region)


def put_back(world: World, region: int, index: int, stamp: int) -> World:
    """Send one of the puts that were decided."""
    replica = world.replicas[region]
    rank = replica.puts[index]
    rest = replica.puts[:index] + replica.puts[index + 1 :]
    world = _with(world, region, replica._replace(puts=rest))
    if holds(replica.item.rank, rank):
        world = written(world, region, rank, stamp)._replace(repairs=world.repairs + 1)
    return ended(world, region)


def died(world: World, region: int) -> World:
    """Let the invocation die before its next put."""
    return _with(world, region, world.replicas[region]._replace(puts=(), reading=0))


def ended(world: World, region: int) -> World:
    """Acknowledge what was read once everything decided is done."""
    replica = world.replicas[region]
    if replica.puts or not replica.reading:
        return world
    read = max(replica.read, replica.reading)
    return _with(world, region, replica._replace(read=read, reading=0))


def is_quiet(world: World) -> bool:
    """Tell whether nothing is under way."""
    pending = any(one.reading or one.read < len(one.changes) for one in world.replicas)
    return not world.arriving and not pending


def _changed(world: World, region: int, write: Write) -> World:
    replica = world.replicas[region]
    changes = replica.changes
    if write.rank != replica.item.rank:
        changes = (*changes, (replica.item.rank, write.rank))
    return _with(world, region, replica._replace(item=write, changes=changes))


def _with(world: World, region: int, replica: Replica) -> World:
    first, second = world.replicas
    both = (replica, second) if region == 0 else (first, replica)
    return world._replace(replicas=both)
