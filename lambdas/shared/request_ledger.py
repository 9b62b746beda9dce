r"""The ledger's items of requests: what was asked, how far it is, and how it ended.

A request is an object under ``requests/`` and an item of the object ledger, with the key
``request/<id>`` and the region; a region writes its own item only, and reads those of both. What
became of each record stands in the ledger entry of the object, like that of any other object.

    (absent) -> ACCEPTED -> VALIDATING -> PROCESSING -> COMPLETED    final, with the counts
                    ^              \             \----> FAILED       with the reason
                    |               \------------------ /
                    \--- the next attempt ------------ /

Nothing leaves COMPLETED: what comes late, or twice, changes nothing. ``executionArn`` names the
attempt, from the moment it is begun: an execution says how far a request is, and that it has
failed, only while the request is its own. What an earlier attempt says late changes nothing, unless
all records are processed: they are those of the same object version.

A request that was accepted long ago can be accepted anew, with another object version
(`RequestLedger.accept`, ``before``); its item is removed by DynamoDB some time after ``expiresAt``.

The state machine writes FAILED itself when a step has failed for good, as Step Functions tells it:
``{"Error", "Cause"}`` as JSON text; `shared.requests.RequestState.reason` is what a person reads.
"""

import time
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from shared.aws_clients import error_code
from shared.ledger_entries import COUNTS, Changes, Counts, Wire, counted, number, text, update_of
from shared.requests import (
    ACCEPTED,
    COMPLETED,
    FAILED,
    LONGEST_REASON,
    Request,
    RequestState,
)

KEPT_SECONDS = 90 * 86_400
"""Of a request's item since it was accepted: as long as Step Functions keeps what was executed, and
no second execution can have the name of the first ("Step Functions service quotas")."""

_FIRST = ", ".join(
    f"{name} = if_not_exists({name}, {value})"
    for name, value in (("acceptedAt", ":updatedAt"), ("attempt", ":one"), ("expiresAt", ":expiry"))
)
_ENDED = ("reason", "completedAt", "notificationId", "estimated", *COUNTS)
_NEW = "attribute_not_exists(objectId)"
_OWN = "(attribute_not_exists(executionArn) OR executionArn = :executionArn)"
# An operator may start what has failed by another name: that execution takes the request over.
_ADVANCES = f"{_NEW} OR (#status <> :completed AND ({_OWN} OR #status = :failed))"
_FAILS = f"{_NEW} OR (#status <> :completed AND {_OWN})"
_COMPLETES = f"{_NEW} OR (#status <> :completed AND versionId = :versionId)"


class RequestGoneError(Exception):
    """The request has no item any more: it expired, or was removed, since it was read."""


class RequestLedger:
    """Writes the items of one region, and reads those of all.

    Parameters
    ----------
    client : botocore client
        Of DynamoDB.
    table : str
        ``LEDGER_TABLE_NAME``.
    region : str
        The region whose items are written.
    """

    def __init__(self, client: Any, table: str, region: str) -> None:
        self._client = client
        self._table = table
        self._region = region

    def accept(
        self,
        request: Request,
        *,
        body_hash: str,
        execution_arn: str,
        at: str,
        before: RequestState | None = None,
    ) -> RequestState:
        """Enter a request, unless this region has one of its id already.

        Parameters
        ----------
        request : Request
            With the object version that holds its records.
        body_hash : str
            Tells a repetition from another request under the same id.
        execution_arn : str
            Of the attempt's execution, which is to be started.
        at : str
            The time now, as text.
        before : RequestState, optional
            This region's request of that id, accepted so long ago that this is another one: it is
            replaced, and its attempts are counted on, since they have names.

        Returns
        -------
        RequestState
            What the ledger has now: an earlier one stands, with its own object version.
        """
        changes = _pointer(request) | {
            "status": text(ACCEPTED),
            "attempt": number(1 if before is None else before.attempt + 1),
            "bodyHash": text(body_hash),
            "executionArn": text(execution_arn),
            "acceptedAt": text(at),
            "updatedAt": text(at),
            "expiresAt": _expiry(),
        }
        if before is None:
            return self._changed(request.id, update_of(changes), _NEW)
        update = update_of(changes | dict.fromkeys(_ENDED))
        update["ExpressionAttributeValues"] |= {
            ":earlier": text(before.accepted_at),
            ":before": number(before.attempt),
        }
        condition = f"{_NEW} OR (acceptedAt = :earlier AND attempt = :before)"
        return self._changed(request.id, update, condition)

    def try_again(self, state: RequestState, *, execution_arn: str, at: str) -> RequestState:
        """Begin the next attempt at a request whose execution has ended without completing it.

        Parameters
        ----------
        state : RequestState
            As it was read: of several who want to, one begins.
        execution_arn : str
            Of the next attempt's execution, which is to be started.
        at : str
            The time now, as text.

        Returns
        -------
        RequestState
            What the ledger has now, whoever wrote it.

        Raises
        ------
        RequestGoneError
            It has none any more.
        """
        changes: Changes = {
            "status": text(ACCEPTED),
            "attempt": number(state.attempt + 1),
            "executionArn": text(execution_arn),
            "updatedAt": text(at),
            "reason": None,
        }
        update = update_of(changes)
        update["ExpressionAttributeValues"] |= {
            ":completed": text(COMPLETED),
            ":before": number(state.attempt),
        }
        condition = "attribute_exists(objectId) AND attempt = :before AND #status <> :completed"
        return self._changed(state.request.id, update, condition)

    def advance(self, request: Request, status: str, *, execution_arn: str, at: str) -> None:
        """Say how far a request is, unless it is COMPLETED or another attempt's.

        A request that was started without the API gets its item here.

        Parameters
        ----------
        request : Request
            The request.
        status : str
            VALIDATING or PROCESSING.
        execution_arn : str
            Of the execution that is at it.
        at : str
            The time now, as text.
        """
        changes: Changes = {"status": text(status), "reason": None}
        values = {":failed": text(FAILED)}
        self._write(request, changes, _ADVANCES, values, execution_arn=execution_arn, at=at)

    def complete(self, request: Request, counts: Counts, *, execution_arn: str, at: str) -> None:
        """End a request: every record is accounted for; the parameters are `advance`'s."""
        changes: Changes = {
            "status": text(COMPLETED),
            "completedAt": text(at),
            "reason": None,
            **counted(counts),
        }
        self._write(request, changes, _COMPLETES, execution_arn=execution_arn, at=at)

    def fail(self, request: Request, reason: str, *, execution_arn: str, at: str) -> None:
        """End a request: it cannot be processed; the parameters are `advance`'s."""
        changes: Changes = {
            "status": text(FAILED),
            "completedAt": text(at),
            "reason": text(reason[:LONGEST_REASON]),
        }
        self._write(request, changes, _FAILS, execution_arn=execution_arn, at=at)

    def notified(self, request: Request, message_id: str, *, at: str) -> None:
        """Note that the notification of a completed request was published, if it is still known.

        Parameters
        ----------
        request : Request
            The request.
        message_id : str
            That of the message.
        at : str
            The time now, as text.
        """
        changes: Changes = {"notificationId": text(message_id), "updatedAt": text(at)}
        with suppress(RequestGoneError):
            self._changed(request.id, update_of(changes), "attribute_exists(objectId)")

    def read(self, request_id: str) -> list[RequestState]:
        """Return how it stands with a request in each region that knows it.

        Strongly consistent for this region; the other one's item comes by replication.
        """
        response = self._client.query(
            TableName=self._table,
            KeyConditionExpression="objectId = :objectId",
            ExpressionAttributeValues={":objectId": text(f"request/{request_id}")},
            ConsistentRead=True,
        )
        return [RequestState.from_item(item) for item in response["Items"]]

    def _write(
        self,
        request: Request,
        changes: Changes,
        condition: str,
        values: dict[str, Wire] | None = None,
        *,
        execution_arn: str,
        at: str,
    ) -> None:
        changes = changes | {"executionArn": text(execution_arn), "updatedAt": text(at)}
        update = update_of(_pointer(request) | changes)
        expression = update["UpdateExpression"].removeprefix("SET ")
        update["UpdateExpression"] = f"SET {_FIRST}, {expression}"
        update["ExpressionAttributeValues"] |= {
            ":completed": text(COMPLETED),
            ":one": number(1),
            ":expiry": _expiry(),
            **(values or {}),
        }
        self._changed(request.id, update, condition)

    def _changed(self, request_id: str, update: dict[str, Any], condition: str) -> RequestState:
        """Change the item under a condition; return it as it is then."""
        key = {"objectId": text(f"request/{request_id}"), "region": text(self._region)}
        try:
            response = self._client.update_item(
                TableName=self._table,
                Key=key,
                **update,
                ConditionExpression=condition,
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            item = error.response.get("Item")
            if item is None:  # of a condition that wants one
                raise RequestGoneError(request_id) from error
            return RequestState.from_item(item)
        return RequestState.from_item(response["Attributes"])


def _expiry() -> Wire:
    return number(int(time.time()) + KEPT_SECONDS)


def _pointer(request: Request) -> Changes:
    return {
        "dataset": text(request.dataset),
        "bucket": text(request.bucket),
        "key": text(request.key),
        "versionId": text(request.version_id),
        "requestObjectId": text(request.object_id),
        "onInvalid": text(request.on_invalid),
    }
