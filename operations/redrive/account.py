"""One region's account: what was found, with its causes, and what was sent back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from operations.progress import Progress
from operations.redrive import dead_letters, executions, failed_batches
from operations.redrive.causes import causes
from operations.redrive.dead_letters import DeadLetters
from operations.redrive.executions import FailedExecutions
from operations.redrive.failed_batches import FailedBatches
from operations.region import Region
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
    failed_executions, final_executions, execution_causes
        Executions of the workflow that failed, those of them that would fail again, and why.
    announced, moved, processed, begun
        Failed events that were announced again, messages that were moved back, batches that the
        function has processed, executions that were begun again.
    stay
        What could not be sent back, and why.
    """

    dead_letters: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    failed_events: int = 0
    failed_batches: int = 0
    batch_causes: Counter[str] = field(default_factory=Counter)
    failed_executions: int = 0
    final_executions: int = 0
    execution_causes: Counter[str] = field(default_factory=Counter)
    announced: int = 0
    moved: int = 0
    processed: int = 0
    begun: int = 0
    stay: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to send back."""
        left = self.failed_executions - self.final_executions
        return not self.dead_letters and not self.failed_batches and not left

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
            "failed_executions": {
                "executions": self.failed_executions,
                "final": self.final_executions,
                "causes": dict(self.execution_causes.most_common()),
            },
            "sent_back": {
                "announced": self.announced,
                "moved": self.moved,
                "processed": self.processed,
                "begun": self.begun,
                "stay": self.stay,
            },
        }


def look(region: Region, datasets: Sequence[Dataset]) -> RegionAccount:
    """Count what a region holds; nothing is changed or hidden for longer than the look takes."""
    letters, batches = DeadLetters(region), FailedBatches(region)
    sample = letters.sample()
    keys = batches.keys()
    failed = FailedExecutions(region).found()
    return RegionAccount(
        dead_letters=max(letters.count(), len(sample)),
        causes=causes(region, datasets, sample),
        failed_events=sum(each.failed_event is not None for each in sample),
        failed_batches=len(keys),
        batch_causes=batches.causes(keys),
        failed_executions=len(failed),
        final_executions=sum(each.is_final for each in failed),
        execution_causes=executions.causes(failed),
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
        workflow = FailedExecutions(region)
        failed = [each for each in workflow.found() if not each.is_final]
        stay = list(workflow.begin_again(failed, progress))
        account.begun = len(failed) - len(stay)
        account.stay += stay
        progress.show(
            f"{account.moved} messages moved, {account.announced} events announced,"
            f" {account.processed} batches processed, {account.begun} executions begun"
        )


def shown(name: str, account: RegionAccount) -> Iterator[str]:
    """Yield the lines that tell a person what a region holds."""
    yield f"{name}: {account.dead_letters} messages in the dead-letter queue"
    yield from _shown(account.causes, account.dead_letters, dead_letters.SAMPLE)
    if account.failed_batches:
        yield f"{name}: {account.failed_batches} failed batches of the table's stream"
        yield from _shown(account.batch_causes, account.failed_batches, failed_batches.SAMPLE)
    if account.failed_executions:
        final = f"; {account.final_executions} would fail again" if account.final_executions else ""
        yield f"{name}: {account.failed_executions} failed executions of the workflow{final}"
        yield from _shown(account.execution_causes, account.failed_executions, executions.MOST)


def _shown(counts: Counter[str], total: int, sample: int) -> Iterator[str]:
    if total > sample:
        yield f"  causes of the first {counts.total()}:"
    for cause, count in counts.most_common():
        yield f"  {count:6}  {cause}"
