"""What subscribers are told of a request that is done (row E3)."""

from typing import Any

import msgspec
from msgspec import Struct

from shared.ledger_entries import COUNTS
from shared.notices import wrong_members
from shared.step_input import StepInput


class InvalidNotificationError(Exception):
    """The input asks for a notification that cannot be sent; the message says what is wrong."""


class Notification(Struct, frozen=True):
    """A message for the topic.

    Parameters
    ----------
    type, recipient, message : str
        What was asked for; subscribers filter by the first two.
    id, dataset, object_id : str
        The request.
    counts : dict
        Its accounts.
    """

    type: str
    recipient: str
    message: str
    id: str
    dataset: str
    object_id: str
    counts: dict[str, int]

    @property
    def body(self) -> str:
        """The message as JSON text."""
        told = {
            "type": self.type,
            "recipient": self.recipient,
            "message": self.message,
            "id": self.id,
            "dataset": self.dataset,
            "objectId": self.object_id,
            "status": "COMPLETED",
            "counts": self.counts,
        }
        return msgspec.json.encode(told).decode()

    @property
    def attributes(self) -> dict[str, dict[str, str]]:
        """What a subscription's filter policy sees ("Amazon SNS message attributes")."""
        told = {"type": self.type, "recipient": self.recipient, "dataset": self.dataset}
        return {name: {"DataType": "String", "StringValue": value} for name, value in told.items()}


def notification_of(step: StepInput) -> Notification | None:
    """Read what the execution's input asks for; None when it asks for nothing.

    Raises
    ------
    InvalidNotificationError
        Naming every member that is missing or wrong, and what is allowed.
    """
    asked = step.members.get("notify")
    if asked is None:
        return None
    if not isinstance(asked, dict):
        raise InvalidNotificationError(f"notify is {asked!r:.100}; it must be an object or null")
    problems = [
        f"notify.{name} is {asked[name]!r:.100}; it {why}"
        if name in asked
        else f"notify.{name} is missing; it {why}"
        for name, why in wrong_members(asked).items()
    ]
    if problems:
        raise InvalidNotificationError("; ".join(problems))
    request = step.request
    return Notification(
        type=asked["type"],
        recipient=asked["recipient"],
        message=asked["message"],
        id=request.id,
        dataset=request.dataset,
        object_id=request.object_id,
        counts=_counts(step.members.get("processing")),
    )


def _counts(result: Any) -> dict[str, int]:
    match result:
        case {"read": int(), "stored": int(), "superseded": int(), "rejected": int()}:
            return {name: result[name] for name in COUNTS}
    raise InvalidNotificationError(
        f"processing is {result!r:.100}; it must be the request's counts"
    )
