"""One leg: the records that one invocation takes of an object version, or of a part of it.

Items go to the table as records are read, rejected records to the leg's own quarantine object. A
leg ends with the last record, where the object breaks off, or, when the invocation's time gets
short, in front of a record at which reading can begin again.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import gettempdir
from types import TracebackType
from typing import Self

from processor.deadline import LegTime, NoProgressError, OutOfTimeError
from processor.kept_keys import keep_keys, read_keys
from processor.table_writer import BATCH_ITEMS, TableWriter
from processor.work import Work
from shared.aws_object_source import ObjectGoneError
from shared.aws_quarantine_bucket import QuarantineObject
from shared.distinct_keys import DistinctKeys, count_distinct
from shared.items import ItemBuilder
from shared.objects import ObjectVersion
from shared.quarantine import quarantine_key, quarantine_line
from shared.records import Place, Rejection, StoredItem, UnreadableObject

_MOST_RECORDS = 24_000_000
"""Of a leg: their keys fit the 512 MB of disk that a function has (`shared.distinct_keys`)."""


class StalledError(Exception):
    """The time was used up before the first record came."""


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
    next : Place or None
        The first record that is left to another leg.
    failure : str or None
        Why nothing behind the last record can be read, now or ever.
    """

    def __init__(self, work: Work, version: ObjectVersion) -> None:
        self._work = work
        self._version = version
        self._begin = work.begun.place.position
        self._items = ItemBuilder(work.dataset, version, work.to.status_shards)
        self._time = LegTime(work.invocation.deadline, 2 * work.to.write_concurrency * BATCH_ITEMS)
        self._keys = DistinctKeys(Path(gettempdir()))
        self.read = 0
        self.rejected = 0
        self.next: Place | None = None
        self.failure: str | None = None

    def write(self, records: Iterable[StoredItem | Rejection]) -> None:
        """Write records until the leg ends: first the items, then the quarantine object.

        Raises
        ------
        StalledError
            The time was used up before the first record came.
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
                if self.read:
                    raise NoProgressError(f"what was read could not be written: {error}") from error
                raise StalledError from error
            # An earlier attempt at this leg may have ended later, and have quarantined records that
            # the next leg is going to quarantine again.
            quarantine.close(even_if_empty=self.next is not None and self._was_tried_before)

    def distinct_keys(self) -> int:
        """Return how many different keys the records have that were stored in all legs so far."""
        earlier = self._work.begun.keys
        if not earlier:
            return self._keys.count()
        return count_distinct([*read_keys(self._work, earlier), self._keys.export()])

    def keep_keys(self) -> tuple[str, ...]:
        """Put the keys of this leg beside those of the earlier ones; return the names of all."""
        earlier = self._work.begun.keys
        if self.read == self.rejected:
            return earlier
        return (*earlier, keep_keys(self._work, self._begin, self._keys.export()))

    def _until_end(
        self, records: Iterable[StoredItem | Rejection]
    ) -> Iterator[StoredItem | Rejection]:
        """Yield the records of this leg; an object that breaks off ends it."""
        is_over = self._time.is_over
        self._time.begin()
        try:
            for record in records:
                is_full = self.read >= _MOST_RECORDS
                if (is_full or is_over(self.read)) and not _is_last(record):
                    if not self.read:
                        raise OutOfTimeError("the first record came when the time was used up")
                    self.next = Place(record.position, record.line)
                    return
                if not self.read:
                    self._time.begin()
                yield record
        except (UnreadableObject, ObjectGoneError) as error:
            self.failure = str(error)

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

    @property
    def _was_tried_before(self) -> bool:
        return self._work.claim.attempts > self._work.begun.claims + 1

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
