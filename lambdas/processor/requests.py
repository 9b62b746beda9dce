"""The object of a request: processed like that of a file, and its end told to the state machine."""

from typing import Any

from processor.connections import NEEDED
from processor.deadline import LambdaContext, NoProgressError, OutOfTimeError
from processor.events import ObjectCreated
from processor.outcomes import Invocation, Outcome, now_text
from processor.processing import ObjectProcessor
from processor.reporting import Reporting
from processor.table_writer import TableBusyError
from shared.aws_clients import AwsError, is_transient
from shared.aws_object_ledger import ClaimedElsewhereError
from shared.circuit_breaker import CircuitOpenError, Circuits
from shared.ledger_entries import Counts
from shared.request_ledger import RequestLedger
from shared.requests import PROCESSING, Request
from shared.step_input import StepInput

EVENT_NAME = "ObjectCreated:Request"

_LATER = (
    CircuitOpenError,
    ClaimedElsewhereError,
    NoProgressError,
    OutOfTimeError,
    TableBusyError,
)
_GOES_ON = ("CONTINUED", "SPLIT")


class ProcessingFailedError(Exception):
    """The object cannot be processed, now or ever; the message says why."""


class RequestProcessor:
    """Processes the objects of requests.

    Parameters
    ----------
    processor : ObjectProcessor
        That of all objects.
    ledger : RequestLedger
        Where requests are kept.
    circuits : Circuits
        Of what objects cannot be processed without.
    reporting : Reporting
        Told of every end.
    """

    def __init__(
        self,
        processor: ObjectProcessor,
        ledger: RequestLedger,
        circuits: Circuits,
        reporting: Reporting,
    ) -> None:
        self._processor = processor
        self._ledger = ledger
        self._circuits = circuits
        self._reporting = reporting

    def process(self, step: StepInput, context: LambdaContext) -> dict[str, Any]:
        """Process the object version of a request, unless that was done before.

        Returns
        -------
        dict
            The state's result: ``isDone`` with the accounts ``read``, ``stored``, ``superseded``
            and ``rejected``; or, when it goes on in another invocation, is claimed by one, or a
            dependency is out, the ``reason`` to ask again later. That is no error: Lambda would
            count one.

        Raises
        ------
        ProcessingFailedError
            It is FAILED in the object ledger.
        botocore.exceptions.ClientError
            A fault of operations, such as a missing permission.
        """
        request, execution = step.request, step.execution_arn
        created = ObjectCreated(request.bucket, request.key, request.version_id, EVENT_NAME)
        refusal = self._circuits.refusal(NEEDED)
        if refusal is not None:
            self._reporting.held_back(created, refusal)
            self._reporting.put_off()
            return _not_done(str(refusal))
        try:
            self._ledger.advance(request, PROCESSING, execution_arn=execution, at=now_text())
            outcome = self._processor.process(created, Invocation.of(context))
            self._reporting.ended(outcome)
            if outcome.result in _GOES_ON:
                return _not_done(f"the object goes on in another invocation: {outcome.reason}")
            counts = self._counts(request, outcome)
            self._ledger.complete(request, counts, execution_arn=execution, at=now_text())
        except (*_LATER, *AwsError, OSError) as error:
            if isinstance(error, TableBusyError):
                self._circuits["table"].trip(str(error))
            self._reporting.not_processed(created, error)
            if not (isinstance(error, _LATER) or is_transient(error)):
                raise
            if not isinstance(error, ClaimedElsewhereError):
                self._reporting.put_off()
            return _not_done(f"{type(error).__name__}: {error}")
        return _result(counts, None)

    def _counts(self, request: Request, outcome: Outcome) -> Counts:
        """Return the accounts of what has ended well."""
        match outcome.result:
            case "COMPLETED":
                return outcome.counts
            case "REPEATED":
                return self._earlier(request)
        raise ProcessingFailedError(outcome.reason)

    def _earlier(self, request: Request) -> Counts:
        """Return what the ledger has of an object that was done before."""
        entries = self._processor.places.ledger.entries(request.object_id)
        (whole,) = [entry for entry in entries if entry.part is None]
        if whole.status != "COMPLETED":
            raise ProcessingFailedError(whole.reason)
        return whole.counts


def _not_done(reason: str) -> dict[str, Any]:
    return _result(None, reason)


def _result(counts: Counts | None, reason: str | None) -> dict[str, Any]:
    """Return all members, since the state machine selects each of them."""
    return {
        "isDone": counts is not None,
        "reason": reason,
        "read": counts and counts.read,
        "stored": counts and counts.stored,
        "superseded": counts and counts.superseded,
        "rejected": counts and counts.rejected,
    }
