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
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

from shared.aws_clients import error_code

_CLAIMABLE = (
    "attribute_not_exists(objectId)"
    " OR retryable = :true"
    " OR (#status = :claimed AND (claimExpiresAt < :now OR awsRequestId = :awsRequestId))"
)
_CLAIM = (
    "SET #status = :claimed, claimId = :claimId, claimExpiresAt = :expiry,"
    " awsRequestId = :awsRequestId, #bucket = :bucket, #key = :key, versionId = :versionId,"
    " dataset = :dataset, requestId = if_not_exists(requestId, :requestId),"
    " claimedAt = if_not_exists(claimedAt, :claimedAt)"
    " REMOVE retryable ADD attempts :one"
)
_FINISH = (
    "SET #status = :status, #read = :read, #stored = :stored, superseded = :superseded,"
    " rejected = :rejected, #size = :size, completedAt = :completedAt, retryable = :retryable"
)
_OURS = "#status = :claimed AND claimId = :claimId"


@dataclass
class Counts:
    """The accounts of one object: ``read = stored + superseded + rejected``."""

    read: int = 0
    stored: int = 0
    superseded: int = 0
    rejected: int = 0


@dataclass(frozen=True)
class Claim:
    """The right to process an object version until it expires.

    Parameters
    ----------
    object_id : str
        The version.
    claim_id : str
        Unlike that of every other claim.
    request_id, claimed_at : str
        Given at the first claim and kept: the key of its item in the invocation log.
    attempts : int
        Claims so far, this one included.
    """

    object_id: str
    claim_id: str
    request_id: str
    claimed_at: str
    attempts: int


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
    table : str
        ``LEDGER_TABLE_NAME``.
    region : str
        The region whose items are written.
    """

    def __init__(self, client: Any, table: str, region: str) -> None:
        self._client = client
        self._table = table
        self._region = region

    def claim(
        self,
        object_id: str,
        place: dict[str, str],
        *,
        seconds: float,
        aws_request_id: str,
        at: str,
    ) -> Claim:
        """Claim an object version.

        Parameters
        ----------
        object_id : str
            The version.
        place : dict
            ``dataset``, ``bucket``, ``key`` and ``versionId``, for a person who reads the ledger.
        seconds : float
            What is left of the invocation's time.
        aws_request_id : str
            Of the invocation. Lambda's own retry of an asynchronous invocation keeps it, and comes
            after the earlier attempt has ended: it need not wait for that one's claim.
        at : str
            The time now, as text.

        Raises
        ------
        AlreadyFinishedError
            It is COMPLETED or finally FAILED.
        ClaimedElsewhereError
            An invocation that may be alive has it.
        """
        now = time.time()
        claim_id = str(uuid4())
        values = {f":{name}": {"S": value} for name, value in place.items()} | {
            ":claimed": {"S": "CLAIMED"},
            ":true": {"BOOL": True},
            ":one": {"N": "1"},
            ":now": {"N": f"{now:.3f}"},
            ":expiry": {"N": f"{now + seconds:.3f}"},
            ":claimId": {"S": claim_id},
            ":awsRequestId": {"S": aws_request_id},
            ":requestId": {"S": str(uuid4())},
            ":claimedAt": {"S": at},
        }
        try:
            response = self._client.update_item(
                TableName=self._table,
                Key=self._key(object_id),
                UpdateExpression=_CLAIM,
                ConditionExpression=_CLAIMABLE,
                ExpressionAttributeNames={"#status": "status", "#bucket": "bucket", "#key": "key"},
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            raise _refusal(error.response.get("Item", {}), now) from error
        item = response["Attributes"]
        return Claim(
            object_id=object_id,
            claim_id=claim_id,
            request_id=item["requestId"]["S"],
            claimed_at=item["claimedAt"]["S"],
            attempts=int(item["attempts"]["N"]),
        )

    def complete(self, claim: Claim, counts: Counts, *, size: int, at: str) -> None:
        """End a claim: every record of the object is accounted for.

        Raises
        ------
        ClaimedElsewhereError
            The claim is not ours any more.
        """
        self._finish(claim, "COMPLETED", counts, size=size, at=at)

    def fail(self, claim: Claim, reason: str, counts: Counts, *, size: int, at: str) -> None:
        """End a claim: the object cannot be processed, now or ever; raises like `complete`."""
        self._finish(claim, "FAILED", counts, size=size, at=at, reason=reason)

    def release(self, claim: Claim, reason: str, *, at: str) -> None:
        """Give a claim back after a fault of operations; raises like `complete`."""
        self._finish(claim, "FAILED", Counts(), size=0, at=at, reason=reason, retryable=True)

    def leave(self, claim: Claim, reason: str, *, at: str) -> None:
        """Give a claim back: the object is another region's to process; raises like `complete`."""
        self._finish(claim, "COPY", Counts(), size=0, at=at, reason=reason, retryable=True)

    def _finish(
        self,
        claim: Claim,
        status: str,
        counts: Counts,
        *,
        size: int,
        at: str,
        reason: str | None = None,
        retryable: bool = False,
    ) -> None:
        values = {
            ":status": {"S": status},
            ":claimed": {"S": "CLAIMED"},
            ":claimId": {"S": claim.claim_id},
            ":read": {"N": str(counts.read)},
            ":stored": {"N": str(counts.stored)},
            ":superseded": {"N": str(counts.superseded)},
            ":rejected": {"N": str(counts.rejected)},
            ":size": {"N": str(size)},
            ":completedAt": {"S": at},
            ":retryable": {"BOOL": retryable},
        }
        why = " REMOVE reason, claimExpiresAt"
        if reason is not None:
            values[":reason"] = {"S": reason}
            why = ", reason = :reason REMOVE claimExpiresAt"
        try:
            self._client.update_item(
                TableName=self._table,
                Key=self._key(claim.object_id),
                UpdateExpression=_FINISH + why,
                ConditionExpression=_OURS,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                ExpressionAttributeNames={
                    f"#{name}": name for name in ("status", "read", "stored", "size")
                },
                ExpressionAttributeValues=values,
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            if not _is_ended(error.response.get("Item", {}), claim):
                raise ClaimedElsewhereError(0) from error

    def _key(self, object_id: str) -> dict[str, dict[str, str]]:
        return {"objectId": {"S": object_id}, "region": {"S": self._region}}


def _is_ended(item: dict[str, Any], claim: Claim) -> bool:
    """Whether the ledger has this claim as ended: a retried call may meet its own success."""
    is_ours = item.get("claimId") == {"S": claim.claim_id}
    return is_ours and item.get("status") != {"S": "CLAIMED"}


def _refusal(item: dict[str, Any], now: float) -> Exception:
    status = item.get("status", {}).get("S", "CLAIMED")
    if status != "CLAIMED":
        return AlreadyFinishedError(status)
    expiry = float(item.get("claimExpiresAt", {}).get("N", now))
    return ClaimedElsewhereError(max(0.0, expiry - now))
