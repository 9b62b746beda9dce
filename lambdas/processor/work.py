"""The work on one claimed object version, or on a part of it: what all who do it need to know."""

from datetime import datetime, timedelta

from msgspec import Struct, field

from processor.events import ObjectCreated
from processor.outcomes import Invocation, now_text
from processor.places import Places
from shared.announcement import REDRIVE, SWEEP, TAKEOVER, announcement
from shared.aws_object_source import FoundVersion
from shared.datasets import Dataset
from shared.ledger_entries import Checkpoint, Claim, Counts
from shared.objects import ObjectVersion
from shared.records import Place

CONTINUATION = "ObjectCreated:Continuation"
RANGE = "ObjectCreated:Range"

NO_DATASET = Dataset(name="unknown", prefix="", formats=(), schema=True)
"""What objects belong to that no dataset takes."""


class Ended(Struct, frozen=True):
    """How the work ended in this invocation.

    Parameters
    ----------
    result, reason : str
        See `processor.outcomes.Outcome`.
    counts : Counts
        The accounts, when it ended for good.
    """

    result: str
    reason: str = ""
    counts: Counts = field(default_factory=Counts)


_ASKED_FOR = {TAKEOVER, REDRIVE, "ObjectCreated:Request"}
"""Announcements by which this region is told to process whatever it is."""


class CopyError(Exception):
    """S3 has copied the version here from the other region's bucket."""


class Work(Struct, frozen=True):
    """What was claimed, in which invocation, and how it is ended.

    Parameters
    ----------
    to : Places
        Where the version is read, and where what becomes of it is written.
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

    to: Places
    created: ObjectCreated
    version_id: str
    dataset: Dataset
    claim: Claim
    invocation: Invocation

    @property
    def begun(self) -> Checkpoint:
        """Where the work goes on."""
        return self.claim.checkpoint or Checkpoint()

    @property
    def was_tried_before(self) -> bool:
        """Whether an earlier attempt may have begun at the same place."""
        return self.claim.attempts > self.begun.claims + 1

    def version(self, found: FoundVersion) -> ObjectVersion:
        """Return the version as what is stored of it tells it.

        Raises
        ------
        CopyError
            The other region processes it.
        """
        if found.is_copy and self._is_left_to_the_other_region():
            raise CopyError
        return ObjectVersion(
            dataset=self.dataset.name,
            bucket=found.bucket,
            key=found.key,
            version_id=self.version_id,
            last_modified=found.last_modified,
            size=found.size,
        )

    def _is_left_to_the_other_region(self) -> bool:
        """Whether the other region processes a version that S3 has copied here.

        Its replication status does not tell from where it was copied: a user may replicate another
        bucket into this one. By the time of a sweep the pipeline's other region has begun with what
        landed there; what it does not know is nobody else's. Wherever it is processed, also twice,
        the same comes of it, but for where its rejected records stand in the quarantine: a copy has
        the time and the version id of its original.
        """
        has_begun = self.claim.checkpoint is not None or self.claim.part is not None
        if not self.to.replicated_from or has_begun or self.created.event_name in _ASKED_FOR:
            return False
        is_swept = self.created.event_name == SWEEP
        return not is_swept or self.to.ledger.is_known_elsewhere(self.claim.object_id)

    def go_on(self, checkpoint: Checkpoint) -> None:
        """Leave the work to whoever receives the next message, which is sent.

        First the checkpoint, then the message: a crash between both brings the message back that
        is processed now, and that goes on at the checkpoint, too.
        """
        self.to.ledger.leave_to_next(self.claim, checkpoint, at=now_text())
        part = self.claim.part.number if self.claim.part else None
        self.announce(CONTINUATION, hop=checkpoint.hop, part=part)

    def announce(self, event_name: str, *, hop: int = 0, part: int | None = None) -> None:
        """Announce the version, or a part of it, to the work queue."""
        announce(self.to, self.created, self.version_id, event_name, hop=hop, part=part)

    def end(
        self,
        failure: str | None,
        counts: Counts,
        *,
        size: int,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        """Close the claim for good, as FAILED when there is a reason.

        First the invocation log, then the ledger, which makes every later announcement a no-op.
        """
        if self.claim.part is None:
            self._write_log()
        ledger, at = self.to.ledger, now_text()
        if failure is None:
            ledger.complete(self.claim, counts, size=size, at=at, checkpoint=checkpoint)
        else:
            ledger.fail(self.claim, failure, counts, size=size, at=at, checkpoint=checkpoint)

    def _write_log(self) -> None:
        claim, created = self.claim, self.created
        claimed_at = datetime.fromisoformat(claim.claimed_at)
        expires_at = claimed_at + timedelta(days=self.to.log_ttl_days)
        texts = {
            "requestId": claim.request_id,
            "timestamp": claim.claimed_at,
            "bucket": created.bucket,
            "key": created.key,
            "versionId": self.version_id,
            "eventName": claim.event_name,
            "functionName": self.to.function_name,
            "awsRequestId": self.invocation.aws_request_id,
        }
        self.to.log.put(texts, int(expires_at.timestamp()))


def announce(
    to: Places,
    created: ObjectCreated,
    version_id: str,
    event_name: str,
    *,
    hop: int = 0,
    part: int | None = None,
) -> None:
    """Announce an object version, or a part of it, to the work queue."""
    body = announcement(created.bucket, created.key, version_id, event_name, hop=hop, part=part)
    to.queue.send(body)


def told(place: Place) -> str:
    """Return a place as a person is told it."""
    return f"byte {place.position}, line {place.line}"
