"""A thousand objects and whatever may happen to them, with a model of what has to come of it."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Rank = tuple[Any, str, int]

STATION = "CH-1"
_MOST_RECORDS = 6
_SHARED_KEYS = 40
PROCESSOR, STREAM_PROCESSOR = "*data-processor*", "*stream-processor*"

THROTTLED = {"status": 400, "code": "ProvisionedThroughputExceededException"}
FAULTS: tuple[dict[str, Any], ...] = (
    {"operation": "dynamodb:BatchWriteItem", **THROTTLED, "count": 60, "probability": 0.08},
    {"operation": "dynamodb:UpdateItem", **THROTTLED, "count": 30, "probability": 0.04},
    {"operation": "dynamodb:*", "status": 500, "code": "InternalServerError", "count": 30},
    {"operation": "s3:*", "status": 503, "code": "SlowDown", "count": 30},
    {"operation": "dynamodb:BatchWriteItem", "kind": "unprocessed", "count": 80},
    {"operation": "dynamodb:*", "kind": "reset", "when": "before", "count": 10},
    {"operation": "dynamodb:*", "kind": "reset", "when": "after", "count": 10},
    {"operation": "s3:GetObject", "kind": "reset", "when": "during", "count": 10},
    {"operation": "dynamodb:*", "kind": "kill", "when": "before", "count": 8},
    {"operation": "dynamodb:*", "kind": "kill", "when": "after", "count": 8},
    {"operation": "s3:PutObject", "kind": "kill", "when": "after", "count": 2},
)
"""What meets the processor's calls, each with a probability of 3 % unless it says otherwise."""

STREAM_FAULTS: tuple[dict[str, Any], ...] = (
    {"operation": "s3:*", "status": 503, "code": "SlowDown", "count": 10},
    {"operation": "dynamodb:PutItem", **THROTTLED, "count": 4, "probability": 0.5},
    {"operation": "s3:PutObject", "kind": "kill", "when": "after", "count": 3},
)


def faults(queue: str) -> Iterator[dict[str, Any]]:
    """Yield all faults of the run.

    Parameters
    ----------
    queue
        The work queue's name: its messages come twice, late and out of order.
    """
    for one in FAULTS:
        yield {"principal": PROCESSOR, "probability": 0.03, **one}
    for one in STREAM_FAULTS:
        yield {"principal": STREAM_PROCESSOR, "probability": 0.1, **one}
    disturbed = {"kind": "delivery", "count": 100, "probability": 0.1, "delay": 3.0}
    yield {**disturbed, "operation": f"sqs:{queue}"}
    yield {**disturbed, "operation": f"events:{queue}"}


@dataclass(frozen=True)
class Record:
    """A valid record of an object.

    Parameters
    ----------
    sensor, humidity
        Part of its key; what tells it from others of its key.
    position
        Its byte offset.
    """

    sensor: str
    humidity: float
    position: int


@dataclass
class ChaosObject:
    """An object with the accounts that it must have in the end."""

    name: str
    content: bytes = b""
    valid: list[Record] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        distinct = len({record.sensor for record in self.valid})
        return {
            "read": len(self.valid) + len(self.rejected),
            "stored": distinct,
            "superseded": len(self.valid) - distinct,
            "rejected": len(self.rejected),
        }


def made_objects(number: int, seed: int) -> list[ChaosObject]:
    """Make objects: most records are their own, some keys are in many of them, some are bad."""
    chance = random.Random(seed)
    return [_made_object(f"chaos-{n:04}.jsonl", n, chance) for n in range(number)]


def _made_object(name: str, number: int, chance: random.Random) -> ChaosObject:
    made = ChaosObject(name)
    for index in range(chance.randint(1, _MOST_RECORDS)):
        kind = chance.random()
        own = f"S-{_MOST_RECORDS * number + max(0, index - (kind > 0.9))}"
        sensor = f"SH-{chance.randrange(_SHARED_KEYS)}" if kind < 0.2 else own
        humidity = round(chance.uniform(0, 100), 6)
        if kind > 0.95:
            line = json.dumps({"station": STATION, "sensor": sensor, "humidity": "much"})
            made.rejected.append(line)
        else:
            made.valid.append(Record(sensor, humidity, len(made.content)))
            line = json.dumps(
                {
                    "station": STATION,
                    "sensor": sensor,
                    "measuredAt": "2026-02-28T12:00:00Z",
                    "humidity": humidity,
                }
            )
        made.content += line.encode() + b"\n"
    return made


def winners(objects: list[tuple[ChaosObject, Any, str]]) -> dict[str, float]:
    """Return sensor -> humidity of the record with the highest rank.

    Parameters
    ----------
    objects
        Each with its LastModified and its version id.
    """
    best: dict[str, tuple[Rank, float]] = {}
    for made, modified, version in objects:
        for record in made.valid:
            candidate = ((modified, version, record.position), record.humidity)
            best[record.sensor] = max(best.get(record.sensor, candidate), candidate)
    return {sensor: humidity for sensor, (_, humidity) in best.items()}
