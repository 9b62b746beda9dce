"""One run: as many versions as the bounds allow, from where the last run ended.

An announcement of a version that is finished, or that somebody works on, is a no-op. So a run that
dies before it keeps its cursor costs some messages and nothing else.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.announcement import SWEEP, announcement
from shared.datasets import Dataset
from sweep.aws_cursor import CursorObject
from sweep.aws_ledger import MOST_KEYS, LedgerView
from sweep.aws_queue import AnnouncementQueue
from sweep.aws_versions import ListedVersion, VersionList
from sweep.cursor import BEGINNING, Cursor
from sweep.standing import is_copy, is_settled, is_stored, last_change


@dataclass(frozen=True)
class Bounds:
    """How far a run goes.

    Parameters
    ----------
    versions, announcements : int
        The most that a run looks at, and that it announces.
    grace_seconds : int
        A version that is younger, or whose ledger item changed later, is left alone.
    """

    versions: int
    announcements: int
    grace_seconds: int


@dataclass
class Account:
    """What a run did.

    Parameters
    ----------
    swept : int
        Versions that were looked at.
    unfinished : int
        Those of them that are older than the grace time and neither finished nor the other
        region's.
    announced : int
        Those of them that were announced; the others changed within the grace time.
    oldest_seconds : float
        Age of the oldest unfinished version; 0 without one.
    ended : str
        Why the run ended: "round" (at the end of the bucket), "versions", "announcements" (a
        bound), "time", or "backlog" (nothing was done).
    """

    swept: int = 0
    unfinished: int = 0
    announced: int = 0
    oldest_seconds: float = 0.0
    ended: str = "round"


@dataclass(frozen=True)
class Places:
    """What a sweep reads and writes."""

    versions: VersionList
    ledger: LedgerView
    queue: AnnouncementQueue
    cursor: CursorObject


class Sweep:
    """Looks through the versions of all datasets.

    Parameters
    ----------
    places : Places
        Accesses to AWS.
    datasets : sequence of Dataset
        Whose prefixes and suffixes are swept.
    region : str
        Where it runs.
    bounds : Bounds
        How far a run goes.
    replicated_from : sequence of str
        Regions whose buckets the pipeline copies into this one's.
    """

    def __init__(
        self,
        places: Places,
        datasets: Sequence[Dataset],
        region: str,
        bounds: Bounds,
        replicated_from: Sequence[str] = (),
    ) -> None:
        self._replicated_from = replicated_from
        self._at = places
        self._datasets = sorted(datasets, key=lambda dataset: dataset.prefix)
        self._region = region
        self._bounds = bounds

    def run(self, now: datetime, has_time: Callable[[], bool]) -> Account:
        """Go on from the cursor, and leave it where this run ends.

        While the queue holds as many messages as a run may announce, nothing is done: its objects
        are announced already, and more messages would only make the queue longer.

        Parameters
        ----------
        now : datetime
            The time, with its zone.
        has_time : callable
            Whether the invocation has time for another hundred versions.
        """
        account = Account()
        if self._at.queue.depth() >= self._bounds.announcements:
            account.ended = "backlog"
            return account
        reached = begun = self._at.cursor.load()
        try:
            for dataset, listed, behind in self._slices(begun):
                if not has_time():
                    account.ended = "time"
                    return account
                cut = self._sweep(dataset, listed, now, account)
                reached = behind if cut is None else cut
                if bound := self._bound_reached(account):
                    account.ended = bound
                    return account
            reached = BEGINNING
        finally:
            if reached != begun:
                self._at.cursor.save(reached)
        return account

    def _bound_reached(self, account: Account) -> str:
        if account.announced >= self._bounds.announcements:
            return "announcements"  # and the slice may have been left in its middle
        return "versions" if account.swept >= self._bounds.versions else ""

    def _slices(self, begin: Cursor) -> Iterator[tuple[Dataset, list[ListedVersion], Cursor]]:
        """Yield what is behind the cursor, in slices that the ledger answers at once.

        Each with the cursor behind it. A page that holds delete markers alone is a slice, too:
        there may be many of them, and the run has to end in time.
        """
        for dataset in self._datasets:
            if dataset.prefix < begin.prefix:
                continue
            at: Cursor | None = begin if dataset.prefix == begin.prefix else Cursor(dataset.prefix)
            while at is not None:
                page = self._at.versions.page(at)
                for start in range(0, len(page.versions) or 1, MOST_KEYS):
                    listed = page.versions[start : start + MOST_KEYS]
                    behind = _at(dataset, listed[-1]) if listed else at
                    is_last = start + MOST_KEYS >= len(page.versions)
                    yield dataset, listed, (page.next or behind) if is_last else behind
                at = page.next

    def _sweep(
        self, dataset: Dataset, listed: list[ListedVersion], now: datetime, account: Account
    ) -> Cursor | None:
        """Announce what is due of a slice; return where the bound cut it, if it did."""
        latest = now.timestamp() - self._bounds.grace_seconds
        old = {
            f"{dataset.name}/{each.key}#{each.version_id}": each
            for each in listed
            if dataset.owns(each.key) and each.last_modified.timestamp() <= latest
        }
        cut: ListedVersion | None = None
        due: list[ListedVersion] = []
        room = self._bounds.announcements - account.announced
        for version, changed in self._unfinished(old):
            account.unfinished += 1
            age = now.timestamp() - version.last_modified.timestamp()
            account.oldest_seconds = max(account.oldest_seconds, age)
            if changed > latest:
                continue
            due.append(version)
            if len(due) == room:
                cut = version
                break
        self._announce(due)
        account.announced += len(due)
        account.swept += len(listed) if cut is None else listed.index(cut) + 1
        return None if cut is None else _at(dataset, cut)

    def _unfinished(
        self, versions: dict[str, ListedVersion]
    ) -> Iterator[tuple[ListedVersion, float]]:
        """Yield what is not finished, and when the ledger's items of it changed last."""
        own = self._at.ledger.of(self._region, list(versions))
        copies = [object_id for object_id in versions if is_copy(own.get(object_id))]
        left = self._left_to_others(copies)
        for object_id, version in versions.items():
            if object_id not in left and not is_settled(own.get(object_id)):
                items = self._at.ledger.all_of(object_id)
                if not is_stored(items):
                    yield version, last_change(items, self._region)

    def _left_to_others(self, copies: list[str]) -> set[str]:
        """Return the copies with which the region has begun from which they came."""
        return {
            object_id
            for region in self._replicated_from
            for object_id, item in self._at.ledger.of(region, copies).items()
            if not is_copy(item)
        }

    def _announce(self, versions: list[ListedVersion]) -> None:
        bucket = self._at.versions.bucket
        self._at.queue.send(
            [announcement(bucket, each.key, each.version_id, SWEEP) for each in versions]
        )


def _at(dataset: Dataset, version: ListedVersion) -> Cursor:
    return Cursor(dataset.prefix, version.key, version.version_id)
