"""Runs are bounded, and together they cover the whole bucket, again and again."""

from functools import partial
from itertools import repeat

import boto3
import pytest
from botocore.exceptions import ClientError

from sweep.aws_ledger import LedgerBusyError
from sweep.aws_queue import QueueRefusedError
from tests.functions.sweep.conftest import CURSOR_KEY, INGESTION, QUARANTINE, Pipeline

MANY = 25


@pytest.fixture
def versions(pipeline: Pipeline) -> list[tuple[str, str | None]]:
    """Lost versions of two datasets, several of one key among them."""
    keys = [f"orders/{number:02}.jsonl" for number in range(MANY - 10)]
    keys += ["clicks/often.csv"] * 5 + [f"clicks/{number}.csv" for number in range(5)]
    return sorted((key, pipeline.put(key)) for key in keys)


@pytest.mark.parametrize("bound", [1, 4, 10])
def test_runs_that_announce_few_cover_everything_once(
    pipeline: Pipeline, versions: list[tuple[str, str | None]], bound: int
) -> None:
    """R-F3: the next run goes on behind the last version, be it in the middle of a key."""
    announced: list[tuple[str, str | None]] = []
    ends: list[str] = []
    while not ends or ends[-1] != "round":
        assert len(ends) <= MANY, "the cursor does not move on"
        account = pipeline.sweep(announcements=bound)
        assert account.announced <= bound
        ends.append(account.ended)
        announced += pipeline.announced_versions()

    assert sorted(announced) == versions
    assert set(ends) == {"announcements", "round"}


def test_runs_that_look_at_few_cover_everything_once(
    pipeline: Pipeline, versions: list[tuple[str, str | None]]
) -> None:
    """R-F3: also where nearly all is finished."""
    for key, version in versions[:-1]:
        pipeline.enter(key, str(version), "COMPLETED")

    accounts = [pipeline.sweep(versions=7)]
    while accounts[-1].ended != "round":
        assert len(accounts) <= MANY, "the cursor does not move on"
        accounts.append(pipeline.sweep(versions=7))

    assert [account.ended for account in accounts[:-1]] == ["versions"] * (len(accounts) - 1)
    assert len(accounts) > 2
    assert sum(account.swept for account in accounts) == MANY
    assert pipeline.announced_versions() == versions[-1:]


def test_a_new_round_begins_behind_the_last_version(
    pipeline: Pipeline, versions: list[tuple[str, str | None]]
) -> None:
    """R-F3: what is lost again, or came before the cursor meanwhile, is found in it."""
    assert pipeline.sweep().ended == "round"
    assert pipeline.announced_versions() == versions
    added = ("clicks/0 first.csv", pipeline.put("clicks/0 first.csv"))

    assert pipeline.sweep().swept == MANY + 1
    assert pipeline.announced_versions() == sorted([*versions, added])


def test_what_comes_before_the_cursor_waits_for_the_next_round(
    pipeline: Pipeline, versions: list[tuple[str, str | None]]
) -> None:
    pipeline.sweep(announcements=15)
    pipeline.announced()
    pipeline.put("clicks/0 first.csv")

    pipeline.sweep()

    assert ("clicks/0 first.csv") not in dict(pipeline.announced_versions())


def test_a_run_ends_within_the_invocations_time(
    pipeline: Pipeline, versions: list[tuple[str, str | None]]
) -> None:
    """R-F3: the rest is for the next run."""
    looks = iter([True, True, False])

    account = pipeline.sweep(has_time=lambda: next(looks))

    assert account.ended == "time"
    assert 0 < account.announced < MANY
    first = pipeline.announced_versions()
    pipeline.sweep()
    assert sorted(first + pipeline.announced_versions()) == versions


def test_runs_that_meet_delete_markers_alone_end_in_time_and_get_on(pipeline: Pipeline) -> None:
    """R-F3. Given pages of them, more than a run has time to list, in front of a lost version."""
    s3 = boto3.client("s3")
    for number in range(20):
        key = f"clicks/{number:02}.csv"
        version = pipeline.put(key)
        s3.delete_object(Bucket=INGESTION, Key=key)
        s3.delete_object(Bucket=INGESTION, Key=key, VersionId=version)
    lost = ("orders/1.jsonl", pipeline.put("orders/1.jsonl"))

    ends: list[str] = []
    while not ends or ends[-1] != "round":
        assert len(ends) <= MANY, "the cursor does not move on"
        looks = repeat(True, 2)
        ends.append(pipeline.sweep(has_time=partial(next, looks, False)).ended)

    assert ends.count("time") >= 3
    assert pipeline.announced_versions() == [lost]


def test_nothing_is_announced_while_the_queue_is_full(
    pipeline: Pipeline, versions: list[tuple[str, str | None]]
) -> None:
    """R-F3: a sweep must not make a backlog grow; messages that are hidden count, too."""
    pipeline.sweep(announcements=10)
    boto3.client("sqs").receive_message(QueueUrl=pipeline.queue_url, VisibilityTimeout=60)

    account = pipeline.sweep(announcements=10)

    assert (account.ended, account.swept, account.announced) == ("backlog", 0, 0)
    assert pipeline.places.queue.depth() == 10


def test_a_message_that_sqs_refuses_is_announced_by_the_next_run(
    pipeline: Pipeline,
    versions: list[tuple[str, str | None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """R-F3: the run fails, and keeps how far it came."""
    queue, calls = pipeline.places.queue, []
    send = queue._client.send_message_batch

    def refuse_the_third(**request: object) -> object:
        calls.append(request)
        if len(calls) == 3:
            return {"Failed": [{"Id": "0", "Message": "busy"}]}
        return send(**request)

    monkeypatch.setattr(queue._client, "send_message_batch", refuse_the_third)
    with pytest.raises(QueueRefusedError, match="busy"):
        pipeline.sweep()
    first = pipeline.announced_versions()
    assert 0 < len(first) < MANY

    pipeline.sweep()

    assert sorted(first + pipeline.announced_versions()) == versions


def test_ledger_items_that_stay_unread_are_no_lost_objects(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-F3: unprocessed keys are read again; when they stay so, nothing is announced."""
    version = pipeline.put("orders/1.jsonl")
    pipeline.enter("orders/1.jsonl", version, "COMPLETED")
    ledger = pipeline.places.ledger
    read, answers = ledger._client.batch_get_item, [1]

    def busy(**request: dict[str, object]) -> object:
        if answers and answers.pop():
            return {"Responses": {}, "UnprocessedKeys": request["RequestItems"]}
        return read(**request)

    monkeypatch.setattr("sweep.aws_ledger.time.sleep", lambda _seconds: None)
    monkeypatch.setattr(ledger._client, "batch_get_item", busy)
    assert pipeline.sweep().unfinished == 0

    answers += [1] * 100
    with pytest.raises(LedgerBusyError):
        pipeline.sweep()
    assert pipeline.announced() == []


def test_a_cursor_that_nobody_can_read_begins_a_round(pipeline: Pipeline) -> None:
    boto3.client("s3").put_object(Bucket=QUARANTINE, Key=CURSOR_KEY, Body=b'{"key": 1}')
    pipeline.put("orders/1.jsonl")
    assert pipeline.sweep().announced == 1


def test_a_cursor_in_a_dataset_that_is_gone_goes_on_behind_it(
    pipeline: Pipeline, versions: list[tuple[str, str | None]]
) -> None:
    body = b'{"prefix": "noises/", "key": "noises/1.csv", "versionId": "x"}'
    boto3.client("s3").put_object(Bucket=QUARANTINE, Key=CURSOR_KEY, Body=body)

    pipeline.sweep()

    assert {key.partition("/")[0] for key, _ in pipeline.announced_versions()} == {"orders"}


def test_a_cursor_that_may_not_be_read_is_an_error(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A11: a missing permission must not look like a first run."""

    def forbidden(**_: object) -> None:
        response = {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
        raise ClientError(response, "GetObject")

    monkeypatch.setattr(pipeline.places.cursor._client, "get_object", forbidden)
    with pytest.raises(ClientError):
        pipeline.sweep()
