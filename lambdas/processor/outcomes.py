"""In which invocation an object is processed, and how that ends."""

from datetime import UTC, datetime

from msgspec import Struct, field

from processor.deadline import Deadline, LambdaContext
from shared.ledger_entries import Counts
from shared.timestamps import utc_text


class Invocation(Struct, frozen=True):
    """The invocation in which an object is processed.

    Parameters
    ----------
    aws_request_id : str
        Lambda's id of it.
    deadline : Deadline
        When it ends.
    """

    aws_request_id: str
    deadline: Deadline

    @classmethod
    def of(cls, context: LambdaContext) -> "Invocation":
        """Return the invocation that the runtime's context describes."""
        return cls(context.aws_request_id, Deadline(context))


class Outcome(Struct, frozen=True):
    """How the processing of an object version ended.

    Parameters
    ----------
    result : str
        COMPLETED, FAILED, IGNORED (no dataset takes it; FAILED in the ledger), REPEATED or COPY
        (the other region processes it); CONTINUED (the rest goes on as a new message), SPLIT (its
        parts are announced) or PART (a part has ended; its records are counted with the whole).
    dataset, object_id : str
        What it was.
    counts : Counts
        Its accounts.
    request_id : str
        Its entry in the invocation log; "" when it has none.
    reason : str
        Why it failed, what a repeated one is already, or how far a long one is.
    part : int or None
        Which part of the version it was; None: the whole.
    milliseconds : float
        How long it took.
    """

    result: str
    dataset: str
    object_id: str
    counts: Counts = field(default_factory=Counts)
    request_id: str = ""
    reason: str = ""
    part: int | None = None
    milliseconds: float = 0.0


def now_text() -> str:
    """Return the time as the ledger and the invocation log have it."""
    return utc_text(datetime.now(UTC))
