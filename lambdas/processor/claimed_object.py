"""An object version, or a part of it, that this invocation has claimed: read, written, ended.

The order of the writes makes a crash between any two of them harmless.

1. The claim, in the ledger. It returns the checkpoint, if there is one: reading begins there.
2. Items, in batches, as records are read; the quarantine object of what this leg rejected.
3. Then one of three ends:

   - Nothing is left: the invocation log; the ledger, COMPLETED or FAILED with the counts. A part
     has no entry in the log, but leaves its keys; the last one announces the whole object, whose
     ledger entry is then closed (`processor.splitting`).
   - The time gets short: the keys of the leg; the checkpoint, in the ledger (CONTINUED); a message
     to the queue, which is received as any other announcement.
   - A fault of operations: the claim is given back, the checkpoint stays what it was.

What is written is a function of the object version and of where the leg began. Whoever repeats a
leg begins at the same place, and replaces what was written by the same, or by less of it when the
leg ends earlier; the next leg then writes the rest. Only the checkpoint moves the begin, and only
under the claim's condition, after everything before it was written. Only the last write makes a
repeated announcement a no-op.
"""

from collections.abc import Iterator
from contextlib import closing

from msgspec.structs import replace

from processor.deadline import NoProgressError, OutOfTimeError
from processor.kept_keys import count_keys
from processor.leg import Leg, StalledError
from processor.outcomes import now_text
from processor.search import Search
from processor.splitting import Splitting, announce_whole_if_last
from processor.work import NO_DATASET, CopyError, Ended, Work, told
from shared.aws_object_source import FoundVersion, ObjectGoneError, OpenVersion
from shared.gzip_members import MAGIC
from shared.ledger_entries import BEGIN, Checkpoint
from shared.object_reader import format_of, read_items
from shared.objects import ObjectVersion
from shared.records import TO_THE_END, Place, Reason, Rejection

_MOST_STALLS = 2
"""Whole invocations in which reading may fail to get on from the checkpoint."""


class ClaimedObject:
    """The processing of what was claimed.

    Parameters
    ----------
    work : Work
        What was claimed.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._search = Search(work.invocation.deadline)
        self._size = 0

    def run(self) -> Ended:
        """Process it, as far as this invocation can."""
        work = self._work
        try:
            if work.dataset is NO_DATASET:
                return self._refuse()
            created = work.created
            with closing(work.to.source.open(created.bucket, created.key, work.version_id)) as it:
                version = self._version(it.found)
                if self._is_to_be_split(it):
                    return Splitting(work).plan(it, version)
                return self._run_leg(it, version)
        except CopyError:
            return self._leave_to_the_other_region()
        except ObjectGoneError as gone:
            broken_off = Splitting(work).break_off(str(gone))
            return broken_off or self.fail(str(gone))

    def fail(self, reason: str) -> Ended:
        """End it without another look at it, with the accounts of earlier legs."""
        return self._end(reason)

    def _run_leg(self, opened: OpenVersion, version: ObjectVersion) -> Ended:
        work = self._work
        place, part = work.begun.place, work.claim.part
        with Leg(work, version) as leg:
            records = read_items(
                work.dataset,
                version,
                lambda offset: self._within_time(opened, offset, leg),
                begin=place if place.position else None,
                end=part.end.position if part else None,
                status_shards=work.to.status_shards,
            )
            try:
                leg.write(records, self._left if self._has_hopped_enough() else None)
            except StalledError as stall:
                return self._stalled(version, stall)
            if leg.next is not None:
                return self._go_on(leg, leg.next)
            return self._end(leg.failure, leg)

    def _refuse(self) -> Ended:
        """Quarantine a pointer to an object that no dataset takes, and say why."""
        work, created = self._work, self._work.created
        found = work.to.source.find(created.bucket, created.key, work.version_id)
        reason = f"no dataset takes the key {created.key!r}: its prefix or its suffix is unknown"
        whole = Rejection(0, 1, found.size, None, (Reason("", reason),), is_last=True)
        with Leg(work, self._version(found)) as leg:
            leg.write([whole])
            ended = self._end(reason, leg)
        return Ended("IGNORED", reason, ended.counts)

    def _go_on(self, leg: Leg, place: Place) -> Ended:
        """Leave the rest to the next invocation, unless there were too many already."""
        work = self._work
        begun = work.begun
        if self._has_hopped_enough():
            return self._end(self._too_many_hops(place), leg, stopped_at=place)
        checkpoint = Checkpoint(
            place=place,
            read=begun.read + leg.read,
            rejected=begun.rejected + leg.rejected,
            keys=leg.keep_keys(),
            hop=begun.hop + 1,
            claims=work.claim.attempts,
        )
        work.go_on(checkpoint)
        return Ended("CONTINUED", f"up to {told(place)}")

    def _has_hopped_enough(self) -> bool:
        return self._work.begun.hop >= self._work.to.maximum_hops

    def _too_many_hops(self, place: Place) -> str:
        most = self._work.to.maximum_hops
        return f"it is not done after {most} continuations; it stopped at {told(place)}"

    def _left(self, place: Place) -> Rejection:
        return self._rest(place, self._too_many_hops(place))

    def _rest(self, place: Place, reason: str) -> Rejection:
        """Return the rejected record that stands for all from a place on."""
        part = self._work.claim.part
        end = part.end.position if part else self._size
        length = TO_THE_END if self._search.is_gzip else end - place.position
        return Rejection(place.position, place.line, length, None, (Reason("", reason),), True)

    def _stalled(self, version: ObjectVersion, stall: Exception) -> Ended:
        """Let the message come back; but gzip that is too long for an invocation ends here.

        Reading in the middle of an object costs nothing, except for gzip, which is decompressed
        again up to there.
        """
        work, begun = self._work, self._work.begun
        if self._search.blames_object:
            if self._search.is_gzip and begun.place.position and self._is_last_try():
                seconds = work.invocation.deadline.seconds
                reason = (
                    f"the gzip data cannot be decompressed up to {told(begun.place)} within the "
                    f"{seconds:.0f} s of an invocation; send it uncompressed, or as smaller objects"
                )
                with Leg(work, version) as leg:
                    leg.write([self._rest(begun.place, reason)])
                    return self._end(reason, leg, stopped_at=begun.place)
            stalled = replace(begun, stalls=begun.stalls + 1)
            work.to.ledger.leave_to_next(work.claim, stalled, at=now_text())
        raise NoProgressError(f"no record was reached from {told(begun.place)} on") from stall

    def _end(
        self, failure: str | None, leg: Leg | None = None, *, stopped_at: Place | None = None
    ) -> Ended:
        """Close the claim with the accounts of all legs."""
        work, begun, part = self._work, self._work.begun, self._work.claim.part
        read, rejected = begun.read, begun.rejected
        if leg is None:
            stored = count_keys(work, begun.keys, records=read - rejected)
        else:
            read, rejected = read + leg.read, rejected + leg.rejected
            stored = leg.distinct_keys()
        counts = stored.of(read, rejected)
        checkpoint = None
        if part is not None or stopped_at is not None:
            checkpoint = replace(
                begun,
                place=stopped_at or (part.end if part else begun.place),
                read=read,
                rejected=rejected,
                keys=leg.keep_keys() if part and leg else begun.keys,
            )
        work.end(failure, counts, size=self._size, checkpoint=checkpoint)
        if part is not None:
            announce_whole_if_last(work.to, work.created, work.claim.object_id, work.version_id)
            return Ended("PART", failure or "", counts)
        return Ended("COMPLETED" if failure is None else "FAILED", failure or "", counts)

    def _leave_to_the_other_region(self) -> Ended:
        """Leave a copy to the region where the object landed; its claim there counts."""
        reason = "a copy of an object of the other region, which processes it"
        self._work.to.ledger.leave(self._work.claim, reason, at=now_text())
        return Ended("COPY", reason)

    def _is_to_be_split(self, opened: OpenVersion) -> bool:
        """Whether it is processed in parts: large, uncompressed JSON Lines, not yet begun."""
        work = self._work
        if work.claim.part is not None or format_of(opened.found.key) != "jsonl":
            return False
        if Splitting(work).has_begun():
            return True
        is_large = 0 < work.to.split_bytes < opened.found.size
        if not is_large or work.begun.place != BEGIN:
            return False
        return not next(opened.at(), b"").startswith(MAGIC)

    def _within_time(self, opened: OpenVersion, offset: int, leg: Leg) -> Iterator[bytes]:
        """Yield the bytes from an offset on until the leg has to end; see `Leg.write`.

        Where no record ended in whole invocations, the object is taken to break off in the end:
        what was read before is stored, and one rejected record stands for the rest.

        Raises
        ------
        OutOfTimeError
            The leg has to end.
        UnreadableObject
            It has to, as before, and no record has come to its end.
        """
        search = self._search
        for piece in search.pieces(opened.at(offset), is_begin=offset == 0):
            if leg.has_begun:
                search.found_first()
            if leg.has_to_end():
                if self._is_last_try() and search.blames_object and self._has_reached(leg):
                    leg.give_up(search.verdict, lambda place: self._rest(place, search.verdict))
                raise OutOfTimeError("the leg has to end")
            yield piece

    def _is_last_try(self) -> bool:
        return self._work.begun.stalls + 1 >= _MOST_STALLS

    def _has_reached(self, leg: Leg) -> bool:
        """Whether reading has got to where the leg begins, and not beyond its first record."""
        is_there = leg.has_begun or not (self._search.is_gzip and self._work.begun.place.position)
        return is_there and not leg.read

    def _version(self, found: FoundVersion) -> ObjectVersion:
        part = self._work.claim.part
        self._size = part.end.position - part.begin.position if part else found.size
        return self._work.version(found)
