"""The function killed at any point: a retry leaves what a run without a crash leaves."""

import time
from collections.abc import Callable
from typing import Any

import boto3
import botocore.client
import pytest

from processor.events import ObjectCreated
from processor.outcomes import Invocation
from tests.functions.conftest import InvocationContext

from .conftest import KEYS, VARIABLES, Crash, Pipeline, lines

CONTENT = (
    lines(*({"id": str(number % 40), "total": number} for number in range(70)))
    + lines({"id": "bad", "total": -1})
    + b"{broken\n"
)
OF_ONE_RUN = {"claimId", "claimExpiresAt", "awsRequestId", "requestId", "claimedAt"} | {
    "attempts",
    "completedAt",
}
WRITES = {"UpdateItem", "BatchWriteItem", "PutObject", "PutItem"}


def left_behind(pipeline: Pipeline) -> tuple[Any, ...]:
    ledger = [
        {name: value for name, value in row.items() if name not in OF_ONE_RUN}
        for row in pipeline.ledger()
    ]
    return pipeline.records(), pipeline.quarantine(), ledger, len(pipeline.invocation_log())


def kill_at(write: int, *, after: bool, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Make the process die before or after its n-th write to AWS; returns how many there were."""
    call: Any = botocore.client.BaseClient._make_api_call
    count = 0

    def counted(self: Any, operation: str, parameters: Any) -> Any:
        nonlocal count
        if operation not in WRITES:
            return call(self, operation, parameters)
        count += 1
        fatal = count == write
        if fatal and not after:
            raise Crash
        answer = call(self, operation, parameters)
        if fatal:
            raise Crash
        return answer

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", counted)
    return lambda: count


def run(pipeline: Pipeline, created: ObjectCreated) -> str:
    return pipeline.processor.process(created, Invocation.of(InvocationContext())).result


def test_a_crash_between_any_two_writes_leaves_no_trace_after_the_retry(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-F3. Given every write of a run, killed before and after it; when the claim has expired
    and the message is delivered again; then table, quarantine, accounts and log are the same."""
    object.__setattr__(pipeline.places, "write_concurrency", 1)
    created = pipeline.upload("orders/1.jsonl", CONTENT)
    with monkeypatch.context() as patch:
        writes = kill_at(0, after=False, monkeypatch=patch)
        assert run(pipeline, created) == "COMPLETED"
        total = writes()
    expected = left_behind(pipeline)
    assert total >= 7
    assert expected[3] == 1
    for write in range(1, total + 1):
        for after in (False, True):
            empty(pipeline)
            with monkeypatch.context() as patch:
                kill_at(write, after=after, monkeypatch=patch)
                with pytest.raises(Crash):
                    run(pipeline, created)
            with monkeypatch.context() as patch:
                let_claims_expire(patch)
                assert run(pipeline, created) in {"COMPLETED", "REPEATED"}
            assert left_behind(pipeline) == expected, f"write {write}, after={after}"


def test_an_asynchronous_retry_need_not_wait_for_the_claim_of_the_attempt_that_died(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A8. Lambda's own retry has the same request id, and no time to wait until the expiry."""
    created = pipeline.upload("orders/1.jsonl", CONTENT)
    context = InvocationContext()
    with monkeypatch.context() as patch:
        kill_at(2, after=True, monkeypatch=patch)
        with pytest.raises(Crash):
            pipeline.processor.process(created, Invocation.of(context))
    assert pipeline.processor.process(created, Invocation.of(context)).result == "COMPLETED"


def let_claims_expire(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time
    monkeypatch.setattr("shared.aws_object_ledger.time.time", lambda: now() + 301)


def empty(pipeline: Pipeline) -> None:
    for variable, names in KEYS.items():
        table = boto3.resource("dynamodb").Table(VARIABLES[variable])
        for row in pipeline.items(variable):
            table.delete_item(Key={name: row[name] for name in names})
    for key in pipeline.quarantine():
        boto3.client("s3").delete_object(Bucket=VARIABLES["QUARANTINE_BUCKET"], Key=key)
