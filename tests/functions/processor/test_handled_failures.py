"""What a release compares versions by, beside what Lambda counts."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from operations.release import watch
from shared.aws_object_ledger import ClaimedElsewhereError
from shared.handled_failures import METRIC, report_handled_failure
from tests.functions.conftest import InvocationContext, cold_start

from .conftest import Pipeline, lines
from .delivering import eventbridge, message


@pytest.fixture
def function(pipeline: Pipeline) -> Iterator[ModuleType]:
    with cold_start("processor.handler") as module:
        yield module


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    every = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [each for each in every if METRIC in each]


def test_a_release_reads_the_metric_under_the_dimensions_that_it_is_written_with(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-C7: the two share no code, so a name that changes on one side alone is seen here."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_VERSION", "7")

    report_handled_failure("pipeline", "serverless-api-dev")

    (line,) = told(capsys)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "pipeline"
    assert [sorted(names) for names in directive["Dimensions"]] == [["service", "version"]]
    assert (line["service"], line["version"], line[METRIC]) == ("serverless-api-dev", "7", [1.0])
    source = Path(watch.__file__).read_text("utf-8")
    assert f'"{METRIC}"' in source
    assert '{"service": function, "version": version}' in source


def test_an_invocation_that_gives_objects_back_says_so_once(
    function: ModuleType,
    pipeline: Pipeline,
    context: InvocationContext,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """R-C7: however many of a batch; Lambda counts no error."""
    created = [
        pipeline.upload(f"orders/{number}.jsonl", lines({"id": "1", "total": 1}))
        for number in range(3)
    ]
    batch = {"Records": [message(n, eventbridge(each)) for n, each in enumerate(created)]}
    function.circuits["table"].trip("HTTP 503")

    assert len(function.handler(batch, context)["batchItemFailures"]) == 3

    (line,) = told(capsys)
    assert line[METRIC] == [1.0]


def test_a_notification_that_the_queue_takes_over_is_one_as_well(
    function: ModuleType,
    pipeline: Pipeline,
    context: InvocationContext,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """R-C7: what came without the queue."""
    created = pipeline.upload("orders/1.jsonl", lines({"id": "1", "total": 1}))
    function.circuits["table"].trip("HTTP 503")

    assert function.handler(eventbridge(created), context) == {}

    assert len(told(capsys)) == 1


def test_an_invocation_that_does_all_of_it_says_nothing(
    function: ModuleType,
    pipeline: Pipeline,
    context: InvocationContext,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """R-C7: a good version has none of this metric, and costs none."""
    created = pipeline.upload("orders/1.jsonl", lines({"id": "1", "total": 1}))

    function.handler({"Records": [message(1, eventbridge(created))]}, context)

    assert told(capsys) == []


@pytest.mark.parametrize("is_claimed", [True, False])
def test_a_delivery_that_came_twice_is_no_failure(
    function: ModuleType,
    pipeline: Pipeline,
    context: InvocationContext,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    is_claimed: bool,
) -> None:
    """R-C7: another invocation has the object; the message comes back all the same."""
    created = pipeline.upload("orders/1.jsonl", lines({"id": "1", "total": 1}))
    error = ClaimedElsewhereError(30) if is_claimed else ConnectionError("reset")

    def fail(*_: Any) -> Any:
        raise error

    monkeypatch.setattr("processor.processing.ObjectProcessor.process", fail)
    batch = {"Records": [message(1, eventbridge(created))]}

    assert len(function.handler(batch, context)["batchItemFailures"]) == 1
    assert function.handler(eventbridge(created), context) == {}

    assert len(told(capsys)) == (0 if is_claimed else 2)
