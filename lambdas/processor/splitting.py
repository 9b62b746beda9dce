"""A large JSON Lines object, processed as ranges in parallel.

The invocation that claims the object streams it once, without parsing it, to find where ranges
begin and on which line. As it goes it adds a part to the ledger for each range, and then announces
it; parts are claimed, processed and counted like objects of their own.

1. For each range: the part, in the ledger, unless it is there; a message that announces it.
2. The object, in the ledger: SPLIT, with the number of its parts.
3. Whoever ends a part reads the ledger afterwards, strongly consistent, and so does whoever wrote
   SPLIT: the last of them sees that all have ended, and announces the object as a whole once more.
4. Who claims that finds all parts ended: the invocation log, then the ledger, with the sums.

An object that is removed meanwhile is left to the parts that it has by then; why there are no more
stays with SPLIT.

A crash brings back the message that was being processed. Before SPLIT the parts that are in the
ledger stay, also when the setting was changed meanwhile, and only what is behind them is cut. After
it, the parts that have not ended are announced again. Two that are the last at once announce the
object twice: one of them closes it. A part whose message comes back although it has ended looks
once more whether it was the last.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from processor.deadline import NoProgressError, OutOfTimeError
from processor.events import ObjectCreated
from processor.kept_keys import NotCountedError, count_at_last
from processor.outcomes import now_text
from processor.places import Places
from processor.work import RANGE, Ended, Work, announce, told
from shared.aws_object_source import OpenVersion
from shared.ledger_entries import Checkpoint, Entry, Part
from shared.line_places import range_places
from shared.objects import ObjectVersion
from shared.quarantine import quarantine_key
from shared.records import Place

MOST_PARTS = 500
"""Each part that ends reads all of them; larger objects have larger parts."""

SMALLEST_PART = 1024 * 1024


class Splitting:
    """The work on an object that is processed in parts.

    Parameters
    ----------
    work : Work
        What was claimed: the whole object.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._has_all_its_time = work.invocation.deadline.is_whole

    def has_begun(self) -> bool:
        """Whether parts were announced before: then it stays split, whatever is configured now."""
        return bool(self._work.begun.parts or self._parts_of_earlier_attempts())

    def plan(self, opened: OpenVersion, version: ObjectVersion) -> Ended:
        """Announce the parts of an object, from where an earlier invocation left it.

        When a whole invocation, or the last one that may go on, does not find where the next part
        ends, all that is left is one part: it is then processed leg by leg.

        Raises
        ------
        NoProgressError
            The time was used up before the next part was found.
        """
        work, size = self._work, opened.found.size
        done = self._announce_again(version)
        try:
            while done.place.position < size:
                for reached in self._parts(opened, done):
                    done = reached
        except OutOfTimeError as error:
            has_got_on = done.parts > work.begun.parts
            if has_got_on and done.hop < work.to.maximum_hops:
                work.go_on(replace(done, hop=done.hop + 1, claims=work.claim.attempts))
                return Ended("CONTINUED", f"{done.parts} parts up to {told(done.place)}")
            if not has_got_on and not self._has_all_its_time:
                raise NoProgressError(f"no part was found from {told(done.place)} on") from error
            done = self._announce(Part(done.parts + 1, done.place, Place(size, 0)), done)
        return self._leave_to_parts(done.parts, size)

    def break_off(self, reason: str) -> Ended | None:
        """Leave an object that is gone to the parts that it has; None: it has none.

        Parameters
        ----------
        reason : str
            Why the object is FAILED in the end, where they do not reach its end.
        """
        work = self._work
        if work.claim.part is not None:
            return None
        parts = _parts_of(work.to.ledger.entries(work.claim.object_id))
        if not parts:
            return None
        self._announce_unfinished(parts)
        has_all = any(entry.part is not None and entry.part.is_last for entry in parts)
        return self._leave_to_parts(len(parts), _size(parts), "" if has_all else reason)

    def settle(self) -> Ended:
        """Close an object whose parts have all ended; else announce those that have not."""
        work = self._work
        parts = _parts_of(work.to.ledger.entries(work.claim.object_id))
        if _have_ended(parts, work.claim.parts):
            return self._close(parts)
        self._announce_unfinished(parts)
        return self._leave_to_parts(len(parts), _size(parts), work.begun.failure)

    def _parts_of_earlier_attempts(self) -> list[Entry]:
        """Return the parts that were cut behind the checkpoint, by invocations that died."""
        work = self._work
        if not work.was_tried_before:
            return []
        parts = _parts_of(work.to.ledger.entries(work.claim.object_id))
        return [each for each in parts if each.part and each.part.number > work.begun.parts]

    def _announce_again(self, version: ObjectVersion) -> Checkpoint:
        """Announce the parts of earlier attempts that have not ended; return how far that is."""
        work, done = self._work, self._work.begun
        parts = self._parts_of_earlier_attempts()
        self._announce_unfinished(parts)
        for entry in parts:
            if entry.part is not None:
                done = replace(done, place=entry.part.end, parts=entry.part.number)
        if not done.parts and any(not 0 < size < version.size for size in work.claim.split_sizes):
            # Before the setting was changed, an attempt may have quarantined records of the whole.
            with work.to.quarantine.create(quarantine_key(version)) as quarantine:
                quarantine.close(even_if_empty=True)
        return done

    def _announce_unfinished(self, parts: list[Entry]) -> None:
        for entry in parts:
            if entry.part is not None and not entry.is_finished:
                self._work.announce(RANGE, part=entry.part.number)

    def _parts(self, opened: OpenVersion, done: Checkpoint) -> Iterator[Checkpoint]:
        """Announce parts; yield how far that is.

        What an earlier plan has cut differently stays, and ends this one: the rest is cut anew.
        """
        for end in self._ends(opened, done.place):
            done = self._announce(Part(done.parts + 1, done.place, end), done)
            yield done
            if done.place != end:
                return

    def _announce(self, part: Part, done: Checkpoint) -> Checkpoint:
        """Add a part to the ledger, unless it is there, and announce it; return how far that is."""
        work = self._work
        entry = work.to.ledger.add_part(work.claim, part, at=now_text())
        known = entry.part or part
        if not entry.is_finished:
            work.announce(RANGE, part=known.number)
        return replace(done, place=known.end, parts=known.number)

    def _ends(self, opened: OpenVersion, begin: Place) -> Iterator[Place]:
        """Yield where parts end: the begins of the next ones, and the end of the object."""
        size = opened.found.size
        length = self._work.to.split_bytes // 2 or size
        length = max(length, SMALLEST_PART, size // MOST_PARTS)
        yield from range_places(self._within_time(opened.at(begin.position)), length, begin)
        yield Place(size, 0)

    def _leave_to_parts(self, parts: int, size: int, failure: str = "") -> Ended:
        work = self._work
        self._leave(parts, size, Checkpoint(failure=failure))
        announce_whole_if_last(work.to, work.created, work.claim.object_id, work.version_id)
        return Ended("SPLIT", f"{parts} parts")

    def _leave(self, parts: int, size: int, left: Checkpoint) -> None:
        work = self._work
        work.to.ledger.split(work.claim, parts, size=size, left=left, at=now_text())

    def _close(self, parts: list[Entry]) -> Ended:
        """Close the object with the sums of its parts."""
        work = self._work
        done = [entry.checkpoint for entry in parts if entry.checkpoint is not None]
        read = sum(each.read for each in done)
        rejected = sum(each.rejected for each in done)
        names = [name for each in done for name in each.keys]
        try:
            counts = count_at_last(work, names, records=read - rejected).of(read, rejected)
        except NotCountedError as error:
            self._leave(len(parts), _size(parts), replace(work.begun, stalls=work.begun.stalls + 1))
            raise NoProgressError(str(error)) from error
        reasons = [
            f"part {entry.part.number}, from {told(entry.part.begin)}: {entry.reason}"
            for entry in parts
            if entry.part is not None and entry.status == "FAILED"
        ]
        failure = next(iter(reasons), work.begun.failure)
        work.end(failure or None, counts, size=_size(parts))
        return Ended("FAILED" if failure else "COMPLETED", failure, counts)

    def _within_time(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._work.invocation.deadline.check()
            yield chunk


def announce_whole_if_last(
    to: Places, created: ObjectCreated, object_id: str, version_id: str
) -> None:
    """Announce an object as a whole again, if all its parts have ended and it has not."""
    entries = to.ledger.entries(object_id)
    for whole in entries:
        is_waiting = whole.part is None and whole.status != "CLAIMED" and not whole.is_finished
        if is_waiting and _have_ended(_parts_of(entries), whole.parts):
            announce(to, created, version_id, RANGE)


def _parts_of(entries: list[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.part is not None]


def _have_ended(parts: list[Entry], count: int | None) -> bool:
    return len(parts) == count and all(entry.is_finished for entry in parts)


def _size(parts: list[Entry]) -> int:
    return max((entry.part.end.position for entry in parts if entry.part), default=0)
