r"""The object ledger: who works on an object version in this region, and how it ended.

One item per object version and region, with the region as sort key; an object that was split has
one more for each part, with ``<region>#<part:05>``. The status of either moves

    (absent) -> CLAIMED -> COMPLETED
                   |  \-> FAILED                 a fault of the object: final
                   |----> FAILED, retryable      a fault of operations
                   |----> COPY, retryable        the other region's object
                   |----> CONTINUED, retryable   read up to its checkpoint; a message was sent
                   \----> SPLIT, retryable       its parts are announced; whole objects only

and from whatever is retryable back to CLAIMED. Finished is COMPLETED, or FAILED without retryable.

A claim expires with the invocation that made it, so a function that was killed holds nothing back.
Every later write names the claim in its condition: who lost it changes nothing.
"""

import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

from shared.aws_clients import error_code
from shared.ledger_entries import (
    Changes,
    Checkpoint,
    Claim,
    Counts,
    Entry,
    Part,
    Wire,
    ended,
    number,
    sized,
    text,
    update_of,
)

_MAY_BE_CLAIMED = "retryable = :true OR (#status = :claimed AND claimExpiresAt < :now)"
_WHOLE_CLAIMABLE = f"attribute_not_exists(objectId) OR {_MAY_BE_CLAIMED}"
_PART_CLAIMABLE = f"attribute_exists(objectId) AND ({_MAY_BE_CLAIMED})"
_CLAIM = (
    "SET #status = :claimed, claimId = :claimId, claimExpiresAt = :expiry,"
    " awsRequestId = :awsRequestId, #bucket = :bucket, #key = :key, versionId = :versionId,"
    " dataset = :dataset, requestId = if_not_exists(requestId, :requestId),"
    " claimedAt = if_not_exists(claimedAt, :claimedAt),"
    " eventName = if_not_exists(eventName, :eventName)"
    " REMOVE retryable ADD attempts :one, splitBytes :splitBytes"
)
_OURS = "#status = :claimed AND claimId = :claimId"


class AlreadyFinishedError(Exception):
    """The object version was COMPLETED or finally FAILED before: there is nothing to do."""

    def __init__(self, status: str) -> None:
        super().__init__(f"the object version is {status} already")
        self.status = status


class ClaimedElsewhereError(Exception):
    """Another invocation works on the object version.

    Parameters
    ----------
    seconds : float
        Until its claim expires.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"another invocation has claimed the object for {seconds:.0f} s more")
        self.seconds = seconds


class ObjectLedger:
    """Claims and their ends, under DynamoDB's conditions.

    Parameters
    ----------
    client : botocore client
        Of DynamoDB.
    table, region : str
        ``LEDGER_TABLE_NAME``; the region whose items are written.
    """

    def __init__(self, client: Any, table: str, region: str) -> None:
        self._client = client
        self._table = table
        self._region = region

    def claim(
        self,
        object_id: str,
        told: dict[str, str],
        *,
        part: int | None = None,
        split_bytes: int = 0,
        seconds: float,
        aws_request_id: str,
        at: str,
    ) -> Claim:
        """Claim an object version, or a part of it.

        Parameters
        ----------
        object_id, part : str, int
            The version; the number of the part, if it is one.
        told : dict
            ``dataset``, ``bucket``, ``key``, ``versionId`` and, of the first claim, ``eventName``.
        split_bytes, seconds, at : int, float, str
            Beyond which size an object is split now; what is left of the invocation's time; now.
        aws_request_id : str
            Of the invocation, for its logs. Lambda may deliver an event twice at once under one.

        Raises
        ------
        AlreadyFinishedError
            It is COMPLETED or FAILED, or a part that was never announced.
        ClaimedElsewhereError
            An invocation that may be alive has it.
        """
        now = time.time()
        values = {f":{name}": text(value) for name, value in told.items()} | {
            ":claimed": text("CLAIMED"),
            ":true": {"BOOL": True},
            ":one": number(1),
            ":splitBytes": {"NS": [str(split_bytes)]},
            ":now": {"N": f"{now:.3f}"},
            ":expiry": {"N": f"{now + seconds:.3f}"},
            ":claimId": text(str(uuid4())),
            ":awsRequestId": text(aws_request_id),
            ":requestId": text(str(uuid4())),
            ":claimedAt": text(at),
        }
        try:
            response = self._client.update_item(
                **self._item(object_id, self._sort_key(part)),
                UpdateExpression=_CLAIM,
                ConditionExpression=_WHOLE_CLAIMABLE if part is None else _PART_CLAIMABLE,
                ExpressionAttributeNames={"#status": "status", "#bucket": "bucket", "#key": "key"},
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            item = error.response.get("Item", {})
            if item.get("claimId") != values[":claimId"]:
                raise _refusal(item, now) from error
            return Claim.from_item(item)  # botocore sent it again, and it met its own success
        return Claim.from_item(response["Attributes"])

    def complete(
        self,
        claim: Claim,
        counts: Counts,
        *,
        size: int,
        at: str,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        """End a claim: every record of the object, or of the part, is accounted for.

        Parameters
        ----------
        claim, counts
            The claim, and the accounts.
        size, at : int, str
            Bytes of what it is; the time now, as text.
        checkpoint : Checkpoint, optional
            Kept in the ledger: all of a part, or where a FAILED object stopped.

        Raises
        ------
        ClaimedElsewhereError
            The claim is not ours any more.
        """
        changes = ended("COMPLETED", at, counts) | sized(size, checkpoint)
        self._end(claim, changes | {"reason": None})

    def fail(
        self,
        claim: Claim,
        reason: str,
        counts: Counts,
        *,
        size: int,
        at: str,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        """End a claim: the object cannot be processed, now or ever; otherwise as `complete`."""
        changes = ended("FAILED", at, counts) | sized(size, checkpoint)
        self._end(claim, changes | {"reason": text(reason)})

    def release(self, claim: Claim, reason: str, *, at: str) -> None:
        """Give a claim back after a fault of operations; raises like `complete`."""
        self._end(claim, ended("FAILED", at, retryable=True) | {"reason": text(reason)})

    def leave(self, claim: Claim, reason: str, *, at: str) -> None:
        """Give a claim back: the object is another region's; raises like `complete`."""
        self._end(claim, ended("COPY", at, retryable=True) | {"reason": text(reason)})

    def leave_to_next(self, claim: Claim, checkpoint: Checkpoint, *, at: str) -> None:
        """Give a claim back: whoever claims next goes on from here; raises like `complete`."""
        changes = ended("CONTINUED", at, retryable=True)
        self._end(claim, changes | {"reason": None, "checkpoint": checkpoint.to_wire()})

    def split(self, claim: Claim, parts: int, *, size: int, left: Checkpoint, at: str) -> None:
        """Give a claim back: so many parts are announced, and end for themselves."""
        changes = ended("SPLIT", at, retryable=True) | sized(size, left)
        self._end(claim, changes | {"reason": None, "parts": number(parts)})

    def add_part(self, claim: Claim, part: Part, *, at: str) -> Entry:
        """Add a part to an object that is being split, unless it has it already.

        Returns
        -------
        Entry
            What the ledger has. An earlier plan may have cut differently: its part stays.
        """
        changes = ended("CONTINUED", at, retryable=True) | {
            "part": part.to_wire(),
            "checkpoint": Checkpoint(place=part.begin).to_wire(),
        }
        try:
            response = self._client.update_item(
                **self._update(claim.object_id, self._sort_key(part.number), changes),
                ConditionExpression="attribute_not_exists(objectId)",
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            return Entry.from_item(error.response["Item"])
        return Entry.from_item(response["Attributes"])

    def entries(self, object_id: str) -> list[Entry]:
        """Return how it stands in this region with the object and all its parts, in order."""
        return [Entry.from_item(item) for item in self._items(object_id) if self._is_own(item)]

    def is_known_elsewhere(self, object_id: str) -> bool:
        """Whether another region has begun with the object, as far as is replicated to here."""
        items = self._items(object_id)
        return any(not self._is_own(one) and one["status"] != text("COPY") for one in items)

    def _items(self, object_id: str) -> Iterator[Wire]:
        request = {
            "TableName": self._table,
            "KeyConditionExpression": "objectId = :objectId",
            "ExpressionAttributeValues": {":objectId": text(object_id)},
            "ConsistentRead": True,  # whatever ended in this region before the call is seen
        }
        while True:
            page = self._client.query(**request)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _is_own(self, item: Wire) -> bool:
        return bool(item["region"]["S"].partition("#")[0] == self._region)

    def _end(self, claim: Claim, changes: Changes) -> None:
        update = self._update(claim.object_id, claim.sort_key, changes | {"claimExpiresAt": None})
        ours = {":claimed": text("CLAIMED"), ":claimId": text(claim.claim_id)}
        update["ExpressionAttributeValues"] |= ours
        try:
            self._client.update_item(
                **update, ConditionExpression=_OURS, ReturnValuesOnConditionCheckFailure="ALL_OLD"
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            if not claim.has_ended_in(error.response.get("Item", {})):
                raise ClaimedElsewhereError(0) from error

    def _update(self, object_id: str, sort_key: str, changes: Changes) -> dict[str, Any]:
        return self._item(object_id, sort_key) | update_of(changes)

    def _sort_key(self, part: int | None) -> str:
        return self._region if part is None else f"{self._region}#{part:05}"

    def _item(self, object_id: str, sort_key: str) -> dict[str, Any]:
        key = {"objectId": text(object_id), "region": text(sort_key)}
        return {"TableName": self._table, "Key": key}


def _refusal(item: Wire, now: float) -> Exception:
    status = item.get("status", {}).get("S", "MISSING")
    if status != "CLAIMED":
        return AlreadyFinishedError(status)
    expiry = float(item.get("claimExpiresAt", {}).get("N", now))
    return ClaimedElsewhereError(max(0.0, expiry - now))
