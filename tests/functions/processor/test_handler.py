"""The processor as the runtime starts it."""

import json
import time
from collections.abc import Iterator
from types import ModuleType

import pytest

from processor.settings import Settings
from shared.aws_environment import InvalidEnvironmentError
from tests.functions.conftest import InvocationContext, cold_start, logged

from .conftest import VARIABLES, Pipeline, lines
from .delivering import eventbridge, message


@pytest.fixture
def function(pipeline: Pipeline) -> Iterator[ModuleType]:
    with cold_start("processor.handler") as module:
        yield module


def test_a_batch_is_processed_logged_and_measured(
    function: ModuleType,
    pipeline: Pipeline,
    context: InvocationContext,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """R-A16. Logs tell the object, the request and the record counts."""
    created = pipeline.upload(
        "orders/1.jsonl", lines({"id": "1", "total": 1}, {"id": "1", "total": 2}, {"id": "x"})
    )
    with logged(function.logger) as text:
        event = {"Records": [message(1, eventbridge(created)), message(2, eventbridge(created))]}
        assert function.handler(event, context) == {"batchItemFailures": []}
    told = [json.loads(line) for line in text.getvalue().splitlines()]
    (done,) = [line for line in told if line["message"] == "object completed"]
    assert done["object"] == f"orders/orders/1.jsonl#{created.version_id}"
    assert done["request_id"] == pipeline.invocation_log()[0]["requestId"]
    assert done["function_request_id"] == context.aws_request_id
    counts = {name: done[name] for name in ("read", "stored", "superseded", "rejected")}
    assert counts == {"read": 3, "stored": 1, "superseded": 1, "rejected": 1}
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    completed, repeated = metrics
    assert completed["dataset"] == repeated["dataset"] == "orders"
    measured = {name: completed[name] for name in completed if name.startswith("Records")}
    assert measured == {
        "RecordsRead": [3.0],
        "RecordsStored": [1.0],
        "RecordsSuperseded": [1.0],
        "RecordsRejected": [1.0],
    }
    assert completed["ObjectsCompleted"] == repeated["ObjectsRepeated"] == [1.0]
    assert completed["DurationMs"][0] > 0


def test_the_state_of_a_circuit_is_logged_and_measured(
    function: ModuleType,
    pipeline: Pipeline,
    context: InvocationContext,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """R-A8, R-A16. When it opens, for everything that it holds back, and when it closes."""
    created = pipeline.upload("orders/1.jsonl", lines({"id": "1", "total": 1}))
    circuit = function.circuits["table"]
    with logged(function.logger) as text:
        circuit.trip("HTTP 503")
        function.handler({"Records": [message(1, eventbridge(created))]}, context)
        monkeypatch.setattr(circuit, "_clock", lambda: time.time() + 60)
        function.handler({"Records": [message(1, eventbridge(created))]}, context)
    told = [json.loads(line) for line in text.getvalue().splitlines()]
    shown = [line for line in told if line["message"].split()[0] in {"circuit", "object"}]
    assert [(line["message"], line.get("dependency")) for line in shown] == [
        ("circuit open", "table"),
        ("object held back", "table"),
        ("circuit half open", "table"),
        ("circuit closed", "table"),
        ("object completed", None),
    ]
    assert shown[0]["cause"] == "HTTP 503"
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    states = [each for each in metrics if "CircuitOpen" in each]
    assert [each["CircuitOpen"] for each in states] == [[1.0], [1.0], [0.0]]
    assert {each["dependency"] for each in states} == {"table"}
    (of,) = states[0]["_aws"]["CloudWatchMetrics"]
    assert [sorted(names) for names in of["Dimensions"]] == [["dependency", "service"]]


def test_a_wrong_environment_stops_the_function_at_its_start_and_names_everything() -> None:
    """Fail fast."""
    wrong = VARIABLES | {
        "TABLE_NAME": "no table!",
        "QUEUE_URL": "queue",
        "DEAD_LETTER_QUEUE_URL": "dead",
        "INVOCATION_LOG_TTL_DAYS": "soon",
        "WRITE_CONCURRENCY": "0",
    }
    del wrong["QUARANTINE_BUCKET"]
    with pytest.raises(InvalidEnvironmentError) as caught:
        Settings.read(wrong)
    assert str(caught.value).split("; ") == [
        "TABLE_NAME is 'no table!'",
        "it must be a table name: 3-255 of A-Z a-z 0-9 _ . -",
        "QUARANTINE_BUCKET is not set",
        "it must be a bucket name: 3-63 of a-z 0-9 . -",
        "INVOCATION_LOG_TTL_DAYS is 'soon'",
        "it must be a whole number from 1 to 3650",
        "QUEUE_URL is 'queue'",
        "it must be a URL (https://...)",
        "DEAD_LETTER_QUEUE_URL is 'dead'",
        "it must be a URL (https://...)",
        "WRITE_CONCURRENCY is '0'",
        "it must be a whole number from 1 to 64",
    ]


def test_what_is_optional_has_a_default() -> None:
    """Fail fast, but only where something is wrong."""
    few = {name: value for name, value in VARIABLES.items() if name != "WRITE_CONCURRENCY"}
    settings = Settings.read(few)
    assert (settings.write_concurrency, settings.log_level) == (8, "INFO")
