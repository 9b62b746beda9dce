"""One region's account: what was found, with its causes, and what was sent back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from operations.progress import Progress
from operations.redrive import dead_letters, failed_batches
from operations.redrive.causes import causes
from operations.redrive.dead_letters import DeadLetters
from operations.redrive.failed_batches import FailedBatches
from operations.redrive.region import Region
from pipeline.datasets import Dataset


@dataclass
class RegionAccount:
    """What a region holds, and what became of it.

    Parameters
    ----------
    dead_letters
        Messages in the dead-letter queue, about.
    causes
        Of the messages that were looked at, by cause.
    failed_events
        How many of these are Lambda's records of events that came without the queue.
    failed_batches, batch_causes
        Batches of the table's stream that were given up, and why.
    announced, moved, processed
        Failed events that were announced again, messages that were moved back, batches that the
        function has processed.
    stay
        What could not be sent back, and why.
    """

    dead_letters: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    failed_events: int = 0
    failed_batches: int = 0
    batch_causes: Counter[str] = field(default_factory=Counter)
    announced: int = 0
    moved: int = 0
    processed: int = 0
    stay: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to send back."""
        return not self.dead_letters and not self.failed_batches

    def content(self) -> dict[str, Any]:
        """Return the region's part of the result file."""
        return {
            "dead_letters": {
                "messages": self.dead_letters,
                "looked_at": self.causes.total(),
                "causes": dict(self.causes.most_common()),
            },
            "failed_batches": {
                "batches": self.failed_batches,
                "looked_at": self.batch_causes.total(),
                "causes": dict(self.batch_causes.most_common()),
            },
            "sent_back": {
                "announced": self.announced,
                "moved": self.moved,
                "processed": self.processed,
                "stay": self.stay,
            },
        }


def look(region: Region, datasets: Sequence[Dataset]) -> RegionAccount:
    """Count what a region holds; nothing is changed or hidden for longer than the look takes."""
    letters, batches = DeadLetters(region), FailedBatches(region)
    sample = letters.sample()
    keys = batches.keys()
    return RegionAccount(
        dead_letters=max(letters.count(), len(sample)),
        causes=causes(region, datasets, sample),
        failed_events=sum(each.failed_event is not None for each in sample),
        failed_batches=len(keys),
        batch_causes=batches.causes(keys),
    )


def send_back(region: Region, account: RegionAccount) -> None:
    """Send back what a region holds, and enter into its account how that ended.

    Raises
    ------
    RegionError
        When SQS could not move the messages.
    """
    with Progress(f"{region.name}: sending back") as progress:
        letters = DeadLetters(region)
        if account.failed_events:
            account.announced = letters.announce_failed_events(progress)
        if account.dead_letters > account.announced:
            account.moved = letters.move(progress)
        batches = FailedBatches(region)
        keys = batches.keys()
        account.stay = list(batches.process_again(keys, progress))
        account.processed = len(keys) - len(account.stay)
        progress.show(
            f"{account.moved} messages moved, {account.announced} events announced,"
            f" {account.processed} batches processed"
        )


def shown(name: str, account: RegionAccount) -> Iterator[str]:
    """Yield the lines that tell a person what a region holds."""
    yield f"{name}: {account.dead_letters} messages in the dead-letter queue"
    yield from _shown(account.causes, account.dead_letters, dead_letters.SAMPLE)
    if account.failed_batches:
        yield f"{name}: {account.failed_batches} failed batches of the table's stream"
        yield from _shown(account.batch_causes, account.failed_batches, failed_batches.SAMPLE)


def _shown(counts: Counter[str], total: int, sample: int) -> Iterator[str]:
    if total > sample:
        yield f"  causes of the first {counts.total()}:"
    for cause, count in counts.most_common():
        yield f"  {count:6}  {cause}"
