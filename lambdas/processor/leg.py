"""One leg: the records that one invocation takes of an object version, or of a part of it.

Items go to the table as records are read, rejected records to the leg's own quarantine object. A
leg ends with the last record, where the object breaks off, or, when the invocation's time gets
short, in front of a record at which reading can begin again: the next one, or, when that does not
come to its end in time, the last one that came.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import gettempdir
from types import TracebackType
from typing import NoReturn, Self

from processor.deadline import LegTime, NoProgressError, OutOfTimeError, seconds_to_keep
from processor.kept_keys import KeyCount, count_keys, keep_keys
from processor.table_writer import BATCH_ITEMS, TableWriter
from processor.work import Work, told
from shared.aws_object_source import ObjectGoneError
from shared.aws_quarantine_bucket import QuarantineObject
from shared.distinct_keys import DistinctKeys
from shared.items import ItemBuilder
from shared.objects import ObjectVersion
from shared.quarantine import quarantine_key, quarantine_line
from shared.records import Place, Rejection, StoredItem, UnreadableObject

_MOST_RECORDS = 24_000_000
"""Of a leg: their keys fit the 512 MB of disk that a function has (`shared.distinct_keys`)."""


class StalledError(Exception):
    """The time was used up before a record came behind the first one."""


class Leg:
    """The leg of some work; use it as a context manager, which forgets its keys at the end.

    Parameters
    ----------
    work : Work
        What was claimed, and where it goes on.
    version : ObjectVersion
        The version.

    Attributes
    ----------
    read, rejected : int
        Records of this leg.
    has_begun : bool
        Whether the first record has come.
    next : Place or None
        The first record that is left to another leg.
    given_up : str or None
        Why it must not be left to another leg but be given up.
    failure : str or None
        Why nothing behind the last record can be read, now or ever.
    """

    def __init__(self, work: Work, version: ObjectVersion) -> None:
        self._work = work
        self._version = version
        self._begin = work.begun.place.position
        self._items = ItemBuilder(work.dataset, version, work.to.status_shards)
        waiting = 2 * work.to.write_concurrency * BATCH_ITEMS
        self._time = LegTime(work.invocation.deadline, waiting)
        self._keys = DistinctKeys(Path(gettempdir()))
        self.read = 0
        self.rejected = 0
        self.has_begun = False
        self.next: Place | None = None
        self.failure: str | None = None
        self.given_up: str | None = None
        self._gives_up = False

    def write(self, records: Iterable[StoredItem | Rejection]) -> None:
        """Write records until the leg ends: first the items, then the quarantine object.

        Parameters
        ----------
        records : iterable
            Items and rejections, in the order of the object.

        Raises
        ------
        StalledError
            The time was used up before the leg could end behind a record.
        NoProgressError
            It was used up before what was read could be written.
        """
        to = self._work.to
        with to.quarantine.create(quarantine_key(self._version, self._begin)) as quarantine:
            try:
                with TableWriter(
                    to.table.put_batch, to.write_concurrency, self._work.invocation.deadline
                ) as writer:
                    for record in self._until_end(records):
                        self._take(record, writer, quarantine)
            except OutOfTimeError as error:
                raise NoProgressError(f"what was read could not be written: {error}") from error
            # An earlier attempt at this leg may have ended later, and have quarantined records that
            # the next leg is going to quarantine again.
            quarantine.close(even_if_empty=self.next is not None and self._work.was_tried_before)

    def has_to_end(self) -> bool:
        """Whether the time that is left is needed to write what was read."""
        return self._time.is_over(self.read)

    def give_up(self, reason: str) -> NoReturn:
        """End the object behind the last record that came to its end; called by who reads it.

        Raises
        ------
        UnreadableObject
            In any case.
        """
        self._gives_up = True
        raise UnreadableObject(reason)

    def distinct_keys(self) -> KeyCount:
        """Return how many different keys the records have that were stored in all legs so far.

        Raises
        ------
        NotCountedError
            The time does not suffice: what is left of it is needed to keep the keys.
        """
        begun = self._work.begun
        if not begun.keys:
            return KeyCount(self._keys.count())
        valid = self.read - self.rejected
        return count_keys(
            self._work,
            begun.keys,
            self._keys.export(),
            records=begun.read - begun.rejected + valid,
            spare=seconds_to_keep(valid),
        )

    def keep_keys(self) -> tuple[str, ...]:
        """Put the keys of this leg beside those of the earlier ones; return the names of all."""
        earlier = self._work.begun.keys
        if self.read == self.rejected:
            return earlier
        return (*earlier, keep_keys(self._work, self._begin, self._keys.export()))

    def _until_end(
        self, records: Iterable[StoredItem | Rejection]
    ) -> Iterator[StoredItem | Rejection]:
        """Yield the records of this leg, each when the one behind it came; see `write`.

        An object that breaks off ends the leg. When reading does not get on in time, the last
        record that came is left to the next leg, which goes on from there.
        """
        is_over = self._time.is_over
        self._time.begin()
        came: StoredItem | Rejection | None = None
        coming = iter(records)
        try:
            came = next(coming, None)
            if came is None:
                return
            self._begin_with(came)
            for record in coming:
                yield came
                read = self.read
                if (read >= _MOST_RECORDS or is_over(read)) and not _is_last(record):
                    self.next = Place(record.position, record.line)
                    return
                came = record
        except (UnreadableObject, ObjectGoneError) as error:
            if self._gives_up and came is not None:
                # The reader's rejection of the rest tells how far it came, which is by chance.
                self.next = Place(came.position, came.line)
                self.given_up = f"from {told(self.next)} on {error}"
                return
            self.failure = str(error)
        except OutOfTimeError as error:
            if came is None or not self.read:
                raise StalledError from error
            self.next = Place(came.position, came.line)
            return
        if came is not None:
            yield came

    def _begin_with(self, record: StoredItem | Rejection) -> None:
        if self._time.is_over(0) and not _is_last(record):
            raise StalledError("the first record came when the time was used up")
        self._time.begin()
        self.has_begun = True

    def _take(
        self,
        record: StoredItem | Rejection,
        writer: TableWriter,
        quarantine: QuarantineObject,
    ) -> None:
        self.read += 1
        if isinstance(record, Rejection):
            self.rejected += 1
            quarantine.add(quarantine_line(self._version, record))
            writer.put(self._items.rejected_item(record, self.rejected, self._begin))
        else:
            self._keys.add(record.record_id, record.timestamp)
            writer.put(record)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._keys.close()


def _is_last(record: StoredItem | Rejection) -> bool:
    return isinstance(record, Rejection) and record.is_last
