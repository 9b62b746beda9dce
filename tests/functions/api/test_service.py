"""The API itself: its health, its document, and what browsers are told."""

import json
import os
import time
from typing import Any

import boto3
import botocore.client
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from api.health import Health
from api.settings import Settings
from shared.aws_environment import InvalidEnvironmentError
from tests.functions.conftest import InvocationContext, cold_start, logged

from .conftest import OPENAPI, VARIABLES, Api, connected, event

# Dependency -> the call that asks for it.
DEPENDENCIES = {
    "table": "Query",
    "ledger": "Query",
    "objectStore": "ListObjectsV2",
    "queue": "GetQueueAttributes",
    "stateMachine": "DescribeStateMachine",
}
THROTTLED = {"Query": "ThrottlingException", "ListObjectsV2": "SlowDown"}
SITE = "https://site.example.com"


def test_a_region_that_can_process_is_well(api: Api) -> None:
    """R-A10: region, role, version, every dependency, and the depth of the dead letters."""
    given = api.get("/health")

    assert given.status == 200
    assert given.headers["Content-Type"] == "application/health+json"
    health = given.json
    assert health["status"] == "pass"
    assert (health["region"], health["role"], health["version"]) == ("us-east-1", "primary", "7")
    assert set(health["dependencies"]) == {*DEPENDENCIES}
    assert all(one["status"] == "pass" for one in health["dependencies"].values())
    assert all(one["milliseconds"] > 0 for one in health["dependencies"].values())
    assert health["deadLetters"] == 0


def test_dead_letters_are_a_warning(api: Api) -> None:
    """R-A10: somebody should look; requests can go on."""
    url = api.settings.dead_letter_queue_url
    for _ in range(3):
        boto3.client("sqs").send_message(QueueUrl=url, MessageBody="dead")

    given = api.get("/health")

    assert (given.status, given.json["status"], given.json["deadLetters"]) == (200, "warn", 3)


def let_fail(monkeypatch: pytest.MonkeyPatch, dependency: str, error: Exception) -> None:
    """Let the call fail by which a dependency is asked for."""
    make: Any = botocore.client.BaseClient._make_api_call
    names = {"table": VARIABLES["TABLE_NAME"], "ledger": VARIABLES["LEDGER_TABLE_NAME"]}

    def call(self: Any, operation: str, parameters: Any) -> Any:
        wanted = names.get(dependency) in (None, parameters.get("TableName"))
        if operation == DEPENDENCIES[dependency] and wanted:
            raise error
        return make(self, operation, parameters)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", call)


@pytest.mark.parametrize("dependency", DEPENDENCIES)
def test_what_is_throttled_is_not_lost(
    api: Api, dependency: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A10: a warning; a failover would bring all that is asked to the other region."""
    code = THROTTLED.get(DEPENDENCIES[dependency], "TooManyRequestsException")
    error = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 503}}
    let_fail(monkeypatch, dependency, ClientError(error, "any"))

    given = api.get("/health")

    assert (given.status, given.json["status"]) == (200, "warn")
    found = given.json["dependencies"]
    told = found.pop(dependency)
    assert (told["status"], told["detail"]) == ("warn", code)
    assert all(one["status"] == "pass" for one in found.values())


@pytest.mark.parametrize("dependency", DEPENDENCIES)
def test_a_region_that_lacks_something_fails(
    api: Api, dependency: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A10: 503, and which dependency it is; the others are told, too."""
    let_fail(
        monkeypatch, dependency, ConnectTimeoutError(endpoint_url="https://secret.example.com")
    )
    given = api.get("/health")

    assert given.status == 503
    assert given.headers["Content-Type"] == "application/health+json"
    assert given.json["status"] == "fail"
    failed = {name for name, one in given.json["dependencies"].items() if one["status"] == "fail"}
    assert failed == {dependency}
    assert given.json["dependencies"][dependency]["detail"] == "ConnectTimeoutError"
    assert "secret" not in given.text


def test_what_is_not_there_is_no_health(api: Api) -> None:
    """R-A10: a table that was deleted, and without the name of the table."""
    api.dynamodb.delete_table(TableName=api.settings.table_name)

    given = api.get("/health")

    assert given.status == 503
    assert given.json["dependencies"]["table"]["detail"] == "ResourceNotFoundException"


def test_dependencies_are_asked_at_the_same_time(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-A10: the slowest of them is what it takes."""
    running: list[int] = [0]
    most: list[int] = [0]
    make: Any = botocore.client.BaseClient._make_api_call

    def call(self: Any, operation: str, parameters: Any) -> Any:
        running[0] += 1
        most[0] = max(most[0], running[0])
        time.sleep(0.3)
        running[0] -= 1
        return make(self, operation, parameters)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", call)
    api.get("/health")

    assert most[0] >= 3


def test_health_is_kept_for_some_seconds() -> None:
    """R-A10: Route 53 asks from many places at once; what has changed is seen soon."""
    moment, depths = [1000.0], [0]
    health = Health(
        {"queue": lambda: depths[0]},
        region="us-east-1",
        role="primary",
        version="7",
        clock=lambda: moment[0],
    )

    def depth() -> int:
        found: int = json.loads(health.get().body)["deadLetters"]
        return found

    assert depth() == 0
    depths[0] = 3
    moment[0] += 4
    assert depth() == 0
    moment[0] += 2
    assert depth() == 3


def test_the_document_is_served_with_its_server(api: Api) -> None:
    """R-B7: the document that the API was made from, and where its paths begin."""
    given = api.get("/openapi.json")

    document = json.loads(OPENAPI.read_text())
    assert given.status == 200
    assert given.json == {**document, "servers": [{"url": "/dev"}]}


def test_the_document_of_a_domain_has_no_stage(api: Api) -> None:
    """R-B7: a custom domain's base path may be empty."""
    sent = event("GET", "/openapi.json", "/openapi.json")
    sent["requestContext"]["path"] = "/openapi.json"

    assert api.send(sent).json["servers"] == [{"url": "/"}]


def test_routes_are_those_of_the_document(api: Api) -> None:
    """R-B7: what is described is answered, and nothing else."""
    described = {
        (path, verb.upper())
        for path, item in json.loads(OPENAPI.read_text())["paths"].items()
        for verb in item
        if verb != "parameters"
    }
    routes = api.application._routes

    assert described == {(path, verb) for path, verbs in routes.items() for verb in verbs}


def test_the_page_of_a_known_origin_may_read_answers(api: Api) -> None:
    """R-E5: CORS: the origin itself is told, never every one."""
    for origin in (SITE, "https://other.example.com"):
        given = api.get("/nothing", headers={"Origin": origin})
        assert given.headers["Access-Control-Allow-Origin"] == origin
        assert given.headers["Vary"] == "Origin"


@pytest.mark.parametrize("origin", [None, "https://evil.example.com", f"{SITE}.evil.com", "null"])
def test_the_page_of_another_origin_may_not(api: Api, origin: str | None) -> None:
    """R-E5: but a cache must know that it depends on the origin."""
    given = api.get("/nothing", headers={"origin": origin} if origin else {})

    assert "Access-Control-Allow-Origin" not in given.headers
    assert given.headers["Vary"] == "Origin"


def test_every_origin_is_a_setting(surroundings: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-E5."""
    monkeypatch.setenv("API_CORS_ORIGINS", "*")
    given = connected().get("/nothing", headers={"Origin": SITE})
    assert given.headers["Access-Control-Allow-Origin"] == "*"

    monkeypatch.setenv("API_CORS_ORIGINS", "")
    without = connected().get("/nothing", headers={"Origin": SITE})
    assert not [name for name in without.headers if name.startswith(("Access-Control", "Vary"))]


def test_answers_are_no_pages_and_are_not_kept(api: Api) -> None:
    """R-A13: what a browser must not make of an answer."""
    for path in ("/health", "/nothing"):
        headers = api.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert headers["Strict-Transport-Security"]


def test_requests_are_logged_with_their_id_and_counted(
    surroundings: None, context: InvocationContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """R-A16: one line for each, found by the id that its client was told."""
    sent = event("GET", "/records", "/records")
    with cold_start("api.handler") as module, logged(module.logger) as log:
        answered = module.handler(sent, context)
        module.handler(event("GET", "/health", "/health"), context)

    assert answered["statusCode"] == 400
    (line,) = [json.loads(text) for text in log.getvalue().splitlines()]
    assert line["correlation_id"] == sent["requestContext"]["requestId"]
    assert (line["message"], line["status"], line["resource"]) == (
        "request answered",
        400,
        "/records",
    )
    assert line["correlation_id"] in answered["body"]
    (metrics,) = [json.loads(text) for text in capsys.readouterr().out.splitlines() if text]
    assert metrics["route"] == "GET /records"
    assert (metrics["ApiRequests"], metrics["ApiClientErrors"]) == ([1.0], [1.0])


def test_everything_that_is_wrong_with_the_environment_is_told(
    surroundings: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-C1: name, value, what is allowed."""
    for name, value in {
        "REGION_ROLE": "both",
        "STATE_MACHINE_ARN": "process",
        "API_MAXIMUM_BODY_BYTES": "0",
        "API_CORS_ORIGINS": "https://a.example.com/path",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("SECRET_ID")

    with pytest.raises(InvalidEnvironmentError) as caught:
        Settings.read(os.environ)

    message = str(caught.value)
    for name in ("REGION_ROLE", "STATE_MACHINE_ARN", "API_MAXIMUM_BODY_BYTES", "API_CORS_ORIGINS"):
        assert f"{name} is " in message
    assert "SECRET_ID is not set" in message
