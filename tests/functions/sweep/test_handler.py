"""The handler: one run per invocation, with its account in the log and in the metrics."""

import json
from collections.abc import Iterator
from types import ModuleType

import pytest

from shared.aws_environment import InvalidEnvironmentError
from sweep.settings import Settings
from tests.functions.conftest import REGION, InvocationContext, cold_start, logged
from tests.functions.sweep.conftest import (
    CURSOR_KEY,
    INGESTION,
    LEDGER,
    OTHER_REGION,
    QUARANTINE,
    Pipeline,
)

VARIABLES = {
    "INGESTION_BUCKET": INGESTION,
    "LEDGER_TABLE_NAME": LEDGER,
    "CURSOR_BUCKET": QUARANTINE,
    "CURSOR_KEY": CURSOR_KEY,
    "GRACE_SECONDS": "0",
    "VERSIONS_PER_RUN": "100",
    "ANNOUNCEMENTS_PER_RUN": "10",
    "POWERTOOLS_METRICS_NAMESPACE": "serverless",
    "POWERTOOLS_SERVICE_NAME": "object-sweep",
}


@pytest.fixture
def function(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    for name, value in {**VARIABLES, "QUEUE_URL": pipeline.queue_url}.items():
        monkeypatch.setenv(name, value)
    with cold_start("sweep.handler") as module:
        yield module


@pytest.mark.parametrize(("told", "unfinished"), [({"REPLICATED_FROM": OTHER_REGION}, 0), ({}, 1)])
def test_the_function_is_told_whose_copies_arrive(
    pipeline: Pipeline,
    context: InvocationContext,
    monkeypatch: pytest.MonkeyPatch,
    told: dict[str, str],
    unfinished: int,
) -> None:
    """R-A2: those with which the other region has begun are left to it."""
    for name, value in {**VARIABLES, "QUEUE_URL": pipeline.queue_url, **told}.items():
        monkeypatch.setenv(name, value)
    version = pipeline.put("orders/copy.jsonl")
    pipeline.enter("orders/copy.jsonl", version, "COPY", retryable=True)
    pipeline.enter("orders/copy.jsonl", version, "CLAIMED", OTHER_REGION)

    with cold_start("sweep.handler") as module:
        assert module.handler({}, context)["unfinished"] == unfinished


def test_a_run_says_what_it_did(
    function: ModuleType,
    pipeline: Pipeline,
    context: InvocationContext,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """R-A16, R-A12: swept, announced and the age of the oldest, for an alarm to look at."""
    for number in range(12):
        pipeline.put(f"orders/{number}.jsonl")

    with logged(function.logger) as text:
        done = function.handler({}, context)

    assert done == {"swept": 10, "unfinished": 10, "announced": 10, "ended": "announcements"}
    (metrics,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (told,) = metrics["_aws"]["CloudWatchMetrics"]
    assert told["Dimensions"] == [["service"]]
    names = ("ObjectsSwept", "ObjectsUnfinished", "ObjectsAnnounced")
    assert [metrics[name] for name in names] == [[10], [10], [10]]
    assert metrics["OldestUnfinishedSeconds"][0] >= 0
    logs = json.loads(text.getvalue())
    assert (logs["swept"], logs["announced"], logs["level"]) == (10, 10, "WARNING")


def test_a_run_that_finds_nothing_says_so_quietly(
    function: ModuleType, context: InvocationContext
) -> None:
    """R-A16."""
    with logged(function.logger) as text:
        assert function.handler({}, context)["ended"] == "round"
    assert json.loads(text.getvalue())["level"] == "INFO"


def test_everything_that_is_wrong_with_its_environment_is_said_at_once() -> None:
    """R-A4."""
    with pytest.raises(InvalidEnvironmentError) as wrong:
        Settings.read({**VARIABLES, "AWS_REGION": REGION, "GRACE_SECONDS": "soon"})
    assert "QUEUE_URL is not set" in str(wrong.value)
    assert "GRACE_SECONDS is 'soon'" in str(wrong.value)
