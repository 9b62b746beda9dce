"""R-B7, R-C3: a deployed stage answers over HTTP with what a function returns."""

from __future__ import annotations

import base64
import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.embedded_aws.functions.making import make_function
from tests.embedded_aws.gateway.apis import (
    ECHO,
    Echo,
    document,
    make_api,
    make_echo,
    permit,
    proxy,
)

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws

ANSWER = """
import base64, json
def handler(event, context):
    return json.loads(event["body"])
"""


@pytest.fixture(scope="module")
def echo(aws: EmbeddedAws) -> Echo:
    return make_echo(aws)


@pytest.fixture(scope="module")
def answering(aws: EmbeddedAws) -> Echo:
    """A function that returns the body that it is sent."""
    return make_echo(aws, ANSWER)


def test_a_function_is_told_the_request_in_format_1_0(aws: EmbeddedAws, echo: Echo) -> None:
    # When a request has repeated parameters and headers, encoded and in Unicode
    answer = echo.api.call(
        "POST",
        "/a%20b/%C3%BC?q=1&q=zwei%21&plus=a+b&empty&u=%C3%BC",
        '{"text": "ü"}',
        [
            ("Content-Type", "application/json"),
            ("X-Many", "one"),
            ("x-odd-CASE", "kept"),
            ("X-Many", "two"),
            ("User-Agent", "tests"),
        ],
    )

    # Then the event says all of it, with the path as it came and the query decoded
    event = answer.json
    assert answer.status == 200
    assert answer.header("X-From") == "echo"
    assert (event["httpMethod"], event["resource"]) == ("POST", "/{proxy+}")
    assert event["path"] == "/a%20b/%C3%BC"
    assert event["pathParameters"] == {"proxy": "a%20b/%C3%BC"}
    assert event["queryStringParameters"] == {"q": "zwei!", "plus": "a b", "empty": "", "u": "ü"}
    assert event["multiValueQueryStringParameters"]["q"] == ["1", "zwei!"]
    assert event["headers"]["X-Many"] == "two"
    assert event["multiValueHeaders"]["X-Many"] == ["one", "two"]
    assert event["headers"]["x-odd-CASE"] == "kept"
    assert event["headers"]["X-Forwarded-For"] == "127.0.0.1"
    assert event["headers"]["Host"] == f"{echo.api.id}.execute-api.us-east-1.amazonaws.com"
    assert "Content-Length" not in event["headers"]
    assert (event["body"], event["isBase64Encoded"]) == ('{"text": "ü"}', False)
    assert event["stageVariables"] is None

    told = event["requestContext"]
    assert told["apiId"] == echo.api.id
    assert told["accountId"] == aws.account
    assert (told["stage"], told["resourcePath"]) == ("v1", "/{proxy+}")
    assert told["path"] == "/v1/a%20b/%C3%BC"
    assert told["identity"]["sourceIp"] == "127.0.0.1"
    assert told["identity"]["userAgent"] == "tests"
    assert told["requestId"] == answer.header("x-amzn-RequestId")
    assert told["protocol"] == "HTTP/1.1"
    assert isinstance(told["requestTimeEpoch"], int)


def test_what_a_request_does_not_have_is_null(echo: Echo) -> None:
    event = echo.api.call("GET", "/").json

    absent = {"body", "queryStringParameters", "multiValueQueryStringParameters", "pathParameters"}
    assert {name for name in absent if event[name] is None} == absent


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_every_method_reaches_the_function(echo: Echo, method: str) -> None:
    answer = echo.api.call(method, "/x")

    assert answer.status == 200
    if method == "HEAD":
        assert answer.body == b""
        assert int(answer.header("Content-Length") or 0) > 0
    else:
        assert answer.json["httpMethod"] == method


def test_the_stage_answers_under_the_host_name_of_its_api(aws: EmbeddedAws, echo: Echo) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", aws.state.port)
    host = f"{echo.api.id}.execute-api.us-east-1.amazonaws.com"
    for path in ("/v1/first", "/v1/second"):  # on one connection
        connection.request("GET", path, headers={"Host": host})
        answered = connection.getresponse()
        assert json.loads(answered.read())["path"] == path.removeprefix("/v1")
    connection.close()


def answered(echo: Echo, response: Any, **headers: str) -> Any:
    return echo.api.call("POST", "/x", json.dumps(response), headers)


def test_status_headers_and_body_are_the_functions(answering: Echo) -> None:
    answer = answered(
        answering,
        {
            "statusCode": 201,
            "headers": {"X-One": "1", "X-Flag": True, "Content-Type": "text/plain", "Date": "x"},
            "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"], "x-one": ["2"]},
            "body": "grün",
        },
    )

    assert (answer.status, answer.body.decode()) == (201, "grün")
    assert answer.all("Set-Cookie") == ["a=1", "b=2"]
    assert answer.all("X-One") == ["2"]
    assert answer.header("X-Flag") == "true"
    assert answer.header("Content-Type") == "text/plain"
    assert answer.header("x-amzn-Remapped-Date") == "x"
    assert answer.header("x-amz-apigw-id")


def test_an_answer_needs_nothing_but_to_be_an_object(answering: Echo) -> None:
    answer = answered(answering, {})

    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("Content-Type") == "application/json"


@pytest.mark.parametrize(
    "response",
    [
        "text",
        [1],
        None,
        {"statusCode": 200, "body": {"an": "object"}},
        {"statusCode": 200, "message": "a field that there is not"},
        {"statusCode": "two hundred"},
        {"statusCode": 42},
        {"statusCode": 200, "headers": ["X: 1"]},
        {"statusCode": 200, "headers": {"X": {"a": 1}}},
        {"statusCode": 200, "headers": {"X": "1\r\nY: 2"}},
        {"statusCode": 200, "headers": {"X Y": "1"}},
        {"statusCode": 200, "multiValueHeaders": {"X": "1"}},
    ],
)
def test_a_malformed_answer_is_502(answering: Echo, response: Any) -> None:
    answer = answered(answering, response)

    assert (answer.status, answer.json) == (502, {"message": "Internal server error"})
    assert answer.header("x-amzn-ErrorType") == "InternalServerErrorException"


def test_a_function_that_fails_is_502(aws: EmbeddedAws) -> None:
    echo = make_echo(aws, "def handler(event, context): raise ValueError('secret')")

    answer = echo.api.call("GET", "/x")

    assert (answer.status, answer.json) == (502, {"message": "Internal server error"})


def test_binary_bodies_travel_in_base64(aws: EmbeddedAws) -> None:
    """R-B7: media types that the API declares as binary."""
    source = (
        "def handler(event, context):\n"
        "    return {'body': event['body'], 'isBase64Encoded': event['isBase64Encoded']}"
    )
    types = ["image/*", "application/octet-stream"]
    echo = make_echo(aws, source, **{"x-amazon-apigateway-binary-media-types": types})
    content = bytes(range(256))

    def sent(kind: str, accept: str) -> bytes:
        return echo.api.call("POST", "/", content, {"Content-Type": kind, "Accept": accept}).body

    assert sent("image/png", "image/png, text/html") == content
    assert sent("application/octet-stream", "text/html, image/png") == base64.b64encode(content)
    assert sent("text/plain", "image/png") == content.decode("utf-8", "replace").encode()


def test_a_function_must_permit_the_method_of_the_api(aws: EmbeddedAws) -> None:
    """R-B7, R-F1: SourceArn is the method with its path, parameters as stars."""
    function = make_function(aws, ECHO)
    operation = proxy(aws, function)
    api = make_api(aws, document({"/items/{id}": {"get": operation, "post": operation}}))

    before = api.call("GET", "/items/1")
    permit(aws, function, f"{api.arn}/v1/GET/items/*")

    assert (before.status, before.json) == (500, {"message": "Internal server error"})
    assert api.call("GET", "/items/1").json["pathParameters"] == {"id": "1"}
    assert api.call("POST", "/items/1").status == 500


def test_the_permission_of_an_alias_stays_when_the_alias_moves(aws: EmbeddedAws) -> None:
    """R-C4, R-E3: stage variables name the alias; each version answers as itself."""
    source = "def handler(e, c): return {'body': c.function_version + c.invoked_function_arn[-5:]}"
    function = make_function(aws, source)
    client = aws.client("lambda")
    first = client.publish_version(FunctionName=function)["Version"]
    client.create_alias(FunctionName=function, Name="live", FunctionVersion=first)
    operation = proxy(aws, f"{function}:${{stageVariables.alias}}")
    api = make_api(aws, document({"/": {"get": operation}}))
    api.patch("/variables/alias", "live")

    permit(aws, function, f"{api.arn}/*")
    unqualified = api.call("GET", "/").status
    permit(aws, function, f"{api.arn}/*", "live")
    before = api.call("GET", "/").body
    client.update_function_configuration(FunctionName=function, Description="new")
    second = client.publish_version(FunctionName=function)["Version"]
    client.update_alias(FunctionName=function, Name="live", FunctionVersion=second)

    # Each has a policy of its own
    for qualifier in ({}, {"Qualifier": "live"}):
        policy = json.loads(client.get_policy(FunctionName=function, **qualifier)["Policy"])
        (statement,) = policy["Statement"]
        assert statement["Resource"].endswith(qualifier.get("Qualifier", function))
        client.remove_permission(FunctionName=function, StatementId=statement["Sid"], **qualifier)
        assert api.call("GET", "/").status == (500 if qualifier else 200)
    permit(aws, function, f"{api.arn}/*", "live")

    assert unqualified == 500
    assert before == f"{first}:live".encode()
    assert api.call("GET", "/").body == f"{second}:live".encode()


def test_a_function_that_takes_longer_than_the_integration_waits_is_504(aws: EmbeddedAws) -> None:
    function = make_function(
        aws, "import time\ndef handler(e, c):\n time.sleep(5 if e['body'] else 0)\n return {}"
    )
    operation = proxy(aws, function, integration={"timeoutInMillis": 1500})
    api = make_api(aws, document({"/": {"post": operation}}))
    permit(aws, function, f"{api.arn}/*")
    api.call("POST", "/")  # warm

    answer = api.call("POST", "/", "wait")

    assert (answer.status, answer.json) == (504, {"message": "Endpoint request timed out"})


def test_bodies_beyond_the_payload_limits_are_413(aws: EmbeddedAws) -> None:
    """R-E5: 10 MB for the gateway, 6 MB for the event of the function."""
    source = (
        "def handler(e, c):\n"
        "    body = e['body']\n"
        "    return {'body': 'x' * int(body[1:]) if body[0] == 'R' else str(len(body))}"
    )
    echo = make_echo(aws, source)
    megabyte = 1024 * 1024

    def send(size: int) -> Any:
        return echo.api.call("POST", "/x", b"a" * size)

    assert send(5 * megabyte).body == str(5 * megabyte).encode()
    for size in (6 * megabyte + 1, 10 * megabyte + 1, 20 * megabyte):
        answer = send(size)
        assert (answer.status, answer.json) == (413, {"message": "Request Too Long"})
    assert echo.api.call("POST", "/x", f"R{6 * megabyte}").status == 502


def test_200_requests_at_once_get_each_its_own_answer(echo: Echo) -> None:
    """R-E5."""

    def ask(number: int) -> tuple[int, str]:
        answer = echo.api.call("POST", f"/n/{number}?n={number}", str(number))
        event = answer.json
        return answer.status, f"{event['body']} {event['path']}"

    with ThreadPoolExecutor(200) as threads:
        answers = list(threads.map(ask, range(200)))

    assert answers == [(200, f"{n} /n/{n}") for n in range(200)]


def test_a_region_that_is_down_answers_nothing(aws: EmbeddedAws, echo: Echo) -> None:
    """R-A9."""
    aws.state.regions_down = {"us-east-1": "503"}
    try:
        assert echo.api.call("GET", "/").status == 503
    finally:
        aws.state.regions_down = {}
    assert echo.api.call("GET", "/").status == 200
