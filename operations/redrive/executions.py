"""Executions of the workflow that failed: shown with their cause, and begun again.

What failed for good by what it was given (records that are not valid, an object that cannot be
read) would fail again: it is shown, and stays. Of the others there are two kinds.

- The execution ended in a Fail state. A redrive of it would only enter that state again
  ("Restarting state machine executions with redrive"), so the request's next attempt is begun: the
  ledger's item counts it under a condition, and an execution's name is taken once.
- It failed in a state of another kind, or timed out: it is redriven, and goes on there. That is
  how a notification is sent again that could not be sent.

Either may be repeated: what runs, or has a later attempt, is not failed any more.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from operations.progress import Progress
from operations.region import Region

MOST = 1000
"""Failed executions that are looked at, the latest first."""

_DAYS = 14  # Step Functions redrives what was started within them
_STATUSES = ("FAILED", "TIMED_OUT")  # an aborted one was stopped by somebody who meant it
_FAIL_STATES = ("ProcessingError", "ValidationError")
_FINAL = (
    "InvalidNotificationError",
    "InvalidRecordsError",
    "InvalidRequestError",
    "ProcessingFailedError",
)
_LONGEST = 200


@dataclass(frozen=True)
class FailedExecution:
    """One execution.

    Parameters
    ----------
    arn, given
        Its ARN and its input.
    error, cause
        What failed, and why.
    ended_in_fail_state, redrivable
        How it can be begun again.
    item
        The ledger's item of its request; None when there is none.
    """

    arn: str
    given: str
    error: str
    cause: str
    ended_in_fail_state: bool
    redrivable: bool
    item: dict[str, Any] | None

    @property
    def is_final(self) -> bool:
        """Whether it would fail again."""
        return self.error in _FINAL

    @property
    def told(self) -> str:
        """Why it failed, for a person."""
        text = f"{self.error}: {self.cause}" if self.cause else self.error
        return text[:_LONGEST]


class FailedExecutions:
    """The failed executions of a region's workflow.

    Parameters
    ----------
    region
        Whose workflow.
    """

    def __init__(self, region: Region) -> None:
        self._region = region
        self._states = region.client("stepfunctions")
        self._machine = region.names.state_machine_arn(region.name)
        self._started = region.names.live_state_machine_arn(region.name)
        self._table = region.names.table("object-ledger")

    def found(self) -> list[FailedExecution]:
        """Return those of the last days that nobody has begun again."""
        listed = (self._read(arn) for arn in self._arns())
        return [each for each in listed if each is not None]

    def begin_again(self, found: list[FailedExecution], progress: Progress) -> Iterator[str]:
        """Begin again what is not final.

        Yields
        ------
        str
            Why one stays.
        """
        again = [each for each in found if not each.is_final]
        for number, each in enumerate(again, 1):
            try:
                if each.ended_in_fail_state:
                    self._next_attempt(each)
                elif each.redrivable:
                    self._states.redrive_execution(executionArn=each.arn)
                else:
                    yield f"{each.arn} stays: Step Functions does not redrive it any more"
            except ClientError as error:
                yield f"{each.arn} stays: {error}"
            progress.show(f"{number} of {len(again)} failed executions begun again")

    def _arns(self) -> Iterator[str]:
        oldest = datetime.now(UTC) - timedelta(days=_DAYS)
        for status in _STATUSES:
            pages = self._states.get_paginator("list_executions").paginate(
                stateMachineArn=self._machine,
                statusFilter=status,
                PaginationConfig={"MaxItems": MOST},
            )
            try:
                for page in pages:
                    for each in page["executions"]:
                        if each["startDate"] > oldest:
                            yield each["executionArn"]
            except ClientError as error:
                # An environment may have no workflow.
                if error.response["Error"]["Code"] != "StateMachineDoesNotExist":
                    raise

    def _read(self, arn: str) -> FailedExecution | None:
        """Describe an execution; None when its request is further on."""
        told = self._states.describe_execution(executionArn=arn)
        given = told.get("input", "{}")
        error, cause = told.get("error", told["status"]), told.get("cause", "")
        in_fail_state = error in _FAIL_STATES
        if in_fail_state:
            failure = _members(cause)
            error, cause = str(failure.get("Error", error)), str(failure.get("Cause", cause))
        item = self._item(given)
        if item is not None and not _is_for(item, given):
            return None
        if item is not None and not _is_current(item, arn, in_fail_state):
            return None
        return FailedExecution(
            arn=arn,
            given=given,
            error=error,
            cause=str(_members(cause).get("errorMessage", cause)),
            ended_in_fail_state=in_fail_state,
            redrivable=told.get("redriveStatus") == "REDRIVABLE",
            item=item,
        )

    def _item(self, given: str) -> dict[str, Any] | None:
        request = _members(given).get("request")
        if not isinstance(request, dict) or not isinstance(request.get("id"), str):
            return None
        answer = self._region.client("dynamodb").get_item(
            TableName=self._table, Key=self._key(request["id"]), ConsistentRead=True
        )
        item: dict[str, Any] | None = answer.get("Item")
        return item

    def _next_attempt(self, failed: FailedExecution) -> None:
        if failed.item is None:
            self._states.start_execution(stateMachineArn=self._started, input=failed.given)
            return
        request_id = failed.item["objectId"]["S"].removeprefix("request/")
        attempt = int(failed.item["attempt"]["N"])
        # ACCEPTED: an earlier redrive counted the attempt, and ended before it began it.
        if failed.item["status"]["S"] != "ACCEPTED":
            if not self._count(request_id, failed.item):
                return
            attempt += 1
        try:
            self._states.start_execution(
                stateMachineArn=self._started, name=f"{request_id}-{attempt}", input=failed.given
            )
        except self._states.exceptions.ExecutionAlreadyExists:
            return  # it has begun, and ended, meanwhile

    def _count(self, request_id: str, item: dict[str, Any]) -> bool:
        """Count the next attempt; return whether it is still the one that was read."""
        attempt = int(item["attempt"]["N"])
        executions = self._machine.replace(":stateMachine:", ":execution:")
        dynamodb = self._region.client("dynamodb")
        try:
            dynamodb.update_item(
                TableName=self._table,
                Key=self._key(request_id),
                # The name of its execution lets the attempt, and no earlier one, write the item.
                UpdateExpression=(
                    "SET #status = :accepted, attempt = :next, executionArn = :arn REMOVE reason"
                ),
                ConditionExpression=(
                    "attempt = :before AND versionId = :version AND #status <> :completed"
                ),
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    ":accepted": {"S": "ACCEPTED"},
                    ":completed": {"S": "COMPLETED"},
                    ":before": {"N": str(attempt)},
                    ":version": item["versionId"],
                    ":next": {"N": str(attempt + 1)},
                    ":arn": {"S": f"{executions}:{request_id}-{attempt + 1}"},
                },
            )
        except dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _key(self, request_id: str) -> dict[str, dict[str, str]]:
        return {"objectId": {"S": f"request/{request_id}"}, "region": {"S": self._region.name}}


def causes(found: list[FailedExecution]) -> Counter[str]:
    """Count executions by their cause."""
    return Counter(each.told for each in found)


def _is_for(item: dict[str, Any], given: str) -> bool:
    """Whether the item is still that of the execution's records.

    After a while the same key, or content, is another request with the same id: its item, with
    another object version, counts the attempts on.
    """
    version = _members(given)["request"].get("versionId")
    return bool(item.get("versionId") == {"S": version})


def _is_current(item: dict[str, Any], arn: str, in_fail_state: bool) -> bool:
    """Whether the execution is its request's last one, and there is something left to do."""
    name, attempt = arn.rpartition(":")[2], int(item["attempt"]["N"])
    request_id = item["objectId"]["S"].removeprefix("request/")
    is_last = arn == item.get("executionArn", {}).get("S") or name == f"{request_id}-{attempt}"
    if not in_fail_state:
        return is_last
    status = item["status"]["S"]
    is_followed = status == "ACCEPTED" and name == f"{request_id}-{attempt - 1}"
    # One that is followed by an attempt which was counted, and perhaps not begun: it is now.
    return is_followed or (is_last and status != "COMPLETED")


def _members(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
