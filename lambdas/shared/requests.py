"""A request for the records of one object, and how it stands with it."""

from typing import Any

import msgspec
from msgspec import Struct

from shared.ledger_entries import Counts, Wire, counts_of

ACCEPTED = "ACCEPTED"
VALIDATING = "VALIDATING"
PROCESSING = "PROCESSING"
COMPLETED = "COMPLETED"
FAILED = "FAILED"

LONGEST_REASON = 2000
"""Characters of a reason that are kept; the reasons of all records are in the quarantine."""


class Request(Struct, frozen=True):
    """What a request asks for: that the records of an object version are processed.

    Parameters
    ----------
    id : str
        Its id, the same for the same request.
    dataset : str
        What its records are.
    bucket, key, version_id : str
        The object version that holds them.
    on_invalid : str
        ``reject``: when one record is not valid, none is processed; ``quarantine``: as in a file.
    """

    id: str
    dataset: str
    bucket: str
    key: str
    version_id: str
    on_invalid: str = "reject"

    @property
    def object_id(self) -> str:
        """The ledger's key of the object version."""
        return f"{self.dataset}/{self.key}#{self.version_id}"

    def to_input(self) -> dict[str, str]:
        """Return the member ``request`` of the state machine's input."""
        return {
            "id": self.id,
            "dataset": self.dataset,
            "onInvalid": self.on_invalid,
            "bucket": self.bucket,
            "key": self.key,
            "versionId": self.version_id,
            "objectId": self.object_id,
        }


class RequestState(Struct, frozen=True):
    """How it stands with a request in one region.

    Parameters
    ----------
    request : Request
        The request.
    region : str
        Whose item it is.
    status : str
        See `shared.request_ledger`.
    attempt : int
        Executions that were begun for it, from 1.
    body_hash : str
        Of the body that was accepted under this id; "" when it was started without the API.
    accepted_at, updated_at : str
        Times, as text.
    execution_arn : str
        Of the attempt's execution.
    reason : str
        Why it failed, for a person.
    counts : Counts or None
        The accounts, when it is COMPLETED.
    notification_id : str
        Of the message that told it; "" when none was sent.
    """

    request: Request
    region: str
    status: str
    attempt: int
    body_hash: str
    accepted_at: str
    updated_at: str
    execution_arn: str = ""
    reason: str = ""
    counts: Counts | None = None
    notification_id: str = ""

    @classmethod
    def from_item(cls, item: Wire) -> "RequestState":
        """Read an item of the ledger."""

        def told(name: str) -> str:
            return str(item.get(name, {}).get("S", ""))

        return cls(
            request=Request(
                id=told("objectId").removeprefix("request/"),
                dataset=told("dataset"),
                bucket=told("bucket"),
                key=told("key"),
                version_id=told("versionId"),
                on_invalid=told("onInvalid"),
            ),
            region=told("region"),
            status=told("status"),
            attempt=int(item.get("attempt", {}).get("N", 1)),
            body_hash=told("bodyHash"),
            accepted_at=told("acceptedAt"),
            updated_at=told("updatedAt"),
            execution_arn=told("executionArn"),
            reason=readable(told("reason")),
            counts=counts_of(item) if told("status") == COMPLETED else None,
            notification_id=told("notificationId"),
        )


def readable(reason: str) -> str:
    """Return a reason for a person, also where Step Functions has wrapped it.

    A failed task tells ``{"Error", "Cause"}``; the cause of a function's error is JSON again:
    ``{"errorMessage", "errorType", ...}`` ("Error handling in Step Functions").
    """
    failure = _members(reason)
    if "Error" not in failure:
        return reason
    error, cause = str(failure["Error"]), str(failure.get("Cause") or "")
    told = _members(cause).get("errorMessage", cause)
    return (f"{error}: {told}" if told else error)[:LONGEST_REASON]


def _members(document: str) -> dict[str, Any]:
    if not document.startswith("{"):
        return {}
    try:
        return msgspec.json.decode(document, type=dict[str, Any])
    except msgspec.DecodeError:
        return {}
