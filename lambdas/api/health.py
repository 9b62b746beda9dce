"""``GET /health``: whether this region can process, as load balancers and Route 53 ask.

The form is that of the Internet-Draft "Health Check Response Format for HTTP APIs". Route 53 wants
an answer within two seconds ("How Amazon Route 53 determines whether a health check is healthy"),
and asks from many places at once: the dependencies are asked all at the same time, once and with
short time-outs, and the answer is kept for some seconds. What is throttled is there: nobody should
be led elsewhere, with all that is asked here, because of that.
"""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from msgspec import Struct

from api.exchange import Answer
from shared.aws_clients import AwsError, Patience, error_code, is_throttled

PATIENCE = Patience(connect_seconds=0.7, read_seconds=0.7, attempts=1)
KEPT_SECONDS = 5.0
HEALTH = "application/health+json"

_NOBODY = "request/health"


class Checks(Struct, frozen=True):
    """What is asked of the dependencies: little, of what processing uses of them.

    Parameters
    ----------
    dynamodb, s3, sqs, workflows : botocore client
        Of DynamoDB, S3, SQS and Step Functions, with little patience.
    table, ledger, bucket : str
        Names of the tables and of the ingestion bucket.
    dead_letter_queue_url : str
        Its depth is told.
    state_machine_arn : str
        Must be there.
    """

    dynamodb: Any
    s3: Any
    sqs: Any
    workflows: Any
    table: str
    ledger: str
    bucket: str
    dead_letter_queue_url: str
    state_machine_arn: str

    def all(self) -> dict[str, Callable[[], Any]]:
        """Return the checks by dependency; each raises where its dependency is out."""
        return {
            "table": lambda: self._ask_table(self.table, "recordId"),
            "ledger": lambda: self._ask_table(self.ledger, "objectId"),
            # Not HeadBucket, whose errors have no body and so do not say that it is throttled.
            "objectStore": lambda: self.s3.list_objects_v2(
                Bucket=self.bucket, Prefix=_NOBODY, MaxKeys=1
            ),
            "queue": self._depth,
            "stateMachine": lambda: self.workflows.describe_state_machine(
                stateMachineArn=self.state_machine_arn
            ),
        }

    def _ask_table(self, name: str, key: str) -> None:
        self.dynamodb.query(
            TableName=name,
            KeyConditionExpression=f"{key} = :nobody",
            ExpressionAttributeValues={":nobody": {"S": _NOBODY}},
            Limit=1,
        )

    def _depth(self) -> int:
        name = "ApproximateNumberOfMessages"
        response = self.sqs.get_queue_attributes(
            QueueUrl=self.dead_letter_queue_url, AttributeNames=[name]
        )
        return int(response["Attributes"][name])


class _Found(Struct):
    """What a check found."""

    milliseconds: float
    value: Any = None
    status: str = "pass"
    detail: str = ""

    def document(self) -> dict[str, Any]:
        told = {"status": self.status, "milliseconds": self.milliseconds}
        return told | ({"detail": self.detail} if self.detail else {})


class Health:
    """The health of this region.

    Parameters
    ----------
    checks : mapping
        By dependency.
    region, role, version : str
        Of this function.
    clock : callable
        Seconds since some moment; it must go on while Lambda has frozen the environment.
    """

    def __init__(
        self,
        checks: Mapping[str, Callable[[], Any]],
        *,
        region: str,
        role: str,
        version: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._checks = checks
        self._told = {"region": region, "role": role} | ({"version": version} if version else {})
        self._clock = clock
        self._known: tuple[float, Answer] | None = None

    def get(self) -> Answer:
        """Return the health: 503 where something is out that processing needs."""
        now = self._clock()
        if self._known is None or not 0 <= now - self._known[0] < KEPT_SECONDS:
            self._known = now, self._ask()
        return self._known[1]

    def _ask(self) -> Answer:
        with ThreadPoolExecutor(len(self._checks)) as pool:
            asked = {name: pool.submit(_timed, check) for name, check in self._checks.items()}
        found = {name: one.result() for name, one in asked.items()}
        depth = found["queue"].value
        statuses = {one.status for one in found.values()} | ({"warn"} if depth else set())
        status = next((each for each in ("fail", "warn") if each in statuses), "pass")
        document = {
            "status": status,
            **self._told,
            "dependencies": {name: one.document() for name, one in found.items()},
        }
        if depth is not None:
            document["deadLetters"] = depth
        answer = Answer.of(503 if status == "fail" else 200, document)
        answer.content_type = HEALTH
        return answer


def _timed(check: Callable[[], Any]) -> _Found:
    began = time.monotonic()
    value, status, detail = None, "pass", ""
    try:
        value = check()
    except (*AwsError, OSError) as error:
        status = "warn" if is_throttled(error) else "fail"
        # Everybody may read this: what failed, and no names of resources.
        detail = error_code(error) or type(error).__name__
    return _Found(round((time.monotonic() - began) * 1000, 1), value, status, detail)
