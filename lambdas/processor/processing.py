"""One object version, or one part of it, from its announcement to what this invocation does."""

import time

from msgspec import Struct

from processor.claimed_object import ClaimedObject
from processor.events import ObjectCreated
from processor.outcomes import Invocation, Outcome, now_text
from processor.places import Places
from processor.splitting import Splitting, announce_whole_if_last
from processor.work import NO_DATASET, Ended, Work
from shared.aws_object_ledger import AlreadyFinishedError, ClaimedElsewhereError
from shared.aws_object_source import ObjectGoneError
from shared.datasets import Dataset, dataset_of
from shared.ledger_entries import Claim

_NO_VERSION = "unknown"
"""In the ledger, what was announced without a version and does not exist."""


class ObjectProcessor(Struct, frozen=True):
    """Processes object versions.

    Parameters
    ----------
    places : Places
        Where objects are read, and where what becomes of them is written.
    """

    places: Places

    def process(self, created: ObjectCreated, invocation: Invocation) -> Outcome:
        """Process the announced version, unless that was done before.

        What does not fit into the invocation goes on as a new message; that is no failure.

        Raises
        ------
        ClaimedElsewhereError
            Another invocation is at it.
        OutOfTimeError
            This invocation's time does not suffice to begin.
        NoProgressError
            Its time was used up, and nothing can be kept of what was done.
        TableBusyError
            The table refused a batch until this invocation's time was used up.
        botocore.exceptions.ClientError
            A fault of operations. As after the others, the object can be processed again.
        """
        began = time.monotonic()
        invocation.deadline.check()
        dataset = dataset_of(created.key) or NO_DATASET
        version_id, gone = self._version_of(created)
        object_id = f"{dataset.name}/{created.key}#{version_id}"
        try:
            claim = self._claim(object_id, dataset, created, version_id, invocation)
        except AlreadyFinishedError as finished:
            if created.part is not None:
                announce_whole_if_last(self.places, created, object_id, version_id)
            return Outcome("REPEATED", dataset.name, object_id, reason=finished.status)
        work = Work(self.places, created, version_id, dataset, claim, invocation)
        try:
            ended = self._run(work, gone)
        except ClaimedElsewhereError:
            raise
        except Exception as error:
            self._release(claim, error)
            raise
        return Outcome(
            result=ended.result,
            dataset=dataset.name,
            object_id=object_id,
            counts=ended.counts,
            request_id=claim.request_id,
            reason=ended.reason,
            part=created.part,
            milliseconds=(time.monotonic() - began) * 1000,
        )

    def _run(self, work: Work, gone: ObjectGoneError | None) -> Ended:
        if work.claim.parts is not None:
            return Splitting(work).settle()
        return ClaimedObject(work).run() if gone is None else ClaimedObject(work).fail(str(gone))

    def _version_of(self, created: ObjectCreated) -> tuple[str, ObjectGoneError | None]:
        """Return the version to process: without one in the event, the one that is current."""
        if created.version_id is not None:
            return created.version_id, None
        try:
            return self.places.source.find(created.bucket, created.key, None).version_id, None
        except ObjectGoneError as gone:
            return _NO_VERSION, gone

    def _claim(
        self,
        object_id: str,
        dataset: Dataset,
        created: ObjectCreated,
        version_id: str,
        invocation: Invocation,
    ) -> Claim:
        told = {
            "dataset": dataset.name,
            "bucket": created.bucket,
            "key": created.key,
            "versionId": version_id,
            "eventName": created.event_name,
        }
        return self.places.ledger.claim(
            object_id,
            told,
            part=created.part,
            split_bytes=self.places.split_bytes,
            seconds=invocation.deadline.seconds_alive,
            aws_request_id=invocation.aws_request_id,
            at=now_text(),
        )

    def _release(self, claim: Claim, error: Exception) -> None:
        """Let the next invocation begin at once; if even that fails, the claim expires."""
        try:
            self.places.ledger.release(claim, f"{type(error).__name__}: {error}", at=now_text())
        except Exception as second:  # noqa: BLE001 - the first error is the one to report
            error.add_note(f"and the claim could not be released: {second}")
