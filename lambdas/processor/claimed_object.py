"""The records of one claimed object version: into the table, the quarantine, and the accounts.

The order of the writes makes a crash between any two of them harmless: claim, items, quarantine,
invocation log, end of the claim. Whatever was written is a function of the object version (the
entry of the invocation log: of the first claim), so the next invocation writes the same again, and
only the last write makes a repeated announcement a no-op.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import gettempdir

from processor.events import ObjectCreated
from processor.outcomes import Invocation, now_text
from processor.table_writer import TableWriter
from shared.aws_object_ledger import Claim, Counts, ObjectLedger
from shared.aws_object_source import FoundVersion, ObjectGoneError, ObjectSource
from shared.aws_quarantine_bucket import QuarantineBucket, QuarantineObject
from shared.aws_tables import InvocationLog, ProcessedData
from shared.datasets import Dataset
from shared.items import ItemBuilder
from shared.object_reader import read_items
from shared.objects import ObjectVersion
from shared.quarantine import quarantine_key, quarantine_line
from shared.records import Reason, Rejection, StoredItem, UnreadableObject
from shared.repetitions import Repetitions

NO_DATASET = Dataset(name="unknown", prefix="", formats=(), schema=True)
"""What objects belong to that no dataset takes."""


@dataclass(frozen=True)
class Places:
    """Where objects are read, and where what becomes of them is written.

    Parameters
    ----------
    source, table, quarantine, ledger, log
        Accesses to AWS.
    function_name : str
        For the invocation log.
    log_ttl_days : int
        Days that its entries are kept.
    status_shards : int
        Partitions of a status in the status index.
    write_concurrency : int
        Batches written at once.
    """

    source: ObjectSource
    table: ProcessedData
    quarantine: QuarantineBucket
    ledger: ObjectLedger
    log: InvocationLog
    function_name: str
    log_ttl_days: int
    status_shards: int
    write_concurrency: int


class CopyError(Exception):
    """S3 has copied the version here from the other region's bucket."""


class ClaimedObject:
    """The processing of one version that this invocation has claimed.

    Parameters
    ----------
    places : Places
        Where it is read, and where what becomes of it is written.
    created : ObjectCreated
        Its announcement.
    version_id : str
        The version.
    dataset : Dataset
        What it belongs to; `NO_DATASET` when none takes it.
    claim : Claim
        The claim.
    invocation : Invocation
        The invocation that has it.
    """

    def __init__(
        self,
        places: Places,
        created: ObjectCreated,
        version_id: str,
        dataset: Dataset,
        claim: Claim,
        invocation: Invocation,
    ) -> None:
        self._to = places
        self._created = created
        self._version_id = version_id
        self._dataset = dataset
        self._claim = claim
        self._invocation = invocation
        self._size = 0
        self.counts = Counts()

    def run(self) -> tuple[str, str]:
        """Process the version and return its result and, if it failed, the reason."""
        try:
            if self._dataset is NO_DATASET:
                return self._end("IGNORED", self._refuse_object())
            self._store_object()
        except CopyError:
            return self._leave_to_the_other_region()
        except ObjectGoneError as gone:
            return self._end("FAILED", str(gone))
        except UnreadableObject as unreadable:
            return self._end("FAILED", unreadable.reason)
        return self._end("COMPLETED", "")

    def _store_object(self) -> None:
        created = self._created
        found, chunks = self._to.source.open(created.bucket, created.key, self._version_id)
        if found.is_copy:
            raise CopyError
        version = self._version(found)
        records = read_items(
            self._dataset,
            version,
            lambda _: self._within_time(chunks),
            status_shards=self._to.status_shards,
        )
        self._store(version, records)

    def _refuse_object(self) -> str:
        """Quarantine a pointer to an object that no dataset takes, and say why."""
        created = self._created
        found = self._to.source.find(created.bucket, created.key, self._version_id)
        if found.is_copy:
            raise CopyError
        reason = f"no dataset takes the key {created.key!r}: its prefix or its suffix is unknown"
        whole = Rejection(
            position=0, line=1, length=found.size, raw=None, reasons=(Reason("", reason),)
        )
        self._store(self._version(found), [whole])
        return reason

    def _store(self, version: ObjectVersion, records: Iterable[StoredItem | Rejection]) -> None:
        """Write all records of the version, or those before the place where it ends for us."""
        to, items = self._to, ItemBuilder(self._dataset, version, self._to.status_shards)
        ended: UnreadableObject | ObjectGoneError | None = None
        with (
            Repetitions(Path(gettempdir())) as keys,
            to.quarantine.create(quarantine_key(version)) as quarantine,
        ):
            with TableWriter(
                to.table.put_batch, to.write_concurrency, self._invocation.deadline
            ) as writer:
                try:
                    for record in records:
                        self._take(record, version, items, keys, writer, quarantine)
                except (UnreadableObject, ObjectGoneError) as error:
                    ended = error
            quarantine.close()
        if ended is not None:
            raise ended

    def _take(
        self,
        record: StoredItem | Rejection,
        version: ObjectVersion,
        items: ItemBuilder,
        keys: Repetitions,
        writer: TableWriter,
        quarantine: QuarantineObject,
    ) -> None:
        counts = self.counts
        counts.read += 1
        if isinstance(record, Rejection):
            counts.rejected += 1
            quarantine.add(quarantine_line(version, record))
            writer.put(items.rejected_item(record, counts.rejected))
        else:
            repeated = keys.seen(record.record_id, record.timestamp)
            counts.superseded += repeated
            counts.stored += not repeated
            writer.put(record)

    def _within_time(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._invocation.deadline.check()
            yield chunk

    def _version(self, found: FoundVersion) -> ObjectVersion:
        self._size = found.size
        return ObjectVersion(
            dataset=self._dataset.name,
            bucket=found.bucket,
            key=found.key,
            version_id=self._version_id,
            last_modified=found.last_modified,
            size=found.size,
        )

    def _leave_to_the_other_region(self) -> tuple[str, str]:
        """Leave a copy to the region where the object landed; its claim there counts."""
        reason = "a copy of an object of the other region, which processes it"
        self._to.ledger.leave(self._claim, reason, at=now_text())
        return "COPY", reason

    def _end(self, result: str, reason: str) -> tuple[str, str]:
        self._write_log()
        ledger, at = self._to.ledger, now_text()
        if result == "COMPLETED":
            ledger.complete(self._claim, self.counts, size=self._size, at=at)
        else:
            ledger.fail(self._claim, reason, self.counts, size=self._size, at=at)
        return result, reason

    def _write_log(self) -> None:
        claimed_at = datetime.fromisoformat(self._claim.claimed_at)
        expires_at = claimed_at + timedelta(days=self._to.log_ttl_days)
        texts = {
            "requestId": self._claim.request_id,
            "timestamp": self._claim.claimed_at,
            "bucket": self._created.bucket,
            "key": self._created.key,
            "versionId": self._version_id,
            "eventName": self._created.event_name,
            "functionName": self._to.function_name,
            "awsRequestId": self._invocation.aws_request_id,
        }
        self._to.log.put(texts, int(expires_at.timestamp()))
