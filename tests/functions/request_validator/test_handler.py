"""ValidateInput: says whether the records of a request are valid, and writes none of them."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest

from request_validator.settings import Settings
from shared.aws_environment import InvalidEnvironmentError
from shared.datasets import datasets
from shared.requests import Request
from shared.step_input import InvalidRequestError
from tests.functions.conftest import REGION, InvocationContext, cold_start, logged
from tests.functions.requests.making import EXECUTION, event

INGESTION = "serverless-data-ingestion-dev-111122223333-us-east-1"
VARIABLES = {
    "LEDGER_TABLE_NAME": "serverless-object-ledger-dev",
    "POWERTOOLS_METRICS_NAMESPACE": "serverless",
    "POWERTOOLS_SERVICE_NAME": "request-validator",
}
SCHEMA = {
    "type": "object",
    "required": ["id", "total"],
    "properties": {"id": {"type": "string"}, "total": {"type": "number", "minimum": 0}},
}
DATASETS = {
    "orders": {
        "prefix": "orders/",
        "formats": ["csv"],
        "record": {"id": ["id"]},
        "schema": SCHEMA,
    }
}
GOOD = {"id": "1", "total": 1}
BAD = {"id": "2", "total": -1}


@pytest.fixture
def function(aws: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    (tmp_path / "datasets.json").write_text(json.dumps(DATASETS))
    for name, value in (VARIABLES | {"DATASETS_FILE": str(tmp_path / "datasets.json")}).items():
        monkeypatch.setenv(name, value)
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=INGESTION)
    s3.put_bucket_versioning(Bucket=INGESTION, VersioningConfiguration={"Status": "Enabled"})
    boto3.client("dynamodb").create_table(
        TableName=VARIABLES["LEDGER_TABLE_NAME"],
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "objectId", "KeyType": "HASH"},
            {"AttributeName": "region", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("objectId", "region")
        ],
    )
    datasets.cache_clear()
    with cold_start("request_validator.handler") as module:
        yield module
    datasets.cache_clear()


def request_for(content: Any, on_invalid: str = "reject", **members: str) -> Request:
    """Put the object of a request."""
    key = members.pop("key", "requests/orders/0123abcd.json")
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    version = boto3.client("s3").put_object(Bucket=INGESTION, Key=key, Body=body)["VersionId"]
    told = {"id": "0123abcd", "dataset": "orders", "bucket": INGESTION, "version_id": version}
    return Request(**(told | members), key=key, on_invalid=on_invalid)


def validated(function: ModuleType, request: Request) -> dict[str, Any]:
    found: dict[str, Any] = function.handler(event(request), InvocationContext())
    json.dumps(found)
    return found


def test_valid_records_are_valid(function: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """R-E3, R-E4: one document or a list; the ledger tells that it is under way."""
    for content, read in ((GOOD, 1), ([GOOD, {"id": "2", "total": 2}], 2)):
        request = request_for(content)
        with logged(function.logger) as text:
            found = validated(function, request)
        assert found == {"isValid": True, "read": read, "invalid": 0, "reasons": [], "reason": ""}
        (line,) = text.getvalue().splitlines()
        assert json.loads(line)["object"] == request.object_id
        assert json.loads(capsys.readouterr().out)["RequestsValid"] == [1.0]
    (state,) = function.ledger.read("0123abcd")
    assert (state.status, state.execution_arn) == ("VALIDATING", EXECUTION)
    assert state.request == request


def test_each_record_that_is_not_valid_is_told_with_place_and_pointer(
    function: ModuleType,
) -> None:
    """R-A5, R-E4: the reasons of the file path."""
    found = validated(function, request_for([GOOD, BAD, {"id": 3}]))

    assert (found["isValid"], found["read"], found["invalid"]) == (False, 3, 2)
    told = [(one["record"], one["pointer"]) for one in found["reasons"]]
    assert told[0] == (1, "/total")
    assert {record for record, _ in told} == {1, 2}
    assert all(one["message"] and one["line"] == 1 for one in found["reasons"])
    assert found["reason"].startswith("2 of 3 records not valid; record 1, /total: ")


def test_the_first_twenty_reasons_are_told(function: ModuleType) -> None:
    """R-E4: a state's result is limited."""
    found = validated(function, request_for([BAD] * 1000))

    assert (found["read"], found["invalid"], len(found["reasons"])) == (1000, 1000, 20)


def test_records_that_may_be_quarantined_do_not_stop_the_request(function: ModuleType) -> None:
    """R-E4, R-A5: they end as those of a file."""
    found = validated(function, request_for([GOOD, BAD], "quarantine"))

    assert (found["isValid"], found["invalid"], found["reason"]) == (True, 1, "")
    assert len(found["reasons"]) == 1


UNREADABLE = {"UTF-16": '[{"id": "1"}]'.encode("utf-16"), "gzip": b"\x1f\x8b\x08broken"}


@pytest.mark.parametrize("kind", UNREADABLE)
@pytest.mark.parametrize("on_invalid", ["reject", "quarantine"])
def test_what_cannot_be_read_is_not_valid(function: ModuleType, on_invalid: str, kind: str) -> None:
    """R-E4: whatever is to become of records that are not."""
    found = validated(function, request_for(UNREADABLE[kind], on_invalid))

    assert not found["isValid"]
    assert kind in found["reason"]


def test_a_version_that_is_gone_is_not_valid(function: ModuleType) -> None:
    """R-E4."""
    request = request_for([GOOD])
    boto3.client("s3").delete_object(
        Bucket=INGESTION, Key=request.key, VersionId=request.version_id
    )

    found = validated(function, request)

    assert not found["isValid"]
    assert "does not exist" in found["reason"]


def test_the_version_that_was_asked_for_is_read(function: ModuleType) -> None:
    """R-E4: a later object under the same key changes nothing."""
    request = request_for([GOOD])
    request_for([BAD, BAD])

    assert validated(function, request)["isValid"]


NOT_REQUESTS = [
    ({"dataset": "clicks"}, "request.key is 'requests/orders/0123abcd.json'; it must be 'req"),
    (
        {"dataset": "clicks", "key": "requests/clicks/0123abcd.json"},
        "request.dataset is 'clicks'; it must be orders",
    ),
    ({"key": "orders/1.csv"}, "it must be 'requests/orders/0123abcd.json'"),
    ({"key": "requests/orders/another.json"}, "it must be 'requests/orders/0123abcd.json'"),
]


@pytest.mark.parametrize(("members", "told"), NOT_REQUESTS)
def test_what_names_no_request_of_a_dataset_is_refused(
    function: ModuleType, members: dict[str, str], told: str
) -> None:
    """R-E4: as an error, which the state machine catches."""
    with pytest.raises(InvalidRequestError, match=told):
        validated(function, request_for([GOOD], **members))


def test_an_event_of_another_form_is_refused(function: ModuleType) -> None:
    """R-E4."""
    with pytest.raises(InvalidRequestError, match="no member request"):
        function.handler({"Records": []}, InvocationContext())


def test_a_wrong_environment_stops_the_function_at_its_start_and_names_everything() -> None:
    with pytest.raises(InvalidEnvironmentError) as refused:
        Settings.read({"LEDGER_TABLE_NAME": "?", "AWS_REGION": REGION, "LOG_LEVEL": "LOUD"})
    for name in (*VARIABLES, "LOG_LEVEL"):
        assert name in str(refused.value)
