"""``POST /process`` and ``GET /process/{id}``.

The order of the writes: the object with the records, the ledger's item that points to it, the
execution. Whoever repeats a request goes on behind whatever was written before: an object that no
item points to is never read, an item whose execution does not run is given one, and the name of the
execution holds it to one. So a crash in between costs a repetition and nothing else.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from api.aws_request_objects import UPLOADS, RequestObjects
from api.aws_workflow import Workflow
from api.deadline import Deadline
from api.envelope import Envelope, read_envelope
from api.exchange import Answer, Request
from api.judging import Judgement, judge
from api.problems import Problem, unavailable, unknown_dataset, wrong_header
from api.request_states import OPEN, best_of, latest, since, state_document, status_of
from api.uploading import FORMS
from shared.aws_clients import Patience
from shared.datasets import SUFFIXES, Dataset, request_key
from shared.request_ledger import RequestGoneError, RequestLedger
from shared.requests import COMPLETED, FAILED, RequestState
from shared.requests import Request as Asked
from shared.timestamps import utc_text

_KEY = re.compile(r"[!-~]{1,255}")
_ID = re.compile(r"[0-9a-f]{32}")
_BELIEVED = timedelta(seconds=5)
"""What the ledger was told is believed for so long: Step Functions lets executions be described a
few times in a second ("Step Functions service quotas", throttling)."""

_ATTEMPTS = 3
"""Of executions that end while they are begun: more than one is improbable."""


class Processing:
    """Accepts requests.

    Parameters
    ----------
    datasets : sequence of Dataset
        Those of the deployment.
    objects, ledger, workflow
        Accesses to AWS.
    region : str
        Where it runs.
    maximum_body_bytes : int
        A larger body has to be uploaded.
    window : timedelta
        How long the same request is the same work, since it was accepted.
    patience : Patience
        Of the accesses.
    """

    def __init__(
        self,
        datasets: Sequence[Dataset],
        objects: RequestObjects,
        ledger: RequestLedger,
        workflow: Workflow,
        *,
        region: str,
        maximum_body_bytes: int,
        window: timedelta,
        patience: Patience,
    ) -> None:
        self._datasets = {dataset.name: dataset for dataset in datasets}
        self._objects = objects
        self._ledger = ledger
        self._workflow = workflow
        self._region = region
        self._most_bytes = maximum_body_bytes
        self._window = window
        self._longest_call = patience.longest_call

    def post(self, request: Request, deadline: Deadline) -> Answer:
        """Accept records."""
        request.check_json()
        key = _idempotency_key(request.headers)
        body = request.body()
        if len(body) > self._most_bytes:
            raise self._too_large(body)
        envelope = read_envelope(body)
        dataset = self._dataset(envelope.dataset)
        judgement = judge(dataset, envelope)
        if judgement.errors and envelope.on_invalid == "reject":
            raise _not_valid(judgement)
        request_id = judgement.digest[:32]
        if key is not None:
            named = f"Idempotency-Key: {envelope.dataset} {key}"
            request_id = hashlib.sha256(named.encode()).hexdigest()[:32]
        state = self._accept(request_id, envelope, judgement.digest, deadline)
        if state.status != COMPLETED:
            state = self._begin(state, envelope.notify, deadline)
        link = f"{request.path.rstrip('/')}/{state.request.id}"
        document = state_document(state, link)
        if state.status == COMPLETED:
            return Answer.of(200, document)
        return Answer.of(202, document, Location=link)

    def get(self, request: Request, deadline: Deadline) -> Answer:
        """Tell how it stands with a request."""
        request_id = request.parameters.get("id", "")
        if not _ID.fullmatch(request_id):
            raise _no_request()
        state = self._latest(request_id, deadline)
        if status_of(state) in OPEN and state.updated_at < since(_BELIEVED):
            state = self._ended(state, deadline)
        return Answer.of(200, state_document(state, request.path.rstrip("/")))

    def _latest(self, request_id: str, deadline: Deadline) -> RequestState:
        deadline.check(self._longest_call)
        states = latest(self._ledger.read(request_id), self._window)
        if not states:
            raise _no_request()
        return best_of(states)

    def _ended(self, state: RequestState, deadline: Deadline) -> RequestState:
        """Return a request as it is where its execution has ended without telling the ledger.

        An execution that is stopped, or takes too long as a whole, runs none of its states any
        more. The next attempt is begun by whoever repeats the request; the ledger is not written.
        """
        deadline.check(2 * self._longest_call)
        reason = self._workflow.failure(state.execution_arn) if state.execution_arn else ""
        if not reason:
            return state
        again = self._latest(state.request.id, deadline)  # it may have told it just now
        if status_of(again) not in OPEN or again.execution_arn != state.execution_arn:
            return again
        return msgspec.structs.replace(again, status=FAILED, reason=reason)

    def _dataset(self, name: str) -> Dataset:
        if name not in self._datasets:
            raise unknown_dataset(name, sorted(self._datasets))
        return self._datasets[name]

    def _accept(
        self, request_id: str, envelope: Envelope, digest: str, deadline: Deadline
    ) -> RequestState:
        """Return the state of a request that the ledger has, now if not before.

        What the other region has accepted and not completed is accepted here, too: that region may
        be lost. Records that both process are the same items.
        """
        deadline.check(self._longest_call)
        begin = since(self._window)
        earlier = self._ledger.read(request_id)
        states = [each for each in earlier if each.accepted_at > begin]
        for state in states:
            _check_same(state, digest)
        known = [each for each in states if each.status == COMPLETED] or self._own(states)
        if known:
            return known[0]
        before = next(iter(self._own(earlier)), None)
        key = request_key(envelope.dataset, request_id)
        deadline.check(self._longest_call)
        asked = Asked(
            id=request_id,
            dataset=envelope.dataset,
            bucket=self._objects.bucket,
            key=key,
            version_id=self._objects.put(key, envelope.content),
            on_invalid=envelope.on_invalid,
        )
        deadline.check(self._longest_call)
        attempt = 1 if before is None else before.attempt + 1
        state = self._ledger.accept(
            asked,
            body_hash=digest,
            execution_arn=self._workflow.execution_arn(request_id, attempt),
            at=_now(),
            before=before,
        )
        _check_same(state, digest)
        return state

    def _begin(
        self, state: RequestState, notify: dict[str, str] | None, deadline: Deadline
    ) -> RequestState:
        """Return the state of a request whose execution runs, or that is completed."""
        for _ in range(_ATTEMPTS):
            deadline.check(2 * self._longest_call)
            if state.status != FAILED and self._workflow.start(state, notify):
                return state
            deadline.check(2 * self._longest_call)
            if state.status != FAILED:
                tried = state.attempt
                states = self._ledger.read(state.request.id)
                state = next(iter(self._own(states)), state)
                if state.attempt != tried and state.status not in (COMPLETED, FAILED):
                    continue  # somebody has begun the next one: it is started, not followed
            if state.status == COMPLETED:
                return state
            arn = self._workflow.execution_arn(state.request.id, state.attempt + 1)
            try:
                state = self._ledger.try_again(state, execution_arn=arn, at=_now())
            except RequestGoneError:
                break  # who repeats the request enters it anew
            if state.status == COMPLETED:
                return state
        raise unavailable(2, "workflow")

    def _own(self, states: Sequence[RequestState]) -> list[RequestState]:
        return [each for each in states if each.region == self._region]

    def _too_large(self, body: bytes) -> Problem:
        """Say how a body that is too large can be sent; what is known of it tells where to."""
        detail = f"The body has {len(body)} bytes; at most {self._most_bytes} are taken."
        try:
            dataset = self._dataset(read_envelope(body).dataset)
        except Problem as problem:
            if problem.status == 404:
                return problem
            return Problem(413, f"{detail} Ask POST /uploads where to send the records as a file.")
        form = next(name for name in FORMS if name in dataset.formats)
        name = hashlib.sha256(body).hexdigest()[:32]
        key = f"{dataset.prefix}{UPLOADS}{name}{SUFFIXES[form][0]}"
        upload = self._objects.upload(key, FORMS[form])
        return Problem(413, f"{detail} Upload the records as a file.", upload=upload)


def _idempotency_key(headers: Mapping[str, str]) -> str | None:
    key = headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise wrong_header("Idempotency-Key", "must be 1 to 255 visible ASCII characters")
    return key


def _check_same(state: RequestState, digest: str) -> None:
    if state.body_hash and state.body_hash != digest:
        raise Problem(409, "The Idempotency-Key was used for another request of the dataset.")


def _no_request() -> Problem:
    return Problem(404, "There is no such request.")


def _not_valid(judgement: Judgement) -> Problem:
    many = "is" if judgement.rejected == 1 else "are"
    detail = f"{judgement.rejected} of {judgement.records} records {many} not valid"
    return Problem(422, f"{detail}; nothing was stored.", errors=judgement.errors)


def _now() -> str:
    return utc_text(datetime.now(UTC))
