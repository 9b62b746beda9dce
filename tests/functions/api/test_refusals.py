"""What is refused, and how the client is told why: RFC 9457."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import botocore.client
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from shared.circuit_breaker import FAILURES
from shared.notices import LONGEST

from .conftest import DATASETS, OPENAPI, Api, Response, connected, event

RECORD = {"id": "a", "total": 1.5}
BODY = {"dataset": "orders", "record": RECORD}


def is_problem(given: Response, status: int) -> bool:
    """Whether an answer is an RFC 9457 problem of that status."""
    body = given.json
    assert given.headers["Content-Type"] == "application/problem+json"
    assert body["status"] == given.status
    assert body["type"] == "about:blank"
    assert body["title"]
    assert body["instance"].startswith("urn:uuid:")
    return given.status == status


def nothing_was_stored(api: Api) -> bool:
    return not api.objects() and not api.ledger() and not api.executions()


@pytest.mark.parametrize(
    ("body", "pointer", "detail"),
    [
        (b"", "", "is empty"),
        (b"{", "", "is not JSON: Expecting property name"),
        (b'{"dataset":"orders",}', "", "is not JSON"),
        (b'{"dataset":"orders"} x', "", "is not JSON: Extra data"),
        (b'{"dataset":"orders" "record":{}}', "", "Expecting ',' delimiter"),
        (b'{"dataset"}', "", "Expecting ':' delimiter"),
        (b'{"dataset":', "", "Expecting value"),
        (b'{"dataset":"orders","record":{"id":"\t"}}', "", "Invalid control character"),
        (b"[" * 19_000, "", "is nested too deeply"),
        (b"[]", "", "must be an object"),
        (b"7", "", "must be an object"),
        (b"{}", "/dataset", "is missing"),
        (b'{"dataset":5,"record":{}}', "/dataset", "must be the name of a dataset"),
        (b'{"dataset":"../x","record":{}}', "/dataset", "must be the name of a dataset"),
        (b'{"dataset":"orders"}', "", "must have either record or records"),
        (b'{"dataset":"orders","record":{},"records":[{}]}', "", "must have either record"),
        (b'{"dataset":"orders","record":7}', "/record", "must be an object"),
        (b'{"dataset":"orders","record":NaN}', "/record", "must be an object"),
        (b'{"dataset":"orders","records":{}}', "/records", "must be an array"),
        (b'{"dataset":"orders","records":[]}', "/records", "must have 1 to 25000 records"),
        (b'{"dataset":"orders","records":[{},1e5]}', "/records/1", "must be an object"),
        (b'{"dataset":"orders","record":{},"record":{}}', "/record", "more than once"),
        (b'{"dataset":"orders","record":{},"a/b":1}', "/a~1b", "is not one of: dataset"),
        (b'{"dataset":"orders","record":{},"\\ud800":1}', "/?", "is not one of: dataset"),
        (b'{"dataset":"orders","record":{},"onInvalid":"x"}', "/onInvalid", "reject, quarantine"),
        (b'{"dataset":"orders","record":{},"notify":[]}', "/notify", "must be an object"),
        (b'{"dataset":"orders","record":{},"notify":{"type":"","recipient":"a","message":"b"}}',
         "/notify/type", "1 to 64 characters"),
        (b'{"dataset":"orders","record":{},"notify":{"type":"a","recipient":"a\\u0001",'
         b'"message":"b\\nc"}}', "/notify/recipient", "no control characters"),
        (b'{"dataset":"orders","record":{},"notify":{"type":"a","recipient":"a","message":"b",'
         b'"x":1}}', "/notify/x", "is not one of: type, recipient, message"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_request_is_refused(
    api: Api, body: bytes, pointer: str, detail: str
) -> None:
    """R-E5: 400, with the place and what is wrong there."""
    given = api.post(body)

    assert is_problem(given, 400)
    told = dict(given.details)
    assert detail in told[pointer]
    assert nothing_was_stored(api)


def test_everything_that_is_wrong_is_told_at_once(api: Api) -> None:
    """R-E5."""
    given = api.post({"data": 1, "records": 5, "onInvalid": 6, "notify": {}})

    assert [pointer for pointer, _ in given.details] == [
        *("/data", "/dataset", "/records", "/onInvalid"),
        *("/notify/type", "/notify/recipient", "/notify/message"),
    ]


def test_a_body_that_is_not_utf_8_is_refused(api: Api) -> None:
    """R-E5: binary bodies come encoded."""
    sent = event("POST", "/process", "/process", body=b'{"dataset":"\xff"}', encoded=True)

    assert "is not UTF-8: byte 12" in api.send(sent).details[0][1]
    assert is_problem(api.send({**sent, "body": "no base64"}), 400)


def test_records_that_are_not_valid_are_refused_with_every_reason(api: Api) -> None:
    """R-E5, R-A5: as JSON Pointers into the body; nothing is stored."""
    bad = [{"id": "a", "total": -1}, {"id": "b", "total": 1}, {"total": "x"}]

    given = api.post({"dataset": "orders", "records": bad})

    assert is_problem(given, 422)
    assert "2 of 3 records are not valid" in given.json["detail"]
    assert {pointer for pointer, _ in given.details} == {
        *("/records/0/total", "/records/2", "/records/2/total", "/records/2/id"),
    }
    assert nothing_was_stored(api)


@pytest.mark.parametrize(
    ("record", "pointer", "detail"),
    [
        (b'{"id":"a","total":NaN}', "/record", "NaN is no JSON number"),
        (b'{"id":"a","total":-Infinity}', "/record", "no JSON number"),
        (b'{"id":"a","total":1,"total":2}', "/record", 'member "total" more than once'),
        (b'{"id":"a","total":1e126}', "/record/total", "magnitude"),
        (b'{"id":"a","total":' + b"9" * 39 + b"}", "/record/total", "39 significant digits"),
        (b'{"id":"a","total":' + b"9" * 5000 + b"}", "/record", "thousands of digits"),
        (b'{"id":"a","total":1,"n":"\\ud800"}', "/record", "surrogate"),
        (b'{"id":"a","total":1,"":2}', "/record", "empty name"),
        (b'{"id":"a","total":1,"n":' + b"[" * 40 + b"]" * 40 + b"}", "/record", "nested deeper"),
        (b'{"id":"' + b"a" * 2100 + b'","total":1}', "/record/id", "DynamoDB allows 2048"),
    ],
)
def test_a_record_is_judged_as_that_of_a_file(
    api: Api, record: bytes, pointer: str, detail: str
) -> None:
    """R-E3, R-A5: what JSON cannot say twice, and what DynamoDB cannot hold."""
    given = api.post(b'{"dataset":"orders","record":' + record + b"}")

    assert is_problem(given, 422)
    assert any(found.startswith(pointer) and detail in told for found, told in given.details)


def test_an_item_that_is_too_large_is_refused(
    surroundings: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A5: DynamoDB's 400 KB count the whole item."""
    monkeypatch.setenv("API_MAXIMUM_BODY_BYTES", "5000000")
    large = {"id": "a", "total": 1, "note": "x" * 409_500}

    given = connected().post({"dataset": "orders", "record": large})

    assert is_problem(given, 422)
    assert given.details == [("/record", given.details[0][1])]
    assert "DynamoDB allows 409600" in given.details[0][1]


def test_more_reasons_than_can_be_told_end_with_a_word(api: Api) -> None:
    """R-E5: answers of Lambda are bounded."""
    given = api.post({"dataset": "orders", "records": [{}] * 600})

    assert is_problem(given, 422)
    assert "600 of 600" in given.json["detail"]
    assert len(given.details) == 1001
    assert given.details[-1] == ("", "there are more than these 1000 reasons")


def test_bad_records_may_go_to_quarantine_instead(api: Api) -> None:
    """R-E3, R-A5: the request is accepted, and its records stored as they were written."""
    body = b'{"dataset":"orders","onInvalid":"quarantine","records":[{"id":"a"},{"total":NaN}]}'

    given = api.post(body)

    assert given.status == 202
    assert api.read_object(given.json["object"]) == b'[{"id":"a"},{"total":NaN}]'
    assert api.ledger()[0]["onInvalid"] == {"S": "quarantine"}


@pytest.mark.parametrize("name", ["order", "constructor", "x" * 40])
def test_an_unknown_dataset_is_answered_with_those_that_are_known(api: Api, name: str) -> None:
    """R-E5."""
    given = api.post({"dataset": name, "record": RECORD})

    assert is_problem(given, 404)
    assert given.json["datasets"] == ["orders", "visits"]


@pytest.mark.parametrize("kind", ["text/plain", "application/json; charset=latin-1", "", "json"])
def test_another_content_type_is_refused(api: Api, kind: str) -> None:
    """R-E5."""
    assert is_problem(api.post(BODY, Content_Type=kind), 415)


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"']
)
def test_json_may_say_that_it_is_utf_8(api: Api, kind: str) -> None:
    """R-E5, RFC 9110, 8.3."""
    assert api.post(BODY, Content_Type=kind).status == 202


@pytest.mark.parametrize("key", ["", "a b", "ä", "x" * 256])
def test_a_key_has_visible_letters(api: Api, key: str) -> None:
    """R-E5."""
    given = api.post(BODY, Idempotency_Key=key)

    assert is_problem(given, 400)
    assert given.details[0][0] == "Idempotency-Key"


@pytest.mark.parametrize(
    ("dataset", "prefix", "suffix"),
    [("orders", "orders/api-uploads/", ".json"), ("visits", "in/visits-api-uploads/", ".csv")],
)
def test_a_body_that_is_too_large_may_be_uploaded(
    api: Api, dataset: str, prefix: str, suffix: str
) -> None:
    """R-E5: 413 with a URL into the dataset's prefix, where it is processed as a file."""
    given = api.post({"dataset": dataset, "records": [{"id": "a" * 30_000, "total": 1}]})

    assert is_problem(given, 413)
    upload = given.json["upload"]
    assert upload["method"] == "PUT"
    assert upload["key"].startswith(prefix)
    assert upload["key"].endswith(suffix)
    url = urlsplit(upload["url"])
    signed = parse_qs(url.query)
    assert signed["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert signed["X-Amz-Expires"] == ["900"]
    assert signed["X-Amz-SignedHeaders"] == ["host"]
    assert url.path.endswith(upload["key"])
    assert upload["key"].startswith(DATASETS[dataset]["prefix"])
    assert nothing_was_stored(api)


def test_of_a_body_that_is_too_large_and_no_request_nothing_is_known(api: Api) -> None:
    """R-E5."""
    given = api.post(b"x" * 20_001)
    assert is_problem(given, 413)
    assert "upload" not in given.json
    assert "POST /uploads" in given.json["detail"]

    assert is_problem(api.post({"dataset": "none", "record": {"id": "x" * 20_001}}), 404)


def test_a_resource_that_does_not_exist_is_not_found(api: Api) -> None:
    """R-B7."""
    assert is_problem(api.get("/nothing"), 404)


@pytest.mark.parametrize(
    ("method", "resource", "allowed"),
    [
        ("DELETE", "/records", "GET"),
        ("GET", "/process", "POST"),
        ("OPTIONS", "/process", "POST"),  # API Gateway answers it
        ("HEAD", "/health", "GET"),
    ],
)
def test_a_method_that_a_resource_does_not_have_is_refused(
    api: Api, method: str, resource: str, allowed: str
) -> None:
    """R-B7, RFC 9110, 15.5.6."""
    given = api.send(event(method, resource, resource))

    assert is_problem(given, 405)
    assert given.headers["Allow"] == allowed


def failing(error: Exception, *operations: str) -> Any:
    make: Any = botocore.client.BaseClient._make_api_call

    def call(self: Any, operation: str, parameters: Any) -> Any:
        if operation in operations:
            raise error
        return make(self, operation, parameters)

    return call


OPERATIONS = ("Query", "PutObject", "UpdateItem", "StartExecution")
THROTTLED = {"Error": {"Code": "ThrottlingException", "Message": "slow down"}}
DENIED = {"Error": {"Code": "AccessDeniedException", "Message": "arn:aws:iam::secret"}}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("kind", ["throttled", "time-out"])
def test_what_does_not_answer_is_told_with_a_time_to_come_again(
    api: Api, operation: str, kind: str
) -> None:
    """R-A8: 503 with Retry-After, and then the same request is accepted."""
    error: Exception = ReadTimeoutError(endpoint_url="https://dynamodb")
    if kind == "throttled":
        error = ClientError(THROTTLED, operation)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", failing(error, operation))
        given = api.post(BODY)

    assert is_problem(given, 503)
    assert int(given.headers["Retry-After"]) >= 1
    assert api.post(BODY).status == 202
    assert len(api.executions()) == 1


def test_what_fails_again_and_again_is_left_alone(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A8: a circuit breaker; the client hears when to come again."""
    monkeypatch.setattr("shared.circuit_breaker.FAILING_SECONDS", 0)
    asked: list[str] = []
    error = ReadTimeoutError(endpoint_url="https://dynamodb")

    def call(self: Any, operation: str, parameters: Any) -> Any:
        asked.append(operation)
        raise error

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", call)
    for _ in range(FAILURES + 3):
        given = api.post(BODY)

    assert len(asked) == FAILURES
    assert is_problem(given, 503)
    assert "ledger" in given.json["detail"]
    assert 1 <= int(given.headers["Retry-After"]) <= 15


def test_a_fault_of_ours_is_a_problem_without_its_cause(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    """R-E5: no traceback and no name of a resource; the log has them."""
    with pytest.MonkeyPatch.context() as patch:
        denied = ClientError(DENIED, "Query")
        patch.setattr(botocore.client.BaseClient, "_make_api_call", failing(denied, "Query"))
        given = api.post(BODY)
        state = api.state("0" * 32)

    assert is_problem(given, 500)
    assert is_problem(state, 500)
    assert "arn:" not in given.text
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["ApiServerErrors"][0] for line in metrics if "ApiServerErrors" in line} == {1.0}
    # R-C7: to Lambda these are successes; a release hears of them by the version.
    handled = [line for line in metrics if "HandledFailures" in line]
    assert [(line["HandledFailures"], "version" in line) for line in handled] == [([1.0], True)] * 2


def test_a_request_that_has_no_time_left_is_not_begun(api: Api) -> None:
    """R-A8: the answer comes before Lambda ends the invocation."""
    sent = event("POST", "/process", "/process", body=json.dumps(BODY).encode())

    assert is_problem(api.send(sent, remaining=3), 503)
    assert nothing_was_stored(api)


def test_problems_have_only_members_that_the_document_has(api: Api) -> None:
    """R-E5: what clients generate code from."""
    file = Path(__file__).resolve().parents[3] / "constructs/pipeline/api/openapi.json"
    known = json.loads(file.read_text())["components"]["schemas"]["Problem"]["properties"]
    for given in (
        api.post(b"{"),
        api.post({"dataset": "none", "record": RECORD}),
        api.post({"dataset": "orders", "records": [{"id": "a" * 30_000, "total": 1}]}),
        api.post({"dataset": "orders", "record": {}}),
    ):
        assert given.status >= 400
        assert set(given.json) <= set(known)


def test_limits_of_notices_are_those_of_the_document() -> None:
    """R-E3: what the API takes, the notifier sends."""
    document = json.loads(OPENAPI.read_text())
    notify = document["components"]["schemas"]["ProcessRequest"]["properties"]["notify"]

    assert {name: each["maxLength"] for name, each in notify["properties"].items()} == LONGEST
    assert {*notify["required"]} == {*LONGEST}
