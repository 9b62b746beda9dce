"""One region of a release: its record, its aliases, and what is watched there."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from operations.errors import OperationError
from operations.region import Region
from operations.release.aliases import Aliases, MovedError
from operations.release.record import Record, RecordStore, Seen, TakenOverError
from operations.release.watch import Watch
from pipeline.layout import HEALTH_CHECK_REGION

HOLDER = uuid.uuid4().hex
"""This process, in the records that it works on."""

FAILURES = (OperationError, ClientError, BotoCoreError)
"""What goes wrong in a region; a record that another command has taken over is among them."""

_TRIES = 5


class UnreachableError(OperationError):
    """A region does not answer, or not to these credentials."""


class Side:
    """A region, as a release and a rollback work on it.

    Parameters
    ----------
    region
        The region.

    Attributes
    ----------
    seen
        The record as it was read, or None.
    """

    def __init__(self, region: Region) -> None:
        self.region = region
        self.name = region.name
        self.store = RecordStore(region)
        self.aliases = Aliases(region)
        self.watch = Watch(region)
        self.seen: Seen | None = None

    @property
    def record(self) -> Record | None:
        """Return the record as it was read or written last."""
        return self.seen.record if self.seen else None

    def given(self) -> Record:
        """Return the record of a region that has one."""
        if self.record is None:
            raise OperationError(f"{self.name}: there is no record of a release")
        return self.record

    def open(self) -> None:
        """Read the record.

        Raises
        ------
        UnreachableError
            The region cannot be reached.
        """
        with self.reaching():
            self.region.check_account()
            self.seen = self.store.read()

    def check_reachable(self) -> None:
        """Raise `UnreachableError` when a service that a release needs does not answer."""
        with self.reaching():
            self.region.check_account()
            self.watch.alarms(())
            for function in list(self.given().functions)[:1]:
                self.aliases.read(function)

    @contextmanager
    def reaching(self) -> Iterator[None]:
        """Tell of a failing service as of a region that cannot be reached."""
        try:
            yield
        except (ClientError, BotoCoreError) as error:
            raise UnreachableError(f"{self.name} cannot be reached: {error}") from error

    def write(self, record: Record) -> None:
        """Write the record."""
        self.store.write(record)
        self.seen = Seen(record, 0.0)

    def hold(self) -> None:
        """Write the record again as it stands, so that everybody sees that somebody is at work."""
        self.write(self.given().but(holder=HOLDER))

    def shift(self, step: int) -> None:
        """Give green the share of a step; what has it already is left as it is.

        Raises
        ------
        MovedError
            Somebody else moves an alias.
        TakenOverError
            Somebody else works on this release.
        """
        record = self.given().but(step=step, holder=HOLDER)
        # Read before the record is written: who takes the record over from now on moves all
        # aliases, and then the revisions that were read are old.
        read = {name: self.aliases.known(name, each) for name, each in record.functions.items()}
        self.write(record)
        moved = [
            n for n, each in record.functions.items() if read[n].percent(each) != record.percent
        ]
        for name in moved:
            self.aliases.shift(read[name], record.functions[name], record.percent)
        if unguarded := [name for name in moved if not self.aliases.is_function(name)]:
            self._heed_rollback(record, unguarded)

    def _heed_rollback(self, written: Record, names: Sequence[str]) -> None:
        """Look whether a rollback came before aliases that have no revision, and undo these.

        One that comes from now on moves them after this release did.
        """
        seen = self.store.read()
        if seen and seen.record == written:
            return
        if seen and seen.record.id == written.id and seen.record.status != "under way":
            for name in names:
                versions = written.functions[name]
                self.aliases.shift(self.aliases.known(name, versions), versions, 0)
        raise self.store.taken_over(seen)

    def mark_rolling_back(self, reason: str) -> None:
        """Take the release over, whoever works on it: it stops at its next write."""
        for left in reversed(range(_TRIES)):
            record = self.given()
            kept = record.reason or reason
            try:
                self.write(record.but(status="rolling back", holder=None, reason=kept))
            except TakenOverError:
                seen = self.store.read()
                if not left or seen is None or seen.record.id != record.id:
                    raise
                self.seen = seen
            else:
                return

    def restore(self) -> list[str]:
        """Let all calls go to blue again.

        Returns
        -------
        list of str
            The functions that were left alone, and why.
        """
        record, problems = self.given(), []
        for name, versions in record.functions.items():
            try:
                self._restore(name, record)
            except MovedError as moved:
                problems.append(f"{moved}: left alone; blue was version {versions.blue}")
        self.write(record.but(status="rolled back"))
        return problems

    def _restore(self, name: str, record: Record) -> None:
        versions = record.functions[name]
        for left in reversed(range(_TRIES)):
            alias = self.aliases.known(name, versions)
            try:
                # Also when it is at blue: the revision that a release has read becomes an old one.
                self.aliases.shift(alias, versions, 0)
            except MovedError:
                if not left:
                    raise
            else:
                return


def failure_of(region: str, sides: Sequence[Side]) -> list[str]:
    """Return the alarm by which Route 53 finds a region unhealthy, if it is on.

    It is in `HEALTH_CHECK_REGION`, whether or not that one is being released.
    """
    for side in sides:
        if side.name == HEALTH_CHECK_REGION != region:
            try:
                return side.watch.failure_of(region)
            except FAILURES:
                return []  # that region's loss says nothing of this one, and is told in its turn
    return []
