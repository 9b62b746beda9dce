"""An object version, or a part of it, that this invocation has claimed: read, written, ended.

The order of the writes makes a crash between any two of them harmless.

1. The claim, in the ledger. It returns the checkpoint, if there is one: reading begins there.
2. Items, in batches, as records are read; the quarantine object of what this leg rejected.
3. Then one of four ends:

   - Nothing is left: the invocation log; the ledger, COMPLETED or FAILED with the counts. A part
     has no entry in the log, but leaves its keys; the last one announces the whole object, whose
     ledger entry is then closed (`processor.splitting`).
   - The time gets short: the keys of the leg; the checkpoint, in the ledger (CONTINUED); a message
     to the queue, which is received as any other announcement.
   - What is left is given up, or there is no time to count the keys: the checkpoint says so, and
     the invocation that receives the message does that alone.
   - A fault of operations: the claim is given back, the checkpoint stays what it was.

What is written is a function of the object version and of where the leg began. Whoever repeats a
leg begins at the same place, and replaces what was written by the same, or by less of it when the
leg ends earlier; the next leg then writes the rest. Only the checkpoint moves the begin, and only
under the claim's condition, after everything before it was written. Only the last write makes a
repeated announcement a no-op.
"""

from collections.abc import Iterator
from contextlib import closing, suppress

from msgspec.structs import replace

from processor.deadline import NoProgressError, OutOfTimeError
from processor.kept_keys import KeyCount, NotCountedError, count_at_last, count_keys
from processor.leg import Leg, StalledError
from processor.outcomes import now_text
from processor.search import Search
from processor.splitting import Splitting, announce_whole_if_last
from processor.work import NO_DATASET, CopyError, Ended, Work, told
from shared.aws_object_source import FoundVersion, ObjectGoneError, OpenVersion
from shared.gzip_members import MAGIC
from shared.ledger_entries import BEGIN, Checkpoint, Counts
from shared.object_reader import format_of, read_items
from shared.objects import ObjectVersion
from shared.records import TO_THE_END, Place, Reason, Rejection

_MOST_STALLS = 2
"""Whole invocations in which reading may fail to get on from the checkpoint by its own fault."""

_MOST_TRIES = 10
"""Whole invocations in which gzip may fail to, whatever is slow: each begins at the start again."""

_END = Place(0, 0)
"""Of an object that was read to its end, wherever that is."""


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
            if work.begun.is_read:
                return self._end_counted()
            if work.dataset is NO_DATASET:
                return self._refuse()
            created = work.created
            with closing(work.to.source.open(created.bucket, created.key, work.version_id)) as it:
                return self._process(it)
        except CopyError:
            return self._leave_to_the_other_region()
        except ObjectGoneError as gone:
            broken_off = Splitting(work).break_off(str(gone))
            return broken_off or self.fail(str(gone))

    def fail(self, reason: str) -> Ended:
        """End it without another look at it, with the accounts of earlier legs."""
        return self._end(reason)

    def _process(self, opened: OpenVersion) -> Ended:
        version = self._version(opened.found)
        if self._work.begun.failure:
            return self._give_up_rest(opened, version)
        if self._is_to_be_split(opened):
            return Splitting(self._work).plan(opened, version)
        return self._run_leg(opened, version)

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
                leg.write(records)
            except StalledError as stall:
                return self._stalled(stall)
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
        """Leave the rest to the next invocation: to be given up, if there were too many already."""
        failure = leg.given_up
        if failure is None and self._has_hopped_enough():
            most = self._work.to.maximum_hops
            failure = f"it is not done after {most} continuations; it stopped at {told(place)}"
        left = self._after(leg)
        self._work.go_on(replace(left, place=place, keys=leg.keep_keys(), failure=failure or ""))
        return Ended("CONTINUED", failure or f"up to {told(place)}")

    def _has_hopped_enough(self) -> bool:
        """Whether no leg may follow. An earlier attempt at this one may have got further."""
        work = self._work
        return work.begun.hop >= work.to.maximum_hops and not work.was_tried_before

    def _after(self, leg: Leg | None) -> Checkpoint:
        """Return what is done with this leg, for the next invocation."""
        begun = self._work.begun
        return replace(
            begun,
            read=begun.read + (leg.read if leg else 0),
            rejected=begun.rejected + (leg.rejected if leg else 0),
            hop=begun.hop + 1,
            stalls=0,
            tries=0,
            claims=self._work.claim.attempts,
        )

    def _give_up_rest(self, opened: OpenVersion, version: ObjectVersion) -> Ended:
        """End the object where an earlier invocation gave it up.

        Nothing but the checkpoint says where that is: a reader that gets further this time must not
        leave one rejected record and others in its range.
        """
        work, part = self._work, self._work.claim.part
        place, reason = work.begun.place, work.begun.failure
        end = part.end.position if part else self._size
        is_gzip = next(opened.at(), b"").startswith(MAGIC)
        length = TO_THE_END if is_gzip else end - place.position
        rest = Rejection(place.position, place.line, length, None, (Reason("", reason),), True)
        with Leg(work, version) as leg:
            leg.write([rest])
            return self._end(reason, leg, stopped_at=place)

    def _stalled(self, stall: Exception) -> Ended:
        """Let the message come back; but gzip that is too long for an invocation is given up.

        Reading in the middle of an object costs nothing, except for gzip, which is decompressed
        again up to there.
        """
        work, begun = self._work, self._work.begun
        search = self._search
        if search.is_gzip and begun.place.position and self._is_last_try():
            reason = (
                f"the gzip data cannot be decompressed up to {told(begun.place)} within the "
                f"{work.invocation.deadline.seconds:.0f} s of an invocation; "
                "send it uncompressed, or as smaller objects"
            )
            work.go_on(replace(self._after(None), failure=reason))
            return Ended("CONTINUED", reason)
        if search.blames_object or (search.is_gzip and search.had_all_its_time):
            stalls = begun.stalls + search.blames_object
            stalled = replace(begun, stalls=stalls, tries=begun.tries + 1)
            work.to.ledger.leave_to_next(work.claim, stalled, at=now_text())
        raise NoProgressError(f"no record was reached from {told(begun.place)} on") from stall

    def _end(
        self, failure: str | None, leg: Leg | None = None, *, stopped_at: Place | None = None
    ) -> Ended:
        """Close the claim with the accounts of all legs, unless these take another invocation."""
        work, part = self._work, self._work.claim.part
        done = self._after(leg)
        valid = done.read - done.rejected
        try:
            if part is not None:
                stored = KeyCount(valid)  # which of them repeat a key is counted with the whole
            else:
                stored = leg.distinct_keys() if leg else count_keys(work, done.keys, records=valid)
        except NotCountedError as error:
            keys = leg.keep_keys() if leg else done.keys
            place = stopped_at or _END
            work.go_on(replace(done, place=place, keys=keys, failure=failure or "", is_read=True))
            return Ended("CONTINUED", str(error))
        checkpoint = None
        if part is not None:
            keys = leg.keep_keys() if leg else done.keys
            checkpoint = replace(done, place=stopped_at or part.end, keys=keys)
        elif stopped_at is not None:
            checkpoint = replace(done, place=stopped_at)
        return self._close(failure, stored.of(done.read, done.rejected), checkpoint)

    def _end_counted(self) -> Ended:
        """Close the claim of what was read before, when its keys are counted."""
        work, done = self._work, self._work.begun
        with suppress(ObjectGoneError):
            self._version(
                work.to.source.find(work.created.bucket, work.created.key, work.version_id)
            )
        try:
            stored = count_at_last(work, done.keys, records=done.read - done.rejected)
        except NotCountedError as error:
            stalled = replace(done, stalls=done.stalls + 1)
            work.to.ledger.leave_to_next(work.claim, stalled, at=now_text())
            raise NoProgressError(str(error)) from error
        checkpoint = None if done.place == _END else done
        return self._close(done.failure or None, stored.of(done.read, done.rejected), checkpoint)

    def _close(self, failure: str | None, counts: Counts, checkpoint: Checkpoint | None) -> Ended:
        work = self._work
        work.end(failure, counts, size=self._size, checkpoint=checkpoint)
        if work.claim.part is not None:
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
                if self._is_last_try() and self._has_reached(leg):
                    leg.give_up(search.verdict)
                raise OutOfTimeError("the leg has to end")
            yield piece

    def _is_last_try(self) -> bool:
        """Whether it is given up when this invocation does not get on either."""
        search, begun = self._search, self._work.begun
        if search.blames_object and begun.stalls + 1 >= _MOST_STALLS:
            return True
        return search.is_gzip and search.had_all_its_time and begun.tries + 1 >= _MOST_TRIES

    def _has_reached(self, leg: Leg) -> bool:
        """Whether reading has got to where the leg begins, and not beyond its first record."""
        is_there = leg.has_begun or not (self._search.is_gzip and self._work.begun.place.position)
        return is_there and not leg.read

    def _version(self, found: FoundVersion) -> ObjectVersion:
        part = self._work.claim.part
        self._size = part.end.position - part.begin.position if part else found.size
        return self._work.version(found)
