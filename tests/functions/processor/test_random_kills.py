"""The function killed again and again, at random points: nothing is lost, nothing is doubled."""

from random import Random

import pytest

from processor.events import ObjectCreated

from .conftest import Crash, Pipeline
from .crashing import (
    Deliveries,
    claims_expired,
    empty,
    killed_before,
    left_behind,
    legs_of,
    ranks_kept,
    sent,
    swept,
)
from .test_crashes import CASES, changed, check_same, undisturbed

KILLS = 200
MOST_CALLS = 16  # of most invocations; a kill behind the last one is none


class Chaos:
    """Deliveries of everything that waits, in any order, most of which are killed.

    Parameters
    ----------
    pipeline : Pipeline
        The processor.
    random : Random
        Says when.
    """

    def __init__(self, pipeline: Pipeline, random: Random) -> None:
        self._deliveries = Deliveries(pipeline, [])
        self._pipeline = pipeline
        self._random = random
        self.kills = 0

    def run(self, waiting: list[ObjectCreated], most: int = 300) -> None:
        """Deliver until nothing is left; a message comes back when its claim has expired."""
        for rounds in range(most):
            if not waiting:
                return
            one = waiting.pop(self._random.randrange(len(waiting)))
            if not self._survives(one, rounds):
                waiting.append(one)
            waiting += sent(self._pipeline)
        raise AssertionError(f"it does not end: {self._deliveries.results}")

    def _survives(self, one: ObjectCreated, rounds: int) -> bool:
        call = self._random.randint(1, MOST_CALLS) if self._random.random() < 0.8 else 0
        with (
            claims_expired(rounds),
            killed_before(call, but_made=self._random.random() < 0.5),
        ):
            try:
                self._deliveries.results.append(self._deliveries.deliver(one))
            except Crash:
                self.kills += 1
                return False
        return True


def test_two_hundred_kills_at_random_points_lose_and_double_nothing(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-F3. Given objects of one invocation, of several, and split, announced once, by the sweep as
    well, or twice; invocations that die before a call to AWS or when it was made, also those that
    repeat others; then table, quarantine, accounts and log are those of an undisturbed run."""
    monkeypatch.setattr("processor.splitting.SMALLEST_PART", 300)
    random = Random(20260131)
    expected = {}
    for case, (key, content, *_) in CASES.items():
        created = pipeline.upload(key, content)
        expected[case] = (created, undisturbed(pipeline, created))
    chaos = Chaos(pipeline, random)
    while chaos.kills < KILLS:
        case = random.choice(sorted(CASES))
        _, _, records, split_bytes = CASES[case]
        created, left = expected[case]
        changed(pipeline, split_bytes=split_bytes)
        again = random.choice([[], [created], [swept(created)]])
        with legs_of(records), ranks_kept(pipeline):
            chaos.run([created, *again])
        check_same(left_behind(pipeline), left)
        empty(pipeline)
