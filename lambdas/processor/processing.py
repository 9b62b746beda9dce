"""One object version, from its announcement to its end in the ledger."""

import time
from dataclasses import dataclass

from processor.claimed_object import NO_DATASET, ClaimedObject, Places
from processor.events import ObjectCreated
from processor.outcomes import Invocation, Outcome, now_text
from shared.aws_object_ledger import AlreadyFinishedError, Claim, ClaimedElsewhereError
from shared.aws_object_source import ObjectGoneError
from shared.datasets import Dataset, dataset_of


@dataclass(frozen=True)
class ObjectProcessor:
    """Processes object versions.

    Parameters
    ----------
    places : Places
        Where objects are read, and where what becomes of them is written.
    """

    places: Places

    def process(self, created: ObjectCreated, invocation: Invocation) -> Outcome:
        """Process the announced version, unless that was done before.

        Raises
        ------
        ClaimedElsewhereError
            Another invocation is at it.
        OutOfTimeError
            This invocation's time does not suffice.
        TableBusyError
            The table refused a batch until this invocation's time was used up.
        botocore.exceptions.ClientError
            A fault of operations. As after the others, the object can be processed again.
        """
        began = time.monotonic()
        invocation.deadline.check()
        dataset = dataset_of(created.key) or NO_DATASET
        version_id = created.version_id or self._current_version(created)
        object_id = f"{dataset.name}/{created.key}#{version_id}"
        try:
            claim = self._claim(object_id, dataset, created, version_id, invocation)
        except AlreadyFinishedError as finished:
            return Outcome("REPEATED", dataset.name, object_id, reason=finished.status)
        work = ClaimedObject(self.places, created, version_id, dataset, claim, invocation)
        try:
            result, reason = work.run()
        except ClaimedElsewhereError:
            raise
        except Exception as error:
            self._release(claim, error)
            raise
        return Outcome(
            result=result,
            dataset=dataset.name,
            object_id=object_id,
            counts=work.counts,
            request_id=claim.request_id,
            reason=reason,
            milliseconds=(time.monotonic() - began) * 1000,
        )

    def _current_version(self, created: ObjectCreated) -> str:
        try:
            return self.places.source.find(created.bucket, created.key, None).version_id
        except ObjectGoneError:
            return "unknown"

    def _claim(
        self,
        object_id: str,
        dataset: Dataset,
        created: ObjectCreated,
        version_id: str,
        invocation: Invocation,
    ) -> Claim:
        place = {
            "dataset": dataset.name,
            "bucket": created.bucket,
            "key": created.key,
            "versionId": version_id,
        }
        return self.places.ledger.claim(
            object_id,
            place,
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
