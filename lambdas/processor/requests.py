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


class NotDoneYetError(Exception):
    """The object is under way, here or elsewhere, or waits for a dependency: ask again later."""


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
            Its accounts, ``read``, ``stored``, ``superseded`` and ``rejected``: the state's result.

        Raises
        ------
        NotDoneYetError
            It goes on in another invocation, is claimed by one, or a dependency is out.
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
            raise NotDoneYetError(str(refusal))
        try:
            self._ledger.advance(request, PROCESSING, execution_arn=execution, at=now_text())
            outcome = self._processor.process(created, Invocation.of(context))
            counts = self._counts(request, outcome)
            self._ledger.complete(request, counts, execution_arn=execution, at=now_text())
        except (*_LATER, *AwsError, OSError) as error:
            if isinstance(error, TableBusyError):
                self._circuits["table"].trip(str(error))
            self._reporting.not_processed(created, error)
            if isinstance(error, _LATER) or is_transient(error):
                raise NotDoneYetError(f"{type(error).__name__}: {error}") from error
            raise
        return {
            "read": counts.read,
            "stored": counts.stored,
            "superseded": counts.superseded,
            "rejected": counts.rejected,
        }

    def _counts(self, request: Request, outcome: Outcome) -> Counts:
        """Return the accounts of what has ended well."""
        self._reporting.ended(outcome)
        match outcome.result:
            case "COMPLETED":
                return outcome.counts
            case "REPEATED":
                return self._earlier(request)
            case "CONTINUED" | "SPLIT":
                raise NotDoneYetError(f"the object goes on in another invocation: {outcome.reason}")
        raise ProcessingFailedError(outcome.reason)

    def _earlier(self, request: Request) -> Counts:
        """Return what the ledger has of an object that was done before."""
        entries = self._processor.places.ledger.entries(request.object_id)
        (whole,) = [entry for entry in entries if entry.part is None]
        if whole.status != "COMPLETED":
            raise ProcessingFailedError(whole.reason)
        return whole.counts
